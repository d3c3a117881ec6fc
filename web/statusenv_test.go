package web_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/collector"
	"cielo24_exporter/config"
	"cielo24_exporter/simulator"
	"cielo24_exporter/web"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
)

// pageEnv is the HTTP face before an account of a simulated API. It is made in a bubble of testing/synctest, whose clock
// it puts forward by some years, since dates of the year 1999 stand for "not set".
type pageEnv struct {
	t       testing.TB
	api     *simulator.Simulator
	handler http.Handler
	now     func() time.Time
}

func newPageEnv(t testing.TB, settings string) *pageEnv {
	t.Helper()
	began := time.Now()
	e := &pageEnv{t: t, now: func() time.Time {
		return time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC).Add(time.Since(began))
	}}
	e.api = simulator.New(simulator.Options{Now: e.now, Location: time.UTC})
	e.api.AddUser(simulator.User{Username: simulator.DemoUsername})
	e.api.AddToken(simulator.DemoToken, simulator.DemoUsername)
	cfg, err := config.Parse("cielo24.yml", []byte("accounts:\n  - name: media-services\n    base_url: http://api.example.edu"+
		"\n    api_token: "+simulator.DemoToken+"\n    "+settings))
	if err != nil {
		t.Fatal(err)
	}
	connect := func(a config.Account, opts collector.ConnectOptions) (collector.Connection, error) {
		session, err := cielo24.NewStaticSession(a.Token)
		return collector.Connection{Session: session, API: cielo24.New(cielo24.Options{
			BaseURL: a.BaseURL, Transport: inProcess{e.api}, Session: session, Location: a.Location, Timeout: a.Timeout,
			Now: e.now, Gate: opts.Gate, Context: opts.Context,
		})}, err
	}
	c := collector.New(collector.Options{Connect: connect, Logger: log.NewNopLogger(), Now: e.now})
	if err := c.Replace(cfg.Accounts, func() {}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	e.handler = web.NewHandler(web.Options{
		TelemetryPath: "/metrics", Collector: c, Registry: prometheus.NewRegistry(), Version: "1.2.3", Now: e.now,
		Logger: log.NewNopLogger(), Pprof: true,
	})
	return e
}

// inProcess calls a handler in place of a network, for which a bubble could not wait.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	r = r.Clone(r.Context())
	if r.Body == nil {
		r.Body = http.NoBody
	}
	p.handler.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// job puts a job into the API that stays in its status.
func (e *pageEnv) job(id, name, status string, due time.Duration) {
	j := simulator.Job{
		ID: id, Name: name, Username: simulator.DemoUsername, Created: e.now().Add(-100 * time.Hour), ExternalID: "lms-" + id[:min(4, len(id))],
		SourceLanguage: "en", TargetLanguage: "es", Difficulty: "Bad", MediaLength: 50 * time.Minute,
		Life: []simulator.Stage{{Status: status}},
	}
	if due != 0 {
		j.Due = e.now().Add(due)
	}
	e.api.AddJob(j)
}

// pass lets time pass.
func (e *pageEnv) pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// do sends a request with headers, given as name and value in turn.
func (e *pageEnv) do(method, path string, headers ...string) *httptest.ResponseRecorder {
	e.t.Helper()
	r := httptest.NewRequestWithContext(e.t.Context(), method, path, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	e.handler.ServeHTTP(w, r)
	return w
}

// open opens a page as a visitor does.
func (e *pageEnv) open(path string) string {
	e.t.Helper()
	w := e.do(http.MethodGet, path)
	if w.Code != http.StatusOK {
		e.t.Fatalf("%s: got status %d, want 200: %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

// reload is what the script of an open page does.
func (e *pageEnv) reload(path string) string {
	e.t.Helper()
	return e.do(http.MethodGet, path, "X-Page-Reload", "1").Body.String()
}

// names returns the names of the jobs on a page, from top to bottom.
func names(page string) string {
	var all []string
	for _, match := range regexp.MustCompile(`<a class="name"[^>]*>([^<]*)</a>`).FindAllStringSubmatch(page, -1) {
		all = append(all, html.UnescapeString(match[1]))
	}
	return strings.Join(all, ", ")
}

// wantTexts looks for texts on a page.
func wantTexts(t testing.TB, page string, texts ...string) {
	t.Helper()
	for _, want := range texts {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks: %s", want)
		}
	}
	if t.Failed() {
		_, body, _ := strings.Cut(page, "<body")
		t.Log(body)
	}
}

// calls is how many calls the API has had.
func (e *pageEnv) calls() int { return e.api.Calls("job_info") + e.api.Calls("job_list") }
