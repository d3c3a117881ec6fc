package cielo24

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// maxTraced bounds how much of a body a trace keeps, in bytes.
const maxTraced = 64 << 10

// Trace records the exchanges of the calls that are made with its context, for a person to read. Secrets are taken out.
type Trace struct {
	mu        sync.Mutex
	exchanges []string
}

// traceKey is the key of a Trace in a context.
type traceKey struct{}

// WithTrace returns a context whose calls are recorded in the trace.
func WithTrace(ctx context.Context) (context.Context, *Trace) {
	t := &Trace{}
	return context.WithValue(ctx, traceKey{}, t), t
}

// String is all exchanges so far, each with request, answer and body.
func (t *Trace) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.exchanges, "\n")
}

// traceOf returns the trace of a context, or nil.
func traceOf(ctx context.Context) *Trace {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	return t
}

// withTraceOf returns ctx with the trace of another context, if that has one.
func withTraceOf(ctx, other context.Context) context.Context {
	if t := traceOf(other); t != nil {
		return context.WithValue(ctx, traceKey{}, t)
	}
	return ctx
}

// recording is one exchange under way.
type recording struct {
	trace *Trace
	r     request
	text  strings.Builder
	body  strings.Builder
}

// record begins to record an exchange, if the context wants it; the methods of nil do nothing.
func record(ctx context.Context, r request, req *http.Request) *recording {
	t := traceOf(ctx)
	if t == nil {
		return nil
	}
	rec := &recording{trace: t, r: r}
	fmt.Fprintf(&rec.text, "> %s %s\n", req.Method, req.URL)
	rec.headers(">", req.Header)
	return rec
}

// answered records status and headers, and listens in on the body. That of a login is the token.
func (rec *recording) answered(resp *http.Response) {
	if rec == nil {
		return
	}
	fmt.Fprintf(&rec.text, "< %s %s\n", resp.Proto, resp.Status)
	rec.headers("<", resp.Header)
	if rec.r.endpoint == EndpointLogin {
		rec.body.WriteString("(not shown: it holds the token)")
		return
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.TeeReader(resp.Body, &bounded{&rec.body}), resp.Body}
}

// headers records headers, sorted. Those with credentials are not shown.
func (rec *recording) headers(sign string, h http.Header) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		value := strings.Join(h[name], ", ")
		switch name {
		case "X-Auth-Securekey", "X-Auth-Password", "Authorization", "Cookie", "Set-Cookie":
			value = printed
		}
		fmt.Fprintf(&rec.text, "%s %s: %s\n", sign, name, value)
	}
}

// end puts the exchange into the trace.
func (rec *recording) end(err *Error) {
	if rec == nil {
		return
	}
	rec.text.WriteString("\n" + rec.body.String() + "\n")
	if err != nil {
		fmt.Fprintf(&rec.text, "\n%s: %s\n", err.Reason, err.Detail)
	}
	rec.trace.mu.Lock()
	defer rec.trace.mu.Unlock()
	rec.trace.exchanges = append(rec.trace.exchanges, rec.r.redact.scrub(strings.ToValidUTF8(rec.text.String(), "\uFFFD")))
}

// bounded takes the first maxTraced bytes and no more.
type bounded struct{ to *strings.Builder }

func (b *bounded) Write(p []byte) (int, error) {
	if left := maxTraced - b.to.Len(); left < len(p) {
		b.to.Write(p[:max(left, 0)])
		return len(p), nil
	}
	b.to.Write(p)
	return len(p), nil
}
