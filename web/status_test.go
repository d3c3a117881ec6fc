package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/collector"
	"cielo24_exporter/config"
	"cielo24_exporter/simulator"
	"cielo24_exporter/web"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is the HTTP face before accounts of a simulated API, and a clock that stands still.
type site struct {
	t       testing.TB
	now     time.Time
	api     *simulator.Simulator
	handler http.Handler
	c       *collector.Collector
}

func newSite(t testing.TB, settings string) *site {
	t.Helper()
	s := &site{t: t, now: time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC), c: collector.New()}
	now := func() time.Time { return s.now }
	s.api = simulator.New(simulator.Options{Now: now, Location: time.UTC})
	s.api.AddUser(simulator.User{Username: simulator.DemoUsername})
	s.api.AddToken(simulator.DemoToken, simulator.DemoUsername)
	server := httptest.NewServer(s.api)
	cfg, err := config.Parse("cielo24.yml", []byte("accounts:\n  - name: media-services\n    base_url: "+server.URL+
		"\n    api_token: "+simulator.DemoToken+"\n    "+settings))
	if err != nil {
		t.Fatal(err)
	}
	a := cfg.Accounts[0]
	session, err := cielo24.FixedToken(a.Token)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := cielo24.NewTransport(a.HTTPClient, a.Name)
	if err != nil {
		t.Fatal(err)
	}
	client := cielo24.New(cielo24.Options{
		BaseURL: a.BaseURL, Transport: transport, Session: session, Location: a.Location, Timeout: a.Timeout, Now: now,
	})
	s.c.Swap([]*collector.Account{collector.NewAccount(a, collector.AccountOptions{API: client, Logger: log.NewNopLogger(), Now: now})}, func() {})
	s.handler = web.NewHandler(web.Options{
		TelemetryPath: "/metrics", Collector: s.c, Registry: prometheus.NewRegistry(), Version: "1.2.3", Now: now, Logger: log.NewNopLogger(),
	})
	t.Cleanup(func() {
		s.c.Close()
		s.api.Close()
		server.Close()
	})
	return s
}

// job puts a job into the API that stays in its status.
func (s *site) job(id, name, status string, due time.Duration) {
	j := simulator.Job{
		ID: id, Name: name, Username: simulator.DemoUsername, Created: s.now.Add(-100 * time.Hour), SourceLanguage: "en", TargetLanguage: "es",
		Difficulty: "Bad", MediaLength: 50 * time.Minute, Life: []simulator.Stage{{Status: status}},
	}
	if due != 0 {
		j.Due = s.now.Add(due)
	}
	s.api.AddJob(j)
}

// get returns a page.
func (s *site) get(path string) (int, http.Header, string) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, path, http.NoBody)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Code, w.Header(), w.Body.String()
}

// names returns the names of the jobs on a page, from top to bottom.
func (s *site) names(path string) string {
	s.t.Helper()
	code, _, page := s.get(path)
	if code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, code, page)
	}
	var names []string
	for _, match := range regexp.MustCompile(`<a class="name"[^>]*>([^<]*)</a>`).FindAllStringSubmatch(page, -1) {
		names = append(names, html.UnescapeString(match[1]))
	}
	return strings.Join(names, ", ")
}

// newDesk is a site with a job of every kind.
func newDesk(t testing.TB) *site {
	t.Helper()
	s := newSite(t, "jobs: [a1, a2, a3, a4, a5, a6, a7, a8, a9, {id: aa, labels: {course: BIO101}}, ff]")
	s.job("a1", "complete", "Complete", -time.Hour)
	s.job("a2", "due in two days", "In Process", 48*time.Hour)
	s.job("a3", "reviewing", "Reviewing", 40*time.Hour)
	s.job("a4", "due in an hour", "Pending", time.Hour)
	s.job("a5", "overdue by a day", "In Process", -24*time.Hour)
	s.job("a6", "overdue by an hour", "Reviewing", -time.Hour)
	s.job("a7", "broken", "Media Failure", 10*time.Hour)
	s.job("a8", "authorizing", "Authorizing", 0)
	s.job("a9", "due in twenty hours", "In Process", 20*time.Hour)
	s.job("aa", "Reise – <script>alert(1)</script> & \"mehr\"", "In Process", 72*time.Hour)
	s.c.Scrape(t.Context())
	return s
}

