package web_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/simulator"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// everyKind is an environment with a job of every kind.
func everyKind(t testing.TB) *pageEnv {
	t.Helper()
	e := newPageEnv(t, "jobs: [a1, a2, a3, a4, a5, a6, a7, a8, a9, {id: aa, labels: {course: BIO101}}, ff]")
	e.job("a1", "complete", "Complete", -time.Hour)
	e.job("a2", "due in two days", "In Process", 48*time.Hour)
	e.job("a3", "reviewing", "Reviewing", 40*time.Hour)
	e.job("a4", "due in an hour", "Pending", time.Hour)
	e.job("a5", "overdue by a day", "In Process", -24*time.Hour)
	e.job("a6", "overdue by an hour", "Reviewing", -time.Hour)
	e.job("a7", "broken", "Media Failure", 10*time.Hour)
	e.job("a8", "authorizing", "Authorizing", 0)
	e.job("a9", "due in twenty hours", "In Process", 20*time.Hour)
	e.job("aa", "Reise – <script>alert(1)</script> & \"mehr\"", "In Process", 72*time.Hour)
	return e
}

func TestPage_TheFirstVisitorSeesTheJobsMostUrgentFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := everyKind(t)
		page := e.open("/")
		want := `broken, ff, overdue by a day, overdue by an hour, due in an hour, due in twenty hours, reviewing, authorizing, ` +
			`due in two days, Reise – <script>alert(1)</script> & "mehr", complete`
		if got := names(page); got != want {
			t.Errorf("jobs:\ngot  %s\nwant %s", got, want)
		}
		wantTexts(t, page,
			`<b>1</b> <span>Failed</span>`, `<b>1</b> <span>Rejected</span>`, `<b>2</b> <span>Overdue</span>`,
			`<b>2</b> <span>Due within 24 h</span>`, `<b>3</b> <span>Waiting for you</span>`, `<b>8</b> <span>Open</span>`,
			`<b>1</b> <span>Fetch failing</span>`, `<b>1</b> <span>Complete</span>`,
			`>Media Failure</span>`, `>Rejected</span>`, `>In Process</span>`, `>Reviewing</span>`, `>Authorizing</span>`, `>Complete</span>`,
			`role="status"></p>`, `1 to 11 of 11, most urgent first`, `data-seconds="15"`,
		)
		e.pass(90 * time.Second)
		wantTexts(t, e.do(http.MethodHead, "/").Body.String(), // which begins no refresh
			"API reached, credentials accepted", "Up for 1m 30s", "Last refresh 1m 30s ago, took 0s",
			"1d 0h overdue", "in 58m 30s", "Fri 9 Jan 12:00 UTC", "50m 0s", "en → es", "1m 30s ago", "course: BIO101", "lms-a5",
			"cielo24 has no job with this ID; check the ID", "job_info: ITEM_NOT_FOUND: No job with this job_id",
			"cielo24_exporter 1.2.3", `Reise – &lt;script&gt;alert(1)&lt;/script&gt; &amp; &#34;mehr&#34;`,
		)
	})
}

func TestPage_TheURLSaysWhichJobsAreShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := everyKind(t)
		for path, want := range map[string]string{
			"/?status=Reviewing":                        "overdue by an hour, reviewing",
			"/?show=failed":                             "broken",
			"/?show=rejected":                           "ff",
			"/?show=overdue&status=In+Process":          "overdue by a day",
			"/?show=due":                                "due in an hour, due in twenty hours",
			"/?show=waiting":                            "overdue by an hour, reviewing, authorizing",
			"/?show=failing":                            "ff",
			"/?show=complete&account=media-services&q=": "complete",
			"/?page=7&show=complete":                    "complete",
		} {
			if got := names(e.open(path)); got != want {
				t.Errorf("%s: got %s, want %s", path, got, want)
			}
		}
		wantTexts(t, e.open("/?show=due&status=Complete"), "No matching jobs.", `<a href="./">Show all jobs</a>`)
	})
}

func TestPage_SearchFindsWhatIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const id, other = "64bea283eff6475ea6596027a6ba0929", "d4fb871e07514304b23131b45f8caa1f"
		e := newPageEnv(t, "jobs: [{id: 64BEA283-eff6-475e-a659-6027a6ba0929, labels: {course: BIO101}}, "+other+", ff]")
		e.job(id, "The Silk Road", "In Process", time.Hour)
		e.job(other, "Game Theory", "Reviewing", 48*time.Hour)
		const silk, game, rejected = "The Silk Road", "Game Theory", "ff"
		for text, want := range map[string]string{
			"course: BIO101":                       silk,
			"course=BIO101":                        silk,
			"bio101":                               silk,
			"  course:   bio101 ":                  silk,
			"silk road":                            silk,
			id:                                     silk,
			strings.ToUpper(id):                    silk,
			"64bea283-eff6-475e-a659-6027a6ba0929": silk,
			"64BEA283-EFF6-475E":                   silk,
			"eff6475e":                             silk,
			"lms-d4fb":                             game,
			other:                                  game,
			"d4fb871e-0751-4304-B231-31B45F8CAA1F": game,
			"LMS-64BE":                             silk,
			"reviewing":                            game,
			"in process":                           silk,
			"REJECTED":                             rejected,
			"no job with this id":                  rejected,
			"media-services":                       rejected + ", " + silk + ", " + game,
			"-":                                    rejected + ", " + silk + ", " + game, // of media-services
			"nothing like that":                    "",
		} {
			if got := names(e.open("/?q=" + url.QueryEscape(text))); got != want {
				t.Errorf("%q: got %q, want %q", text, got, want)
			}
		}
	})
}

