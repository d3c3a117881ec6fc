package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/simulator"
	"cielo24_exporter/web"
)

func TestBeginsRefresh(t *testing.T) {
	now := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	account := func(ended time.Time, underWay bool) web.RefreshState {
		return web.RefreshState{Ended: ended, UnderWay: underWay}
	}
	never := time.Time{}
	none := []web.RefreshState{account(never, false)}
	first := []web.RefreshState{account(never, true)}
	fresh := []web.RefreshState{account(ago(15*time.Second), false)}
	older := []web.RefreshState{account(ago(16*time.Second), false)}
	old := []web.RefreshState{account(ago(61*time.Second), false)}

	for name, c := range map[string]struct {
		method, header, value string
		known                 web.Refreshes
		want                  bool
	}{
		"nothing is known":                       {known: web.Refreshes{Accounts: none}, want: true},
		"nothing is known, scraped":              {known: web.Refreshes{Accounts: none, Scraped: ago(0)}, want: true},
		"the first refresh is under way":         {known: web.Refreshes{Accounts: first, Begun: ago(time.Second)}, want: true},
		"the first refresh is a scrape's":        {known: web.Refreshes{Accounts: first, Scraped: ago(time.Second)}, want: true},
		"one account is new":                     {known: web.Refreshes{Accounts: append(none, fresh...)}, want: true},
		"the first of one account is under way":  {known: web.Refreshes{Accounts: append(first, fresh...)}},
		"no account":                             {known: web.Refreshes{}, want: true},
		"fresh":                                  {known: web.Refreshes{Accounts: fresh}},
		"older than 15 s":                        {known: web.Refreshes{Accounts: older}, want: true},
		"of two accounts one is fresh":           {known: web.Refreshes{Accounts: append(old, fresh...)}},
		"scraped within 5 minutes":               {known: web.Refreshes{Accounts: old, Scraped: ago(5*time.Minute - 1)}},
		"scraped 5 minutes ago":                  {known: web.Refreshes{Accounts: old, Scraped: ago(5 * time.Minute)}, want: true},
		"HEAD":                                   {method: http.MethodHead, known: web.Refreshes{Accounts: none}},
		"prefetch":                               {header: "Sec-Purpose", value: "prefetch", known: web.Refreshes{Accounts: none}},
		"prerender":                              {header: "Sec-Purpose", value: "prefetch;prerender", known: web.Refreshes{Accounts: none}},
		"prefetch of an older browser":           {header: "Purpose", value: "prefetch", known: web.Refreshes{Accounts: none}},
		"another site":                           {header: "Sec-Fetch-Site", value: "cross-site", known: web.Refreshes{Accounts: none}},
		"another site's script":                  {header: "Origin", value: "https://elsewhere.example", known: web.Refreshes{Accounts: none}},
		"a sandboxed page":                       {header: "Origin", value: "null", known: web.Refreshes{Accounts: none}},
		"our own script":                         {header: "Origin", value: "http://example.com", known: web.Refreshes{Accounts: none}, want: true},
		"same origin":                            {header: "Sec-Fetch-Site", value: "same-origin", known: web.Refreshes{Accounts: none}, want: true},
		"typed in":                               {header: "Sec-Fetch-Site", value: "none", known: web.Refreshes{Accounts: none}, want: true},
		"reload, nothing is known":               {header: "X-Page-Reload", value: "1", known: web.Refreshes{Accounts: none}, want: true},
		"reload, begun within a minute":          {header: "X-Page-Reload", value: "1", known: web.Refreshes{Accounts: none, Begun: ago(time.Minute - 1)}},
		"reload, the first refresh is under way": {header: "X-Page-Reload", value: "1", known: web.Refreshes{Accounts: first, Begun: ago(time.Second)}},
		"reload, older than 15 s":                {header: "X-Page-Reload", value: "1", known: web.Refreshes{Accounts: older}},
		"reload, older than a minute":            {header: "X-Page-Reload", value: "1", known: web.Refreshes{Accounts: old}, want: true},
		"reload, older than a minute, scraped":   {header: "X-Page-Reload", value: "1", known: web.Refreshes{Accounts: old, Scraped: ago(time.Minute)}},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://example.com/", http.NoBody)
			if c.method != "" {
				r.Method = c.method
			}
			if c.header != "" {
				r.Header.Set(c.header, c.value)
			}
			if got := web.BeginsRefresh(r, c.known, now); got != c.want {
				t.Errorf("got %t, want %t", got, c.want)
			}
		})
	}
}

func TestPage_ASlowAPIIsWaitedForTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newPageEnv(t, "jobs: [a1, a2, a3]")
		e.job("a1", "quick", "In Process", time.Hour)
		e.job("a2", "slow", "In Process", time.Hour)
		e.job("a3", "slower", "In Process", time.Hour)
		e.api.SetFault("a2", simulator.Fault{Latency: 5 * time.Second})
		e.api.SetFault("a3", simulator.Fault{Latency: 8 * time.Second})
		began := time.Now()
		page := e.open("/")
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("the page took %s, want 2s", took)
		}
		wantTexts(t, page, "Still fetching 2 of 3 jobs.", ">Not fetched yet</span>", "First refresh under way", `data-seconds="2"`, `content="5"`)
		if got := names(page); got != "quick, a2, a3" {
			t.Errorf("after 2 s: got %s, want quick, a2, a3", got)
		}
		e.pass(4 * time.Second)
		page = e.reload("/")
		wantTexts(t, page, "Still fetching 1 of 3 jobs.")
		e.pass(3 * time.Second)
		page = e.reload("/")
		wantTexts(t, page, `role="status"></p>`, `data-seconds="15"`, `content="60"`)
		if got := names(page); got != "quick, slow, slower" || e.calls() != 3 {
			t.Errorf("in the end: got %s after %d calls, want quick, slow, slower after 3", got, e.calls())
		}
	})
}

func TestPage_ASlowListIsStillComing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newPageEnv(t, "discovery: {statuses: [In Process]}")
		e.job("a1", "listed", "In Process", time.Hour)
		e.api.SetFault("", simulator.Fault{Latency: 5 * time.Second})
		wantTexts(t, e.open("/"), "Still fetching the job lists.", "No jobs are known yet.")
		e.pass(5 * time.Second)
		if got := names(e.reload("/")); got != "listed" {
			t.Errorf("got %q, want listed", got)
		}
	})
}

func TestPage_OnlyWhoWantsToSeeItBeginsARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := everyKind(t)
		for _, headers := range [][]string{
			{"Sec-Purpose", "prefetch"}, {"Purpose", "prefetch"}, {"Sec-Fetch-Site", "cross-site"},
		} {
			page := e.do(http.MethodGet, "/", headers...).Body.String()
			wantTexts(t, page, "11 of 11 jobs not fetched yet.", `data-seconds="2"`)
		}
		e.do(http.MethodHead, "/")
		if e.calls() != 0 {
			t.Errorf("got %d calls of the API, want none", e.calls())
		}
		wantTexts(t, e.reload("/"), "overdue by a day") // what a newcomer from elsewhere sees two seconds later
	})
}

func TestPage_WhereSomethingScrapesThePageBeginsNoRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := everyKind(t)
		e.do(http.MethodGet, "/metrics")
		calls := e.calls()
		e.pass(5*time.Minute - time.Second)
		e.open("/")
		if e.calls() != calls {
			t.Errorf("within 5 minutes of a scrape: got %d calls, want none", e.calls()-calls)
		}
		e.pass(time.Second)
		e.open("/")
		if e.calls() != 2*calls {
			t.Errorf("5 minutes after a scrape: got %d calls, want %d", e.calls()-calls, calls)
		}
	})
}

func TestPage_AnOpenPageBeginsOneRefreshAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := everyKind(t)
		e.open("/")
		calls := e.calls()
		for range 40 { // ten minutes
			e.pass(15 * time.Second)
			e.reload("/")
			e.reload("/?show=open") // a second one is open, too
		}
		if got := e.calls() / calls; got < 8 || got > 11 {
			t.Errorf("got %d refreshes in ten minutes, want one a minute or a little less", got)
		}
		e.pass(16 * time.Second)
		e.open("/")
		calls = e.calls()
		for range 3 {
			e.pass(5 * time.Second)
			e.open("/")
		}
		if e.calls() != calls {
			t.Errorf("three visits within 15 s: got %d calls, want none", e.calls()-calls)
		}
	})
}

func TestPage_TheSettingsOfScrapesHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newPageEnv(t, "min_interval: 1h\n    jobs: [a1]")
		e.job("a1", "lecture", "In Process", time.Hour)
		e.open("/")
		for range 20 {
			e.pass(2 * time.Minute)
			e.open("/")
		}
		if e.calls() != 1 {
			t.Errorf("got %d calls in 40 minutes, want 1 in an hour", e.calls())
		}
	})
}
