package collector

import (
	"time"

	"cielo24_exporter/cielo24"
)

// Health says whether the API is reached and accepts the account's credentials.
type Health struct {
	Known  bool // false until a call has ended
	Up     bool
	Reason string // while Up is false: an ErrorType or one of cielo24.Reasons
	Detail string // while Up is false: the error that stands for the others
	Since  time.Time
}

// following returns next with the moment since which it holds: that of h if nothing changed.
func (h Health) following(next Health, now time.Time) Health {
	next.Since = now
	if h.Known && h.Up == next.Up && h.Reason == next.Reason {
		next.Since = h.Since
	}
	return next
}

// down is the health for which err stands.
func down(err *cielo24.Error) Health {
	return Health{Known: true, Reason: err.Reason, Detail: err.Error()}
}

// calls is how the calls of one refresh have ended so far. The account's health follows from it and from nothing else.
type calls struct {
	proof    bool           // one showed that the API is reached and accepts the credentials
	refused  *cielo24.Error // the latest login was refused, and no call has proved anything since
	failures map[string]failure
}

// failure is how often calls failed for a reason.
type failure struct {
	count int
	last  *cielo24.Error
}

// record learns how a call ended. One that the exporter itself gave up says nothing.
func (c *calls) record(err *cielo24.Error) {
	switch {
	case err.Proof():
		c.proof, c.refused = true, nil
		return
	case err.Reason == cielo24.ReasonCanceled:
		return
	case err.Endpoint == cielo24.EndpointLogin && err.CredentialsRefused():
		c.refused = err
	}
	if c.failures == nil {
		c.failures = map[string]failure{}
	}
	c.failures[err.Reason] = failure{c.failures[err.Reason].count + 1, err}
}

// health is what follows; false while nothing does, so that the health stays as it was. over says that the refresh has no
// more calls to make.
func (c *calls) health(over bool) (Health, bool) {
	switch {
	case c.refused != nil:
		return down(c.refused), true
	case c.proof:
		return Health{Known: true, Up: true}, true
	case !over:
		return Health{}, false
	}
	worst := ""
	for reason, f := range c.failures {
		if f.last.CredentialsRefused() { // explains more than whatever else there was
			return down(f.last), true
		}
		if more := f.count - c.failures[worst].count; worst == "" || more > 0 || more == 0 && reason < worst {
			worst = reason
		}
	}
	if worst == "" {
		return Health{}, false
	}
	return down(c.failures[worst].last), true
}

// breaker ends a refresh that would only burn time: it opens after so many failures without a usable answer between.
type breaker struct {
	limit       int
	consecutive int
	err         *cielo24.Error // why it is open; nil while it is closed
}

// minFailures is how many failures open a breaker at least: enough not to mistake a few broken jobs that happen to stand
// next to each other for an outage.
const minFailures = 20

// newBreaker returns a closed one for so many calls at a time: all of them may fail twice before it opens.
func newBreaker(concurrency int) breaker { return breaker{limit: max(minFailures, 2*concurrency)} }

// record learns how a call ended.
func (b *breaker) record(err *cielo24.Error) {
	if err.Proof() {
		b.consecutive = 0
		return
	}
	if b.consecutive++; b.consecutive >= b.limit {
		b.open(err)
	}
}

// open opens it at once; it stays so.
func (b *breaker) open(err *cielo24.Error) {
	if b.err == nil {
		b.err = err
	}
}