func TestPage_AWrongParameterIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := everyKind(t)
		for path, want := range map[string]string{
			"/?account=x":                     `parameter account: unknown value "x" (known: media-services)`,
			"/?status=x":                      `parameter status: unknown value "x" (known: Authorizing, Pending, In Process, Reviewing, Complete, Media Failure, unknown)`,
			"/?show=x":                        `parameter show: unknown value "x" (known: failed, rejected, overdue, due, waiting, open, failing, complete)`,
			"/?page=0":                        `parameter page: "0" is not a number from 1`,
			"/?page=one":                      `parameter page: "one" is not a number from 1`,
			"/?q=" + strings.Repeat("x", 201): `parameter q: 201 bytes are too many, at most 200 are searched for`,
		} {
			if w := e.do(http.MethodGet, path); w.Code != http.StatusBadRequest || w.Body.String() != want+"\n" {
				t.Errorf("%s: got %d %s, want 400 %s", path, w.Code, w.Body, want)
			}
		}
		if e.calls() != 0 {
			t.Errorf("a wrong parameter cost %d calls, want none", e.calls())
		}
	})
}

func TestPage_AnAccountInTroubleSaysSinceWhenAndWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := everyKind(t)
		e.api.ExpireTokens()
		e.open("/")
		e.pass(3 * time.Hour)
		wantTexts(t, e.open("/"), "cielo24 does not accept the API token", "Down for 3h 0m",
			"job_info: BAD_API_TOKEN: Invalid or expired API token")
	})
}

func TestPage_AStaleJobSaysWhenItWasFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newPageEnv(t, "jobs: [a1, ff]")
		e.job("a1", "lecture", "In Process", time.Hour)
		wantTexts(t, e.open("/"), `data-name="Last fetched">never</td>`)
		e.api.SetFault("", simulator.Fault{Status: http.StatusBadGateway})
		e.pass(time.Minute)
		e.open("/")
		wantTexts(t, e.open("/"), "lecture", ">In Process</span>", "Fetch failing: cielo24&#39;s server had an error")
		e.pass(76 * time.Hour)
		e.open("/")
		page := e.open("/")
		wantTexts(t, page, ">Fetch failing</span>", "cielo24&#39;s server had an error", `data-name="Last fetched">3d 4h ago</td>`)
		if got := names(page); got != "a1, ff" {
			t.Errorf("jobs whose values are stale: got %q, want their IDs a1, ff", got)
		}
	})
}

// raw puts a job into the API as it writes one, with its own length and due date.
func (e *pageEnv) raw(id, name string, length any, due string) {
	e.t.Helper()
	text, err := json.Marshal(map[string]any{"JobId": id, "JobName": name, "JobStatus": "Pending", "MediaLengthSeconds": length, "DueDate": due})
	if err != nil {
		e.t.Fatal(err)
	}
	e.api.AddJob(simulator.Job{ID: id, Raw: text})
}

func TestPage_NoNumberOverflows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newPageEnv(t, "jobs: [b1, b2, b3, b4]")
		e.raw("b1", "endless", 1e308, "2199-12-31T12:00:00")
		e.raw("b2", "old", 0.25, "2000-01-01T12:00:00")
		e.raw("b3", "odd", -5, "0001-01-01T00:00:00")
		e.raw("b4", "long", 1e9, "9999-12-31T23:59:59")
		page := e.open("/")
		wantTexts(t, page, `data-name="Media"></td>`, "in 63542d 0h", "31 Dec 2199 12:00 UTC", "9506d 0h overdue", "1 Jan 2000 12:00 UTC",
			`data-name="Media">250ms</td>`, `data-name="Media">11574d 1h</td>`)
		if found := regexp.MustCompile(`>-\d|NaN|Inf|e\+`).FindString(page[strings.Index(page, "<tbody"):strings.Index(page, "</tbody>")]); found != "" {
			t.Errorf("got %q on the page, want no negative or broken number", found)
		}
	})
}

// newFleet is an environment with n jobs, found through the list.
func newFleet(t testing.TB, n int) *pageEnv {
	t.Helper()
	e := newPageEnv(t, fmt.Sprintf("discovery: {username: '*', created_within: 3650d, max_jobs: %d, statuses: [%s]}", n, strings.Join(cielo24.Statuses(), ", ")))
	for _, job := range simulator.Fleet(n, e.now()) {
		e.api.AddJob(job)
	}
	return e
}

func TestPage_TenThousandJobsAreAHundredPagesAndOneRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newFleet(t, 10000)
		e.open("/")
		calls := e.calls()
		seen := map[string]bool{}
		pages := 0
		for next := "/?account=media-services"; next != ""; pages++ {
			page := e.open(next)
			for _, match := range regexp.MustCompile(`job_id=([0-9a-f]+)"`).FindAllStringSubmatch(page, -1) {
				seen[match[1]] = true
			}
			next = ""
			if match := regexp.MustCompile(`<a href="\.([^"]+)" rel="next">`).FindStringSubmatch(page); match != nil {
				next = html.UnescapeString(match[1])
				if u, err := url.Parse(next); err != nil || u.Query().Get("account") != "media-services" {
					t.Fatal("the filter is lost:", next)
				}
			}
		}
		if len(seen) != 10000 || pages != 100 {
			t.Errorf("got %d jobs on %d pages, want 10000 on 100", len(seen), pages)
		}
		if e.calls() != calls {
			t.Errorf("turning the pages cost %d calls of the API, want none", e.calls()-calls)
		}
	})
}

func BenchmarkPage(b *testing.B) {
	e := newFleet(b, 10000)
	e.open("/")
	b.ReportAllocs()
	for b.Loop() {
		e.reload("/")
	}
}
