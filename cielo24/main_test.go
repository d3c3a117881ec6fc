package cielo24_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/simulator"

	promconfig "github.com/prometheus/common/config"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	username  = "captions@example.edu"
	token     = "7ca5dc5c7cce449fb0fff719307e8f5f"
	secureKey = "0123456789abcdef0123456789abcdef"
	jobID     = "d4fb871e07514304b23131b45f8caa1f"
	otherID   = "64bea283eff6475ea6596027a6ba0929"
)

// secretFile is a secret whose file somebody writes.
type secretFile struct {
	mu    sync.Mutex
	value string
	err   error
	reads int
}

func (s *secretFile) Read() (cielo24.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return cielo24.NewSecret(s.value), s.err
}

func (s *secretFile) set(value string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value, s.err = value, err
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

func (c *calls) of(endpoint cielo24.Endpoint) []cielo24.Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []cielo24.Call
	for _, call := range c.list {
		if call.Endpoint == endpoint {
			list = append(list, call)
		}
	}
	return list
}

func (c *calls) count(endpoint cielo24.Endpoint) int { return len(c.of(endpoint)) }

// serve starts an API that answers with handler, on a port of its own.
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

// hanging is an API that does not answer until the client has gone.
func hanging(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// newTransport returns a transport as the exporter has it.
func newTransport(t *testing.T) http.RoundTripper {
	t.Helper()
	transport, err := cielo24.NewTransport(promconfig.DefaultHTTPClientConfig, "test")
	if err != nil {
		t.Fatal(err)
	}
	return transport
}

// staticSession is a session with the token of all tests.
func staticSession(t *testing.T) cielo24.Session {
	t.Helper()
	session, err := cielo24.NewStaticSession(&secretFile{value: token})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// newClient returns a client of the API at baseURL with a static token, changed by change.
func newClient(t *testing.T, baseURL string, change ...func(*cielo24.Options)) *cielo24.Client {
	t.Helper()
	base, err := url.Parse(baseURL)
	if err != nil {
		t.Fatal(err)
	}
	opts := cielo24.Options{BaseURL: base, Location: time.UTC, Timeout: 5 * time.Second, UserAgent: "test/1"}
	for _, f := range change {
		f(&opts)
	}
	if opts.Transport == nil {
		opts.Transport = newTransport(t)
	}
	if opts.Session == nil {
		opts.Session = staticSession(t)
	}
	client := cielo24.New(opts)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// ask asks for a job, with three attempts, and returns the job or the failure.
func ask(t *testing.T, client *cielo24.Client) (cielo24.Job, *cielo24.Error) {
	t.Helper()
	return askFor(t.Context(), t, client, jobID)
}

func askFor(ctx context.Context, t *testing.T, client *cielo24.Client, id string) (cielo24.Job, *cielo24.Error) {
	t.Helper()
	job, err := client.JobInfo(ctx, id, cielo24.NewAttempts(3))
	return job, asFailure(t, err)
}

// list asks for a job list and returns the IDs in it.
func list(t *testing.T, client *cielo24.Client, maxJobs int) ([]string, cielo24.ListResult, *cielo24.Error) {
	t.Helper()
	var ids []string
	result, err := client.JobList(t.Context(), cielo24.ListFilter{}, cielo24.NewAttempts(3), maxJobs, func(job cielo24.Job) {
		ids = append(ids, job.ID)
	})
	return ids, result, asFailure(t, err)
}

// asFailure returns what every error of the client is.
func asFailure(t *testing.T, err error) *cielo24.Error {
	t.Helper()
	failure, ok := errors.AsType[*cielo24.Error](err)
	if err != nil && !ok {
		t.Fatalf("got the error %T %v, want a *cielo24.Error", err, err)
	}
	return failure
}

// reasonOf is the reason of a failure, "" for none.
func reasonOf(failure *cielo24.Error) string {
	if failure == nil {
		return ""
	}
	return failure.Reason
}

// env is a simulated API that is reached through memory, so that all of it, its connections too, can live in the
// virtual time of testing/synctest.
type env struct {
	t         *testing.T
	api       *simulator.Simulator
	transport http.RoundTripper
	key       *secretFile // of the session
	session   cielo24.Session
	seen      *calls
}

// newEnv starts it, with a user who can log in and two jobs. wrap, if any, gets every request first.
func newEnv(t *testing.T, wrap ...func(http.Handler) http.Handler) *env {
	t.Helper()
	api := simulator.New(simulator.Options{Location: time.UTC})
	api.AddUser(simulator.User{Username: username, SecureKey: secureKey})
	api.AddJob(simulator.Job{ID: jobID, Name: "one", Username: username})
	api.AddJob(simulator.Job{ID: otherID, Name: "two", Username: username})
	e := &env{t: t, api: api, key: &secretFile{value: secureKey}, seen: &calls{}}
	var handler http.Handler = api
	for _, f := range wrap {
		handler = f(handler)
	}
	e.transport = inMemory(t, handler)
	session, err := cielo24.NewLoginSession(cielo24.Credentials{Username: username, SecureKey: e.key})
	if err != nil {
		t.Fatal(err)
	}
	e.session = session
	t.Cleanup(api.Close)
	return e
}

// client returns a client of it with the one session of env.
func (e *env) client(change ...func(*cielo24.Options)) *cielo24.Client {
	e.t.Helper()
	return newClient(e.t, "http://api.test", append([]func(*cielo24.Options){func(o *cielo24.Options) {
		o.Transport, o.Session, o.Observe, o.Timeout = e.transport, e.session, e.seen.observe, 10*time.Second
	}}, change...)...)
}

// wantLogins fails unless there were so many logins, on the wire and for the observer.
func (e *env) wantLogins(want int) {
	e.t.Helper()
	if sent, seen := e.api.Calls("login"), e.seen.count(cielo24.EndpointLogin); sent != want || seen != want {
		e.t.Errorf("got %d logins, %d observed; want %d", sent, seen, want)
	}
}

// memory is a listener whose connections are pipes.
type memory struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case conn := <-m.conns:
		return conn, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

func (m *memory) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case m.conns <- there:
		return here, nil
	case <-m.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inMemory serves handler and returns a transport that reaches it.
func inMemory(t *testing.T, handler http.Handler) *http.Transport {
	t.Helper()
	m := &memory{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Hour}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(m) })
	transport := &http.Transport{DialContext: m.dial, MaxIdleConnsPerHost: 100}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		served.Wait()
	})
	return transport
}
