package cielo24

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
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

// Call is one request and what came of it.
type Call struct {
	Endpoint Endpoint
	Code     int           // HTTP status code, 0 without an answer
	Duration time.Duration // until the body was read and understood
	Err      *Error        // nil if the answer was usable
}

// Options is what a Client needs. BaseURL, Transport, Session, Location and Timeout are required.
type Options struct {
	BaseURL   *url.URL          // scheme and host, perhaps a path prefix
	Transport http.RoundTripper // from NewTransport
	Session   Session           // may be another client's, too
	Location  *time.Location    // zone of dates that carry none
	Timeout   time.Duration     // of one request, its body included, once the gate has let it pass
	UserAgent string            // is sent with every request
	Gate      Gate              // is passed by every request; nil: everything passes at once
	Observe   func(Call)        // is told of every request that was sent; must be safe for concurrent use
	Now       func() time.Time
	Context   context.Context //nolint:containedctx // life of the client, under which logins run; nil: Background
}

// Client calls the API of one account. It is safe for concurrent use.
type Client struct {
	opts    Options
	header  http.Header // of requests that have none of their own; nobody may change it
	buffers sync.Pool   // of *bytes.Buffer, for answers that are read whole
}

// New returns a client. It makes no request.
func New(opts Options) *Client {
	if opts.Gate == nil {
		opts.Gate = openGate{}
	}
	if opts.Observe == nil {
		opts.Observe = func(Call) {}
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Context == nil {
		opts.Context = context.Background()
	}
	return &Client{
		opts: opts, header: http.Header{"Accept": {"application/json"}, "User-Agent": {opts.UserAgent}},
		buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
}

// ReloadSecrets reads the credentials' files again, so that a changed secret is used from the next call on. On an
// error the last good secret stays in use.
func (c *Client) ReloadSecrets() error { return c.opts.Session.reload() }

// CloseIdleConnections closes the connections that no call uses.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.opts.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// JobInfo asks for one job and takes one of a for each request. When the API refuses the token, the session can be
// renewed and an attempt is left, it asks once more; every other repeat is up to the caller. The error, if any, is an
// *Error.
// Source: GET /api/job/info (doc).
func (c *Client) JobInfo(ctx context.Context, jobID string, a *Attempts) (Job, error) {
	var job Job
	err := c.withToken(ctx, EndpointJobInfo, a, func(t *ticket) request {
		return request{
			endpoint: EndpointJobInfo,
			jobID:    jobID,
			path:     "/api/job/info",
			query:    "v=1&api_token=" + url.QueryEscape(t.token.Reveal()) + "&job_id=" + url.QueryEscape(jobID),
			limit:    maxJobInfo,
			redact:   t.redact,
			read: func(r io.Reader) (err error) {
				job, err = c.readJob(r, t.redact)
				return err
			},
		}
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
