package cielo24_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"cielo24_exporter/cielo24"

	promconfig "github.com/prometheus/common/config"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "7ca5dc5c7cce449fb0fff719307e8f5f"

// fixed is a secret that never changes.
type fixed string

func (f fixed) Read() (cielo24.Secret, error) { return cielo24.NewSecret(string(f)), nil }

// changing is a secret whose file somebody writes.
type changing struct {
	mu    sync.Mutex
	value string
	err   error
}

func (c *changing) Read() (cielo24.Secret, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return cielo24.NewSecret(c.value), c.err
}

func (c *changing) set(value string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.value, c.err = value, err
}

// calls notes what the client tells its observer.
type calls struct {
	mu   sync.Mutex
	list []cielo24.Call
}

func (c *calls) observe(call cielo24.Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, call)
}

func (c *calls) count(endpoint cielo24.Endpoint) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, call := range c.list {
		if call.Endpoint == endpoint {
			n++
		}
	}
	return n
}

// serve starts an API that answers with handler.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// answer is an API that always answers with this.
func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// newClient returns a client with a fixed token, changed by change.
func newClient(t *testing.T, baseURL string, change ...func(*cielo24.Options)) *cielo24.Client {
	t.Helper()
	base, err := url.Parse(baseURL)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := cielo24.NewTransport(promconfig.DefaultHTTPClientConfig, "test")
	if err != nil {
		t.Fatal(err)
	}
	session, err := cielo24.NewStaticSession(fixed(token))
	if err != nil {
		t.Fatal(err)
	}
	opts := cielo24.Options{
		BaseURL: base, Transport: transport, Session: session, Location: time.UTC, Timeout: 5 * time.Second, UserAgent: "test/1",
	}
	for _, f := range change {
		f(&opts)
	}
	client := cielo24.New(opts)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// ask asks for a job and returns the job or the failure.
func ask(t *testing.T, client *cielo24.Client) (cielo24.Job, *cielo24.Error) {
	t.Helper()
	return askContext(t.Context(), t, client)
}

func askContext(ctx context.Context, t *testing.T, client *cielo24.Client) (cielo24.Job, *cielo24.Error) {
	t.Helper()
	job, err := client.JobInfo(ctx, "d4fb871e07514304b23131b45f8caa1f", cielo24.NewAttempts(3))
	if err == nil {
		return job, nil
	}
	var failure *cielo24.Error
	if !errors.As(err, &failure) {
		t.Fatalf("an error that is no *cielo24.Error: %T %v", err, err)
	}
	return job, failure
}
