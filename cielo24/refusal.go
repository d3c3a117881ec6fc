package cielo24

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// wireRefusal is the body of an answer whose status is not 200, with what would make it something else than a refusal.
type wireRefusal struct {
	wireError
	JobID      text `json:"JobId"`
	JobStatus  text
	ActiveJobs isList
	APIToken   text `json:"ApiToken"` // also matches api_token
}

// lacks reports whether the body lacks what was asked for.
func (w *wireRefusal) lacks(asked Endpoint) bool {
	switch asked {
	case EndpointJobInfo:
		return w.JobID == "" && w.JobStatus == ""
	case EndpointJobList:
		return !bool(w.ActiveJobs)
	default:
		return w.APIToken == ""
	}
}

// isList is whether a JSON value is a list.
type isList bool

// UnmarshalJSONFrom fails only for what is no JSON.
func (l *isList) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*l = d.PeekKind() == jsontext.KindBeginArray
	return d.SkipValue()
}

// refused reads an answer whose status is not 200. The status says little; the ErrorType does, if there is one. A body
// that cannot be read hides nothing of the status.
func (c *Client) refused(ctx context.Context, resp *http.Response, r request) *Error {
	var e *Error
	var w wireRefusal
	if readRefusal(resp, &w) == nil && w.ErrorType.given() && w.lacks(r.endpoint) {
		e = newAPIError(resp.StatusCode, w.wireError, r.redact)
	} else {
		e = statusError(resp)
	}
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable {
		e.RetryAfter = retryAfter(resp, c.opts.Now())
	}
	e.late = ctx.Err() != nil
	return e
}

// readRefusal reads the whole body, so that the connection can be used again.
func readRefusal(resp *http.Response, w *wireRefusal) error {
	b, err := newBody(resp, maxError)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(b)
	if err != nil {
		return err
	}
	return decodeObject(data, w)
}

// statusError is the error for an answer whose status is not 200, without an ErrorType.
func statusError(resp *http.Response) *Error {
	e := &Error{Detail: "status " + strconv.Itoa(resp.StatusCode)}
	switch code := resp.StatusCode; {
	case code == http.StatusBadRequest:
		e.Reason = ReasonHTTP4xx
		e.Detail += " without an ErrorType" // some other server's
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		e.Reason = ReasonUnauthorized
	case code == http.StatusTooManyRequests:
		e.Reason = ReasonRateLimited
	case code >= 300 && code < 400:
		e.Reason = ReasonRedirect
		if to, err := resp.Location(); err == nil {
			e.Detail += fmt.Sprintf(" to %s://%s, not followed; is base_url right?", to.Scheme, to.Host)
		}
	case code >= 400 && code < 500:
		e.Reason = ReasonHTTP4xx
	case code >= 500 && code < 600:
		e.Reason = ReasonHTTP5xx
	default:
		e.Reason = ReasonInvalidBody
		e.Detail += ", where 200 was expected"
	}
	return e
}

// maxRetryAfter bounds what an API may ask for; a typo in a date must not silence an account for years.
const maxRetryAfter = time.Hour

// retryAfter reads the header Retry-After: seconds, or a date. 0 if there is none that makes sense.
func retryAfter(resp *http.Response, now time.Time) time.Duration {
	value := strings.TrimSpace(resp.Header.Get("Retry-After"))
	seconds, err := strconv.ParseUint(value, 10, 64)
	switch {
	case err == nil:
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	case errors.Is(err, strconv.ErrRange):
		return maxRetryAfter
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), maxRetryAfter)
}
