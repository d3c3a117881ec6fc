// Package testenv runs the exporter against a simulated API in one process, for tests that look at it from outside, over
// HTTP. Inside of synctest.Test all of it runs in virtual time.
package testenv

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/collector"
	"cielo24_exporter/config"
	"cielo24_exporter/internal/wiring"
	"cielo24_exporter/simulator"
	"cielo24_exporter/web"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	promconfig "github.com/prometheus/common/config"
)

// BaseURL is where the simulated API is; a configuration names it as base_url.
const BaseURL = "http://api.test"

// Env is an exporter and the API that it watches.
type Env struct {
	T         testing.TB
	API       *simulator.Simulator
	Network   *Network
	Registry  *prometheus.Registry
	Collector *collector.Collector
	Handler   http.Handler
	Log       *Log

	dir string // of the configuration
}

// Options is what an Env can be told. The zero value is fine.
type Options struct {
	Shard     collector.Shard
	API       http.Handler                         // what listens at BaseURL; nil: the simulator itself
	Wrap      func(next http.Handler) http.Handler // stands before the simulator; nil: nothing does
	Simulator simulator.Options                    // Now and Location have defaults that suit
}

// Run runs a test in virtual time. It begins in 2026: testing/synctest begins in 2000, and dates of the years before are
// how some systems write "not set".
func Run(t *testing.T, opts Options, test func(e *Env)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
		test(New(t, opts))
	})
}

// New starts a simulated API, with one user and its token, and an exporter without accounts. Both end with the test.
func New(t testing.TB, opts Options) *Env {
	t.Helper()
	if opts.Simulator.Location == nil {
		opts.Simulator.Location = time.UTC
	}
	e := &Env{
		T: t, API: simulator.New(opts.Simulator), Network: NewNetwork(), Registry: prometheus.NewRegistry(), Log: &Log{},
		dir: t.TempDir(),
	}
	e.API.AddUser(simulator.User{Username: simulator.DemoUsername, SecureKey: simulator.DemoSecureKey})
	e.API.AddToken(simulator.DemoToken, simulator.DemoUsername)
	logger := log.NewLogfmtLogger(e.Log)
	e.Collector = collector.New(collector.Options{
		Connect: wiring.Wiring{
			Metrics: collector.NewAPIMetrics(e.Registry), Now: time.Now,
			Transport: []promconfig.HTTPClientOption{promconfig.WithDialContextFunc(e.Network.DialContext)},
		}.Connect,
		Shard: opts.Shard, Logger: logger, Now: time.Now,
	})
	e.Handler = web.NewHandler(web.Options{
		TelemetryPath: "/metrics", Collector: e.Collector, Registry: e.Registry, TimeoutOffset: 500 * time.Millisecond,
		MaxRequests: 40, Version: "test", Now: time.Now, Logger: logger,
	})
	e.serve(opts)
	return e
}

// serve serves the API.
func (e *Env) serve(opts Options) {
	handler := opts.API
	if handler == nil {
		handler = e.API
	}
	if opts.Wrap != nil {
		handler = opts.Wrap(handler)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	l := e.Network.Listen("api.test:80")
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // until it is closed
	e.T.Cleanup(func() {
		e.API.Close()
		e.Collector.Close()
		_ = server.Close()
		serving.Wait()
	})
}

// Account is the configuration of an account of this API: name, base_url, token, and further lines of YAML, each indented
// as a key of the account.
func Account(name string, lines ...string) string {
	var b strings.Builder
	b.WriteString("  - name: " + name + "\n    base_url: " + BaseURL + "\n")
	if !strings.Contains(strings.Join(lines, "\n"), "login:") {
		b.WriteString("    api_token: " + simulator.DemoToken + "\n")
	}
	for _, line := range lines {
		b.WriteString("    " + line + "\n")
	}
	return b.String()
}

// Load puts the accounts in force, as a start or a reload of the exporter does. Relative paths in it are in Path's folder.
func (e *Env) Load(accounts ...string) {
	e.T.Helper()
	text := "accounts:\n" + strings.Join(accounts, "")
	cfg, err := config.Parse(e.Path("cielo24.yml"), []byte(text))
	if err != nil {
		e.T.Fatalf("configuration: %v\n%s", err, text)
	}
	if err := e.Collector.Replace(cfg.Accounts, func() {}); err != nil {
		e.T.Fatal(err)
	}
}

// Path is the path of a file beside the configuration.
func (e *Env) Path(name string) string { return filepath.Join(e.dir, name) }

// Get asks the exporter for a path, as a client that waits for at most so long and then leaves; 0: as long as it takes.
func (e *Env) Get(path string, wait time.Duration, headers ...string) *httptest.ResponseRecorder {
	e.T.Helper()
	ctx := context.Background()
	if wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
	if wait > 0 {
		r.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", strconv.FormatFloat(wait.Seconds(), 'f', -1, 64))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	e.Handler.ServeHTTP(w, r)
	return w
}

// Scrape scrapes as Prometheus does that waits for at most so long (0: as its default is, 10 s), and returns the metrics
// as text.
func (e *Env) Scrape(wait time.Duration) string {
	e.T.Helper()
	w := e.Get("/metrics", wait)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != http.StatusOK {
		e.T.Errorf("/metrics: got status %d and %v, want 200", w.Code, err)
	}
	return string(text)
}

// Want fails for every line that is missing from a text.
func (e *Env) Want(text string, lines ...string) {
	e.T.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			e.T.Errorf("missing: %s\ngot:\n%s", line, Series(text, line))
		}
	}
}

// Series returns the lines of a text that belong to the metric of line.
func Series(text, line string) string {
	metric, _, _ := strings.Cut(line, "{")
	var lines strings.Builder
	for have := range strings.Lines(text) {
		if strings.HasPrefix(have, metric) {
			lines.WriteString(have)
		}
	}
	return lines.String()
}

// Log takes log lines. It is safe for concurrent use.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// Take returns the lines since the last Take.
func (l *Log) Take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.b.Reset()
	return l.b.String()
}

// Wait lets time pass. Inside of synctest.Test it costs none.
func (e *Env) Wait(d time.Duration) { <-time.After(d) }
