package cielo24

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
)

// The API's ErrorTypes on which something is decided here.
const (
	ErrorTypeBadAPIToken  = "BAD_API_TOKEN" //nolint:gosec // the name of an error, no credential
	errorTypeLoginInvalid = "LOGIN_INVALID"
	errorTypeUnhandled    = "UNHANDLED_ERROR"
)

// ErrorTypeOther stands for every ErrorType that neither the documentation nor cielo24's clients name, so that the API
// cannot create label values at will.
const ErrorTypeOther = "other"

// ErrorTypes returns the known ErrorTypes: the first nine are documented (doc), the rest are known to cielo24's clients
// only (client). ErrorTypeOther is not among them.
func ErrorTypes() []string {
	return []string{
		errorTypeLoginInvalid, "ACCOUNT_EXISTS", "ACCOUNT_UNPRIVILEGED", ErrorTypeBadAPIToken, "INVALID_QUERY",
		"INVALID_OPTION", "MISSING_PARAMETER", "INVALID_URL", "ITEM_NOT_FOUND",
		"ACCOUNT_DOES_NOT_EXIST", "NOT_IMPLEMENTED", "INVALID_RETURN_HANDLERS", "NOT_PARENT_ACCOUNT",
		"NO_CHILDREN_FOUND", errorTypeUnhandled,
	}
}

// Reasons for a call without a usable answer.
const (
	ReasonTimeout      = "timeout"      // no complete answer in time
	ReasonConnection   = "connection"   // refused, reset, cut off, or not HTTP
	ReasonTLS          = "tls"          // no trusted encrypted connection
	ReasonDNS          = "dns"          // the host has no address
	ReasonRedirect     = "redirect"     // 3xx; never followed
	ReasonRateLimited  = "rate_limited" // 429, or not sent because of one
	ReasonUnauthorized = "unauthorized" // 401 or 403 without an ErrorType
	ReasonHTTP4xx      = "http_4xx"     // any other 4xx without an ErrorType
	ReasonHTTP5xx      = "http_5xx"
	ReasonInvalidBody  = "invalid_body" // an answer that is not what was asked for
	ReasonTooLarge     = "too_large"    // an answer beyond the bound
	ReasonCanceled     = "canceled"     // the exporter itself gave up: shutdown or reload
)

// Reasons returns every reason for a call without a usable answer.
func Reasons() []string {
	return []string{
		ReasonTimeout, ReasonConnection, ReasonTLS, ReasonDNS, ReasonRedirect, ReasonRateLimited, ReasonUnauthorized,
		ReasonHTTP4xx, ReasonHTTP5xx, ReasonInvalidBody, ReasonTooLarge, ReasonCanceled,
	}
}

// Error is a call that failed. Every text in it is one bounded line and free of secrets. Nobody changes one that was
// returned, so it may be shared. The methods that ask what it means say no for nil, a call that succeeded.
type Error struct {
	Endpoint   Endpoint      // the call that failed; EndpointLogin when a job was asked for but no session could be had
	Code       int           // HTTP status code, 0 without an answer
	ErrorType  string        // as the API wrote it, "" unless the answer had one and lacked what was asked for
	Reason     string        // a known ErrorType, ErrorTypeOther, or one of Reasons: bounded, fit for a label
	Detail     string        // what happened, for a person
	RetryAfter time.Duration // what the API asked for, at most an hour; 0 if it did not

	unsent bool // the gate let nothing onto the wire
	late   bool // the call has used up its time, although its status is known
}

// Error names the call, the reason and the detail.
func (e *Error) Error() string {
	what := e.Reason
	if e.ErrorType != "" {
		what = e.ErrorType
	}
	if e.Detail == "" {
		return string(e.Endpoint) + ": " + what
	}
	return string(e.Endpoint) + ": " + what + ": " + e.Detail
}

// CountsAsErrorType reports whether the call counts as an error and not as a failure, and under which ErrorType: a known
// one, or ErrorTypeOther. Every answer with an ErrorType does, whatever its status, and every answer with status 400.
func (e *Error) CountsAsErrorType() (label string, ok bool) {
	switch {
	case e == nil:
		return "", false
	case e.ErrorType != "":
		return e.Reason, true
	case e.Code == http.StatusBadRequest:
		return ErrorTypeOther, true
	}
	return "", false
}

// Proof reports whether the call proves that the API was reached and the credentials were accepted: it succeeded, which
// is a nil Error, or was refused for a reason that only an accepted caller gets to hear.
func (e *Error) Proof() bool { return e == nil || e.Endpoint != EndpointLogin && e.refusesRequest() }

// CredentialsRefused reports whether the credentials, not the job, were refused.
func (e *Error) CredentialsRefused() bool {
	switch {
	case e == nil || e.ErrorType == errorTypeUnhandled:
		return false
	case e.Endpoint == EndpointLogin:
		return e.ErrorType != "" || e.Code == http.StatusBadRequest || e.Reason == ReasonUnauthorized
	}
	return e.Reason == ReasonUnauthorized || e.ErrorType == ErrorTypeBadAPIToken || e.ErrorType == errorTypeLoginInvalid
}

// JobRejected reports whether the API looked at this job and refused it (ITEM_NOT_FOUND, ACCOUNT_UNPRIVILEGED …): it
// will do so again, so what was known of the job no longer holds. All other failures may pass.
func (e *Error) JobRejected() bool {
	return e != nil && e.Endpoint == EndpointJobInfo && e.refusesRequest()
}

// ListRefused reports whether the API looked at the request for a job list and refused it (NOT_PARENT_ACCOUNT …): that
// is all there is to know of the list.
func (e *Error) ListRefused() bool {
	return e != nil && e.Endpoint == EndpointJobList && e.refusesRequest()
}

// refusesToken reports whether the API refused the token of a call.
func (e *Error) refusesToken() bool {
	return e != nil && (e.ErrorType == ErrorTypeBadAPIToken || e.Reason == ReasonUnauthorized)
}

// refusesRequest reports whether the answer has an ErrorType that is about neither the credentials nor the API itself.
func (e *Error) refusesRequest() bool {
	return e.ErrorType != "" && e.ErrorType != errorTypeUnhandled && !e.CredentialsRefused()
}

// Retryable reports whether the same call may succeed a moment later: the connection was lost, the server failed, or it
// was too busy without saying for how long. A call that timed out has had its time, and logins have a back-off of their
// own.
func (e *Error) Retryable() bool {
	if e == nil || e.Endpoint == EndpointLogin || e.RetryAfter > 0 || e.unsent || e.late {
		return false
	}
	switch e.Reason {
	case ReasonConnection, ReasonHTTP5xx, ReasonRateLimited, errorTypeUnhandled:
		return true
	}
	return false
}

// newAPIError is the error for an answer with an ErrorType.
func newAPIError(code int, w wireError, r redactor) *Error {
	errorType := w.ErrorType.label(r)
	reason := errorType
	if !slices.Contains(ErrorTypes(), errorType) {
		reason = ErrorTypeOther
	}
	return &Error{Code: code, ErrorType: errorType, Reason: reason, Detail: w.ErrorComment.label(r)}
}

// gaveUp is the error of a call that ended with its caller's context, before anything was sent.
func gaveUp(ctx context.Context, endpoint Endpoint) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Error{Endpoint: endpoint, Reason: ReasonTimeout, Detail: "no time was left for the call", unsent: true}
	}
	return &Error{Endpoint: endpoint, Reason: ReasonCanceled, Detail: "given up by the exporter", unsent: true}
}
