package cielo24

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"
	"time"
)

// The API's ErrorTypes on which something is decided here.
const (
	ErrorTypeBadAPIToken = "BAD_API_TOKEN" //nolint:gosec // the name of an error, no credential
	errorTypeUnhandled   = "UNHANDLED_ERROR"
)

// OtherErrorType stands for every ErrorType that neither the documentation nor cielo24's clients name, so that the API
// cannot create label values at will.
const OtherErrorType = "other"

// ErrorTypes returns the known ErrorTypes of answers with status 400: the first nine are documented (doc), the rest
// are known to cielo24's clients only (client). OtherErrorType is not among them.
func ErrorTypes() []string {
	return []string{
		"LOGIN_INVALID", "ACCOUNT_EXISTS", "ACCOUNT_UNPRIVILEGED", ErrorTypeBadAPIToken, "INVALID_QUERY",
		"INVALID_OPTION", "MISSING_PARAMETER", "INVALID_URL", "ITEM_NOT_FOUND",
		"ACCOUNT_DOES_NOT_EXIST", "NOT_IMPLEMENTED", "INVALID_RETURN_HANDLERS", "NOT_PARENT_ACCOUNT",
		"NO_CHILDREN_FOUND", errorTypeUnhandled,
	}
}

// Reasons for a call without a usable answer.
const (
	ReasonTimeout     = "timeout"      // no complete answer in time
	ReasonConnection  = "connection"   // refused, reset, cut off, or not HTTP
	ReasonTLS         = "tls"          // no trusted encrypted connection
	ReasonDNS         = "dns"          // the host has no address
	ReasonRedirect    = "redirect"     // 3xx; never followed
	ReasonRateLimited = "rate_limited" // 429
	ReasonHTTP4xx     = "http_4xx"     // any other 4xx without an ErrorType
	ReasonHTTP5xx     = "http_5xx"
	ReasonInvalidBody = "invalid_body" // an answer that is not what was asked for
	ReasonTooLarge    = "too_large"    // an answer beyond the bound
	ReasonCanceled    = "canceled"     // the exporter itself gave up: shutdown or reload
)

// Reasons returns every reason for a call without a usable answer.
func Reasons() []string {
	return []string{
		ReasonTimeout, ReasonConnection, ReasonTLS, ReasonDNS, ReasonRedirect, ReasonRateLimited,
		ReasonHTTP4xx, ReasonHTTP5xx, ReasonInvalidBody, ReasonTooLarge, ReasonCanceled,
	}
}

// Error is a call that failed. Every text in it is one bounded line and free of secrets.
type Error struct {
	Endpoint   Endpoint      // the call that failed; EndpointLogin when a job was asked for but no session could be had
	Code       int           // HTTP status code, 0 without an answer
	ErrorType  string        // as the API wrote it, "" unless the answer was a 400 with one
	Reason     string        // a known ErrorType, OtherErrorType, or one of Reasons: bounded, fit for a label
	Detail     string        // what happened, for a person
	RetryAfter time.Duration // what the API asked for, 0 if it did not
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

// Refused reports whether the credentials, not the job, were refused.
func (e *Error) Refused() bool {
	return e.ErrorType == ErrorTypeBadAPIToken || e.Endpoint == EndpointLogin && e.ErrorType != "" &&
		e.ErrorType != errorTypeUnhandled
}

// Rejected reports whether the API looked at this job and refused it (ITEM_NOT_FOUND, ACCOUNT_UNPRIVILEGED …): it will
// do so again, so what was known of the job no longer holds. All other failures may pass.
func (e *Error) Rejected() bool {
	return e.Endpoint == EndpointJobInfo && e.ErrorType != "" && !e.Refused() && e.ErrorType != errorTypeUnhandled
}

// Retryable reports whether the same call may succeed a moment later: the connection was lost, the server failed, or it
// was too busy. A call that timed out has had its time.
func (e *Error) Retryable() bool {
	switch e.Reason {
	case ReasonConnection, ReasonHTTP5xx, ReasonRateLimited:
		return e.Endpoint != EndpointLogin // logins have a back-off of their own
	}
	return e.ErrorType == errorTypeUnhandled && e.Endpoint != EndpointLogin
}

// newAPIError is the error for an answer with status 400 and an ErrorType.
func newAPIError(endpoint Endpoint, code int, w wireError, r redactor) *Error {
	errorType := w.ErrorType.label(r)
	reason := errorType
	if !slices.Contains(ErrorTypes(), errorType) {
		reason = OtherErrorType
	}
	return &Error{
		Endpoint: endpoint, Code: code, ErrorType: errorType, Reason: reason,
		Detail: w.ErrorComment.label(r),
	}
}

// transportReason tells apart why a request got no answer. ctx is the context of the request; its end explains any
// error.
func transportReason(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return ReasonTimeout
		}
		return ReasonCanceled
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return ReasonDNS
	}
	if isTLS(err) {
		return ReasonTLS
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return ReasonTimeout
	}
	// net/http has no type for this one.
	if strings.Contains(err.Error(), "response headers exceeded") {
		return ReasonTooLarge
	}
	return ReasonConnection
}

// isTLS reports whether err came from the TLS handshake or record layer. crypto/tls has plain errors, too, which only
// their text gives away.
func isTLS(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
		alert        tls.AlertError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	if errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid) {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "tls: ") || strings.Contains(text, "TLS handshake") ||
		strings.Contains(text, "HTTP response to HTTPS client")
}
