package cielo24

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Endpoint names a call of the API, as metrics name it.
type Endpoint string

// The endpoints that are called.
const (
	EndpointJobInfo Endpoint = "job_info"
	EndpointJobList Endpoint = "job_list"
	EndpointLogin   Endpoint = "login"
)

// Bounds of an answer, in bytes, compressed and decompressed. A job is about 1 kB (doc); Options may be long.
const (
	maxJobInfo = 1 << 20
	maxError   = 64 << 10
)

// Call is one request and what came of it.
type Call struct {
	Endpoint Endpoint
	Code     int           // HTTP status code, 0 without an answer
	Duration time.Duration // until the body was read and understood
	Err      *Error        // nil if the answer was usable
}

// Options is what a Client needs. All but Observe, Now and UserAgent are required.
type Options struct {
	BaseURL   *url.URL          // scheme and host, perhaps a path prefix
	Transport http.RoundTripper // from NewTransport
	Session   Session
	Location  *time.Location // zone of dates that carry none
	Timeout   time.Duration  // of one request, its body included
	UserAgent string         // is sent with every request
	Observe   func(Call)     // is told of every request; must be safe for concurrent use
	Now       func() time.Time
}

// Client calls the API of one account. It is safe for concurrent use.
type Client struct {
	opts    Options
	header  http.Header // of requests that have none of their own; nobody may change it
	buffers sync.Pool   // of *bytes.Buffer, for answers that are read whole
}

// New returns a client. It makes no request.
func New(opts Options) *Client {
	if opts.Observe == nil {
		opts.Observe = func(Call) {}
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Client{
		opts: opts, header: http.Header{"Accept": {"application/json"}, "User-Agent": {opts.UserAgent}},
		buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
}

// RereadSecrets reads the credentials' files again, so that a changed secret is used from the next call on. On an
// error the last good secret stays in use.
func (c *Client) RereadSecrets() error { return c.opts.Session.reread() }

// CloseIdleConnections closes the connections that no call uses.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.opts.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// JobInfo asks for one job. The error, if any, is an *Error. When the session has ended it is renewed, if that can be
// done, and the job is asked for once more.
// Source: GET /api/job/info (doc).
func (c *Client) JobInfo(ctx context.Context, jobID string) (Job, error) {
	var job Job
	err := c.withToken(ctx, func(t ticket) *Error {
		return c.do(ctx, request{
			endpoint: EndpointJobInfo,
			path:     "/api/job/info",
			query:    "v=1&api_token=" + url.QueryEscape(t.token.Reveal()) + "&job_id=" + url.QueryEscape(jobID),
			limit:    maxJobInfo,
			redact:   t.redact,
			read: func(r io.Reader) (err error) {
				job, err = c.readJob(r, t.redact)
				return err
			},
		})
	})
	if err != nil {
		return Job{}, err
	}
	return job, nil
}

// readJob reads the body of a job info answer. Nothing of the buffer is left in the job.
func (c *Client) readJob(r io.Reader, redact redactor) (Job, error) {
	b, _ := c.buffers.Get().(*bytes.Buffer)
	defer func() {
		if b.Cap() <= maxError { // a large one is not worth keeping
			c.buffers.Put(b)
		}
	}()
	b.Reset()
	if _, err := b.ReadFrom(r); err != nil {
		return Job{}, err
	}
	return decodeJob(b.Bytes(), c.opts.Location, redact)
}

// withToken runs call with the session's token, and once more with a new one if the API refuses the first and the
// session knows how to get another.
func (c *Client) withToken(ctx context.Context, call func(ticket) *Error) error {
	for renewed := false; ; renewed = true {
		t, err := c.opts.Session.ticket(ctx, c)
		if err != nil {
			return err
		}
		e := call(t)
		now, refused := c.opts.Now(), e != nil && e.ErrorType == ErrorTypeBadAPIToken
		if e == nil || e.ErrorType != "" {
			c.opts.Session.answered(t, renewed, refused, now)
		}
		if e == nil {
			return nil
		}
		if !refused || renewed || !c.opts.Session.refused(t, now) {
			return e
		}
	}
}

// request is one call, not yet sent.
type request struct {
	endpoint Endpoint
	path     string
	query    string // holds the token
	header   http.Header
	limit    int64 // bytes of a good answer
	redact   redactor
	read     func(io.Reader) error // takes a good answer; its error says why the body is not what was asked for
}

// do sends r, tells the observer, and returns nil if r.read took the answer.
func (c *Client) do(ctx context.Context, r request) *Error {
	start := c.opts.Now()
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	code, err := c.exchange(ctx, r)
	if err != nil {
		err.Endpoint, err.Code = r.endpoint, code
		err.Detail = oneLine(r.redact.scrub(err.Detail))
	}
	c.opts.Observe(Call{Endpoint: r.endpoint, Code: code, Duration: c.opts.Now().Sub(start), Err: err})
	return err
}

// exchange goes through the transport and not through an http.Client, which would follow redirects, keep cookies, and
// put the URL with its token into every error.
func (c *Client) exchange(ctx context.Context, r request) (code int, failure *Error) {
	req := c.build(ctx, r)
	rec := record(ctx, r, req)
	defer func() { rec.end(failure) }()
	resp, err := c.opts.Transport.RoundTrip(req)
	if err != nil {
		return 0, c.transportError(ctx, err)
	}
	rec.answered(resp)
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	case http.StatusOK:
		return resp.StatusCode, c.take(ctx, resp, r)
	case http.StatusBadRequest:
		return resp.StatusCode, c.badRequest(ctx, resp, r)
	default:
		drain(resp)
		return resp.StatusCode, statusError(resp, c.opts.Now())
	}
}

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
	switch {
	case errors.Is(err, errTooLarge) && !b.tooLarge():
		return &Error{Reason: ReasonTooLarge, Detail: fmt.Sprintf("one value of the answer has more than %d bytes", maxJobInfo)}
	case b.tooLarge():
		return &Error{Reason: ReasonTooLarge, Detail: fmt.Sprintf("the answer has more than %d bytes", r.limit)}
	case b.wire.err != nil:
		return c.transportError(ctx, b.wire.err)
	case err != nil:
		return &Error{Reason: ReasonInvalidBody, Detail: err.Error()}
	}
	return nil
}

