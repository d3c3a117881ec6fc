package collector_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/collector"
	"cielo24_exporter/config"
	"cielo24_exporter/simulator"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that moves when a test says so.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a simulated API and what watches it.
type world struct {
	t         *testing.T
	clock     *clock
	api       *simulator.Simulator
	url       string
	registry  *prometheus.Registry
	metrics   *collector.APIMetrics
	collector *collector.Collector
	shard     collector.Shard
	logs      *logs
}

// logs are the lines that were logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// take returns the lines since the last take.
func (l *logs) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.b.Reset()
	return l.b.String()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: newClock(), registry: prometheus.NewRegistry(), logs: &logs{}}
	w.metrics = collector.NewAPIMetrics(w.registry)
	w.api = simulator.New(simulator.Options{Now: w.clock.Now, Location: time.UTC})
	w.api.AddUser(simulator.User{Username: simulator.DemoUsername, SecureKey: simulator.DemoSecureKey})
	w.api.AddToken(simulator.DemoToken, simulator.DemoUsername)
	server := httptest.NewServer(w.api)
	w.url = server.URL
	t.Cleanup(func() {
		w.api.Close()
		if w.collector != nil {
			w.collector.Close()
		}
		server.Close()
	})
	return w
}

// add puts jobs into the API and returns their IDs.
func (w *world) add(n int) []string {
	w.t.Helper()
	var ids []string
	for i := range n {
		id := fmt.Sprintf("%032x", i+1)
		w.api.AddJob(simulator.Job{
			ID: id, Name: fmt.Sprintf("Lecture %d", i+1), Username: simulator.DemoUsername,
			Created: w.clock.Now().Add(-time.Hour), Turnaround: 48 * time.Hour, MediaLength: 10 * time.Minute,
			Life: []simulator.Stage{{Status: "In Process"}},
		})
		ids = append(ids, id)
	}
	return ids
}

// account is the configuration of an account that watches ids; settings are further lines of YAML.
func (w *world) account(name string, ids []string, settings ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  - name: %s\n    base_url: %s\n    api_token: %s\n", name, w.url, simulator.DemoToken)
	for _, line := range settings {
		fmt.Fprintf(&b, "    %s\n", line)
	}
	fmt.Fprintf(&b, "    jobs: [%s]\n", strings.Join(ids, ", "))
	return b.String()
}

// load puts accounts in force.
func (w *world) load(accounts ...string) {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "cielo24.yml")
	cfg, err := config.Parse(file, []byte("accounts:\n"+strings.Join(accounts, "")))
	if err != nil {
		w.t.Fatal(err)
	}
	w.use(cfg, collector.Shard{})
}

func (w *world) use(cfg *config.Config, shard collector.Shard) {
	w.t.Helper()
	if w.collector == nil || w.shard != shard {
		if w.collector != nil {
			w.collector.Close()
		}
		w.shard = shard
		w.collector = collector.New(collector.Options{
			Connect: w.connect, Shard: shard, Logger: log.NewLogfmtLogger(w.logs), Now: w.clock.Now,
		})
	}
	if err := w.collector.Replace(cfg.Accounts, func() {}); err != nil {
		w.t.Fatal(err)
	}
}

// connect makes the client of an account.
func (w *world) connect(a config.Account, opts collector.ConnectOptions) (collector.Connection, error) {
	transport, err := cielo24.NewTransport(a.HTTPClient, a.Name)
	if err != nil {
		return collector.Connection{}, err
	}
	session := opts.Session
	if session == nil {
		if a.Login != nil {
			session, err = cielo24.NewLoginSession(cielo24.Credentials{Username: a.Login.Username, SecureKey: a.Login.SecureKey})
		} else {
			session, err = cielo24.NewStaticSession(a.Token)
		}
		if err != nil {
			return collector.Connection{}, err
		}
	}
	return collector.Connection{Session: session, API: cielo24.New(cielo24.Options{
		BaseURL: a.BaseURL, Transport: transport, Session: session, Location: a.Location, Timeout: a.Timeout,
		Observe: w.metrics.ForAccount(a.Name, cielo24.EndpointJobInfo, cielo24.EndpointJobList, cielo24.EndpointLogin),
		Now:     w.clock.Now, Gate: opts.Gate, Context: opts.Context,
	})}, nil
}

// scrape scrapes with all the time it takes.
func (w *world) scrape() string {
	w.t.Helper()
	return w.text(w.collector.Scrape(w.t.Context()))
}

// scrapeFor scrapes for at most d.
func (w *world) scrapeFor(d time.Duration) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	return w.text(w.collector.Scrape(ctx))
}

// text writes the metrics of jobs as Prometheus reads them. Gatherers checks that they are consistent, and whichever way
// they are written, they are the same.
func (w *world) text(snapshots []collector.Snapshot) string {
	w.t.Helper()
	now := w.clock.Now()
	for _, openMetrics := range []bool{true, false} {
		var b bytes.Buffer
		if err := collector.WriteText(&b, snapshots, now, openMetrics); err != nil {
			w.t.Fatal(err)
		}
		if want := exposition(w.t, gatherer(snapshots, now), openMetrics); !sameLines(b.String(), want) {
			w.t.Errorf("text and families differ (OpenMetrics: %t):\n%s\n%s", openMetrics, b.String(), want)
		}
	}
	return exposition(w.t, gatherer(snapshots, now), false)
}

// sameLines reports whether both have the same lines, in whatever order.
func sameLines(a, b string) bool {
	return slices.Equal(slices.Sorted(strings.Lines(a)), slices.Sorted(strings.Lines(b)))
}

// exposition writes what g gathers in Prometheus' text format or in OpenMetrics.
func exposition(t *testing.T, g prometheus.Gatherer, openMetrics bool) string {
	t.Helper()
	families, err := prometheus.Gatherers{g}.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, family := range families {
		if openMetrics {
			_, err = expfmt.MetricFamilyToOpenMetrics(&b, family)
		} else {
			_, err = expfmt.MetricFamilyToText(&b, family)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// wantLines fails for every line that is missing.
func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			t.Errorf("missing: %s; there is:\n%s", line, family(text, line))
		}
	}
}

// count counts the series of a metric.
func count(text, metric string) int { return strings.Count("\n"+text, "\n"+metric+"{") }

// golden compares text with a file.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("differs from %s (write it anew with -update):\n%s", file, text)
	}
}

// family returns the lines of text that belong to the metric of line.
func family(text, line string) string {
	metric, _, _ := strings.Cut(line, "{")
	var lines []string
	for have := range strings.Lines(text) {
		if strings.HasPrefix(have, metric) {
			lines = append(lines, have)
		}
	}
	return strings.Join(lines, "")
}

// jobOf is the job of an ID, as a probe names it.
func jobOf(id string) config.Job {
	key, err := config.ParseJobID(id)
	if err != nil {
		panic(err) // the tests' own IDs are fine
	}
	return config.Job{ID: id, Key: key}
}