func TestTheMostUrgentJobIsAtTheTop(t *testing.T) {
	s := newDesk(t)
	want := `broken, ff, overdue by a day, overdue by an hour, due in an hour, due in twenty hours, reviewing, authorizing, ` +
		`due in two days, Reise – <script>alert(1)</script> & "mehr", complete`
	if got := s.names("/"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheURLSaysWhichJobsAreShown(t *testing.T) {
	s := newDesk(t)
	for path, want := range map[string]string{
		"/?status=Reviewing":                    "overdue by an hour, reviewing",
		"/?q=OVERDUE":                           "overdue by a day, overdue by an hour",
		"/?q=bio101":                            `Reise – <script>alert(1)</script> & "mehr"`,
		"/?q=a8":                                "authorizing",
		"/?q=nothing+like+that":                 "",
		"/?show=failed":                         "broken, ff",
		"/?show=overdue&status=In+Process":      "overdue by a day",
		"/?show=due":                            "due in an hour, due in twenty hours",
		"/?show=waiting":                        "overdue by an hour, reviewing, authorizing",
		"/?show=silent":                         "ff",
		"/?show=done&account=media-services&q=": "complete",
		"/?page=7&show=done":                    "complete",
	} {
		if got := s.names(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestAWrongParameterOfThePageIsNamed(t *testing.T) {
	s := newDesk(t)
	for path, want := range map[string]string{
		"/?account=x":                     `parameter account: there is no "x"; there are: media-services`,
		"/?status=x":                      `parameter status: there is no "x"; there are: Authorizing, Pending, In Process, Reviewing, Complete, Media Failure, unknown`,
		"/?show=x":                        `parameter show: there is no "x"; there are: failed, overdue, due, waiting, open, silent, done`,
		"/?page=0":                        `parameter page: "0" is no number from 1`,
		"/?page=one":                      `parameter page: "one" is no number from 1`,
		"/?q=" + strings.Repeat("x", 201): `parameter q: has 201 bytes, at most 200 are searched for`,
	} {
		if code, _, body := s.get(path); code != http.StatusBadRequest || body != want+"\n" {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
}

func TestThePageSaysInWordsHowThingsAre(t *testing.T) {
	s := newDesk(t)
	s.now = s.now.Add(90 * time.Second)
	_, _, page := s.get("/")
	for _, want := range []string{
		`<b>2</b><span>Failed</span>`, `<b>2</b><span>Overdue</span>`, `<b>2</b><span>Due within a day</span>`, `<b>3</b><span>Waiting for you</span>`,
		`<b>8</b><span>Open</span>`, `<b>1</b><span>Without an answer</span>`, `<b>1</b><span>Complete</span>`,
		"API reached, credentials accepted", "For 1m 30s.", "Last refresh: 1m 30s ago, took 0s",
		"1d 0h overdue", "in 58m 30s", "Fri 9 Jan 12:00 UTC", "50m 0s", "en → es", "1m 30s ago", "course: BIO101",
		"No such job at cielo24; is the ID right?", "job_info: ITEM_NOT_FOUND: No job with this job_id",
		`href="/probe?account=media-services&amp;debug=true&amp;job_id=a5"`, `href="/metrics"`, `href="/-/healthy"`, "cielo24_exporter 1.2.3",
		`Reise – &lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;mehr&#34;`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("missing: %s", want)
		}
	}
	if strings.Contains(page, "<script") {
		t.Error("a job's name became markup")
	}
}

func TestAnAccountInTroubleSaysSinceWhenAndWhy(t *testing.T) {
	s := newDesk(t)
	s.api.ExpireTokens()
	s.c.Scrape(t.Context())
	s.now = s.now.Add(3 * time.Hour)
	s.c.Scrape(t.Context())
	_, _, page := s.get("/")
	for _, want := range []string{
		"The token is not accepted any more", "For 3h 0m.", "job_info: BAD_API_TOKEN: Invalid or expired API token",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("missing: %s", want)
		}
	}
}

func TestThePageAllowsItsStylesheetAndNothingElse(t *testing.T) {
	_, header, page := newDesk(t).get("/")
	policy := header.Get("Content-Security-Policy")
	if !regexp.MustCompile(`^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$`).MatchString(policy) {
		t.Error(policy)
	}
	if regexp.MustCompile(`<script|style=|<img|onclick`).MatchString(page) {
		t.Error("the page has what its policy forbids")
	}
}

// newFleet is a site with n jobs, found through the list.
func newFleet(t testing.TB, n int) *site {
	t.Helper()
	s := newSite(t, fmt.Sprintf("discovery: {username: '*', created_within: 3650d, max_jobs: %d, statuses: [%s]}", n, strings.Join(cielo24.Statuses(), ", ")))
	for _, job := range simulator.Fleet(n, s.now) {
		s.api.AddJob(job)
	}
	s.c.Scrape(t.Context())
	return s
}

func TestTenThousandJobsAreAHundredPagesAndNoCall(t *testing.T) {
	s := newFleet(t, 10000)
	calls := s.api.Calls("job_info") + s.api.Calls("job_list")
	seen := map[string]bool{}
	pages := 0
	for next := "/?account=media-services"; next != ""; pages++ {
		_, _, page := s.get(next)
		for _, match := range regexp.MustCompile(`job_id=([0-9a-f]+)"`).FindAllStringSubmatch(page, -1) {
			seen[match[1]] = true
		}
		next = ""
		if match := regexp.MustCompile(`<a href="([^"]+)" rel="next">`).FindStringSubmatch(page); match != nil {
			next = html.UnescapeString(match[1])
			if u, err := url.Parse(next); err != nil || u.Query().Get("account") != "media-services" {
				t.Fatal("the filter is lost:", next)
			}
		}
	}
	if len(seen) != 10000 || pages != 100 {
		t.Errorf("%d jobs on %d pages", len(seen), pages)
	}
	if got := s.api.Calls("job_info") + s.api.Calls("job_list"); got != calls {
		t.Errorf("the page asked the API %d times", got-calls)
	}
}

func BenchmarkStatusPage(b *testing.B) {
	s := newFleet(b, 10000)
	b.ReportAllocs()
	for b.Loop() {
		s.get("/")
	}
}