// badRequest reads an answer with status 400. Status 400 alone says nothing; the ErrorType does. Without one it is
// some other server's 400.
func (c *Client) badRequest(ctx context.Context, resp *http.Response, r request) *Error {
	var w wireError
	b, err := newBody(resp, maxError)
	if err == nil {
		var data []byte
		if data, err = io.ReadAll(b); err == nil && decodeObject(data, &w) == nil && w.ErrorType != "" {
			return newAPIError(r.endpoint, resp.StatusCode, w, r.redact)
		}
	}
	if b.wire.err != nil && !b.tooLarge() {
		return c.transportError(ctx, b.wire.err)
	}
	return &Error{Reason: ReasonHTTP4xx, Detail: "status 400 without an ErrorType"}
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
	case ReasonCanceled:
		e.Detail = "given up by the exporter"
	}
	return e
}

// statusError is the error for an answer whose status is neither 200 nor 400.
func statusError(resp *http.Response, now time.Time) *Error {
	e := &Error{Detail: "status " + strconv.Itoa(resp.StatusCode)}
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable {
		e.RetryAfter = retryAfter(resp, now)
	}
	switch code := resp.StatusCode; {
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
	if value == "" {
		return 0
	}
	var wait time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

// drain reads the rest of a short answer so that its connection can be used again.
func drain(resp *http.Response) {
	if resp.ContentLength >= 0 && resp.ContentLength <= maxError {
		_, _ = io.CopyN(io.Discard, resp.Body, maxError)
	}
}
