package cielo24

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
)

// Bounds of an answer, in bytes, compressed and decompressed. A job is about 1 kB (doc); Options may be long.
const (
	maxJobInfo = 1 << 20
	maxError   = 64 << 10
)

// request is one call, not yet sent.
type request struct {
	endpoint Endpoint
	jobID    string // of EndpointJobInfo
	path     string
	query    string // holds the token
	header   http.Header
	limit    int64 // bytes of a good answer
	redact   redactor
	sending  func()                // is called once the gate has let the request pass
	read     func(io.Reader) error // takes a good answer; its error is a refusal or says why the body is not what was asked for
}

// do sends r when the gate lets it pass, tells the observer, and returns nil if r.read took the answer.
func (c *Client) do(ctx context.Context, r request) *Error {
	leave, refused := c.opts.Gate.Enter(ctx, r.endpoint, r.jobID)
	if refused != nil {
		err := *refused
		err.Endpoint, err.unsent = r.endpoint, true
		return &err
	}
	var err *Error
	defer func() { leave(err) }()
	if r.sending != nil {
		r.sending()
	}
	start := c.opts.Now()
	code, err := c.exchange(ctx, r)
	if err != nil {
		err.Endpoint, err.Code = r.endpoint, code
		err.Detail = oneLine(r.redact.scrub(err.Detail))
	}
	c.opts.Observe(Call{Endpoint: r.endpoint, Code: code, Duration: c.opts.Now().Sub(start), Err: err})
	return err
}

// exchange sends r once and takes the answer, within the timeout. It goes through the transport and not through an
// http.Client, which would follow redirects, keep cookies, and put the URL with its token into every error.
func (c *Client) exchange(ctx context.Context, r request) (code int, failure *Error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Timeout, errTimeout)
	defer cancel()
	ctx, repeated := sendOnce(ctx)
	req := c.build(ctx, r)
	rec := record(ctx, r, req)
	defer func() { rec.end(failure) }()
	resp, err := c.opts.Transport.RoundTrip(req)
	switch {
	case err != nil && repeated():
		return 0, &Error{Reason: ReasonConnection, Detail: "the connection was lost before an answer came"}
	case err != nil:
		return 0, c.transportError(ctx, err)
	}
	rec.answered(resp)
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusOK {
		return resp.StatusCode, c.take(ctx, resp, r)
	}
	return resp.StatusCode, c.refused(ctx, resp, r)
}

// sendOnce returns a context whose request is sent at most once. When a connection that was used before dies without
// an answer, net/http sends the request again on another, as often as that happens; so the second connection that it
// gets for the same request ends the request before anything is written. repeated reports whether that has happened.
func sendOnce(ctx context.Context) (_ context.Context, repeated func() bool) {
	ctx, cancel := context.WithCancelCause(ctx)
	connections := 0
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if connections++; connections == 1 {
			return
		}
		cancel(errRepeated)
		// HTTP/2 looks at the context before it writes, and its connection is shared with other requests. HTTP/1 begins
		// to write at once.
		if t, ok := info.Conn.(*tls.Conn); !ok || t.ConnectionState().NegotiatedProtocol != "h2" {
			_ = info.Conn.Close()
		}
	}}
	return httptrace.WithClientTrace(ctx, trace), func() bool { return errors.Is(context.Cause(ctx), errRepeated) }
}

// errTimeout is why a request was ended that has used up its time.
var errTimeout = errors.New("timeout")

// errRepeated is why a request was ended that net/http was about to repeat.
var errRepeated = errors.New("net/http repeats the request")

// build is where a secret becomes part of a request.
func (c *Client) build(ctx context.Context, r request) *http.Request {
	u := *c.opts.BaseURL
	u.Path = strings.TrimSuffix(u.Path, "/") + r.path
	u.RawQuery = r.query
	header := c.header
	if r.header != nil {
		header = r.header
		maps.Copy(header, c.header)
	}
	return (&http.Request{Method: http.MethodGet, URL: &u, Host: u.Host, Header: header}).WithContext(ctx)
}

// take reads an answer with status 200.
func (c *Client) take(ctx context.Context, resp *http.Response, r request) *Error {
	b, err := newBody(resp, r.limit)
	if err == nil {
		err = r.read(b)
	}
	refused, isRefusal := errors.AsType[refusal](err)
	switch {
	case err == nil:
		return nil
	case isRefusal:
		return newAPIError(resp.StatusCode, refused.wireError, r.redact)
	case b.tooLarge():
		return &Error{Reason: ReasonTooLarge, Detail: fmt.Sprintf("the answer has more than %d bytes", r.limit)}
	case b.wire.err != nil:
		return c.transportError(ctx, b.wire.err)
	case b.plain.err != nil:
		err = fmt.Errorf("the gzip of the body is broken: %w", b.plain.err)
	}
	return &Error{Reason: ReasonInvalidBody, Detail: err.Error()}
}

// transportError is the error for a request whose answer did not come, or did not come whole.
func (c *Client) transportError(ctx context.Context, err error) *Error {
	if with, ok := errors.AsType[*url.Error](err); ok {
		err = with.Err // further authentication has URLs of its own, which may hold secrets
	}
	e := &Error{Reason: transportReason(ctx, err), Detail: err.Error()}
	switch e.Reason {
	case ReasonTimeout:
		e.Detail = "no complete answer within " + c.opts.Timeout.String()
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errTimeout) {
			e.Detail = "no complete answer before its caller left"
		}
	case ReasonCanceled:
		e.Detail = "given up by the exporter"
	}
	return e
}
