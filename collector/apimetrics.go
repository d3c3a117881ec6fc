package collector

import (
	"strconv"

	"cielo24_exporter/cielo24"

	"github.com/prometheus/client_golang/prometheus"
)

// APIMetrics counts the calls of all accounts. It outlives reloads, so counters go on. It is safe for concurrent use.
type APIMetrics struct {
	requests *prometheus.CounterVec
	errors   *prometheus.CounterVec
	failures *prometheus.CounterVec
	duration *prometheus.HistogramVec
	logins   *prometheus.CounterVec
}

// How a login ended.
const (
	loginSuccess = "success"
	loginRefused = "refused" // the API said no
	loginFailed  = "failed"  // no usable answer
)

// NewAPIMetrics registers the metrics of calls.
func NewAPIMetrics(reg prometheus.Registerer) *APIMetrics {
	c := &APIMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cielo24_api_requests_total",
			Help: "API calls that were answered, by endpoint and HTTP status code.",
		}, []string{"account", "endpoint", "code"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cielo24_api_errors_total",
			Help: "API answers with status 400, or with an ErrorType whatever their status, by endpoint and ErrorType; any other, and none, count as other.",
		}, []string{"account", "endpoint", "error_type"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cielo24_api_failures_total",
			Help: "Other API calls without a usable answer, by endpoint and reason.",
		}, []string{"account", "endpoint", "reason"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:                            "cielo24_api_request_duration_seconds",
			Help:                            "Time from sending an API call until its answer was read or the call was given up, in seconds.",
			Buckets:                         []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
			NativeHistogramBucketFactor:     1.1,
			NativeHistogramMaxBucketNumber:  100,
			NativeHistogramMinResetDuration: 0,
		}, []string{"account", "endpoint"}),
		logins: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cielo24_session_logins_total",
			Help: "Logins by result: success, refused by the API, or failed without a usable answer.",
		}, []string{"account", "result"}),
	}
	reg.MustRegister(c.requests, c.errors, c.failures, c.duration, c.logins)
	return c
}

// ForAccount returns the function that counts the calls of an account. Every counter with a known label value is there
// from the start, so that its first increase is seen.
func (c *APIMetrics) ForAccount(account string, endpoints ...cielo24.Endpoint) func(cielo24.Call) {
	for _, endpoint := range endpoints {
		c.requests.WithLabelValues(account, string(endpoint), "200")
		c.duration.WithLabelValues(account, string(endpoint))
		for _, errorType := range append(cielo24.ErrorTypes(), cielo24.ErrorTypeOther) {
			c.errors.WithLabelValues(account, string(endpoint), errorType)
		}
		for _, reason := range cielo24.Reasons() {
			c.failures.WithLabelValues(account, string(endpoint), reason)
		}
		if endpoint == cielo24.EndpointLogin {
			for _, result := range []string{loginSuccess, loginRefused, loginFailed} {
				c.logins.WithLabelValues(account, result)
			}
		}
	}
	return func(call cielo24.Call) { c.observe(account, call) }
}

func (c *APIMetrics) observe(account string, call cielo24.Call) {
	endpoint := string(call.Endpoint)
	c.duration.WithLabelValues(account, endpoint).Observe(call.Duration.Seconds())
	if call.Code != 0 {
		c.requests.WithLabelValues(account, endpoint, statusCode(call.Code)).Inc()
	}
	if errorType, ok := call.Err.CountsAsErrorType(); ok {
		c.errors.WithLabelValues(account, endpoint, errorType).Inc()
	} else if call.Err != nil {
		c.failures.WithLabelValues(account, endpoint, call.Err.Reason).Inc()
	}
	if call.Endpoint == cielo24.EndpointLogin {
		c.logins.WithLabelValues(account, loginResult(call.Err)).Inc()
	}
}

// statusCode is the code as a label. Codes that HTTP does not have share one value.
func statusCode(code int) string {
	if code < 100 || code > 599 {
		return "other"
	}
	return strconv.Itoa(code)
}

func loginResult(err *cielo24.Error) string {
	switch {
	case err == nil:
		return loginSuccess
	case err.CredentialsRefused():
		return loginRefused
	}
	return loginFailed
}

// DeleteAccount drops the counters of an account that has left the configuration.
func (c *APIMetrics) DeleteAccount(account string) {
	labels := prometheus.Labels{"account": account}
	c.requests.DeletePartialMatch(labels)
	c.errors.DeletePartialMatch(labels)
	c.failures.DeletePartialMatch(labels)
	c.duration.DeletePartialMatch(labels)
	c.logins.DeletePartialMatch(labels)
}
