package collector_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/simulator"
)

func TestACallThatMaySucceedAMomentLaterIsRepeated(t *testing.T) {
	for name, test := range map[string]struct {
		fault simulator.Fault
		times int // that the call fails
		calls int
		up    int
	}{
		"a server error once":       {simulator.Fault{Status: 503}, 1, 2, 1},
		"a server error twice":      {simulator.Fault{Status: 500}, 2, 3, 1},
		"a server error for good":   {simulator.Fault{Status: 502}, 0, 3, 0},
		"too many requests":         {simulator.Fault{Status: 429}, 1, 2, 1},
		"UNHANDLED_ERROR":           {simulator.Fault{Status: 400, Body: `{"ErrorType":"UNHANDLED_ERROR"}`}, 1, 2, 1},
		"not found is final":        {simulator.Fault{Status: 400, Body: `{"ErrorType":"ITEM_NOT_FOUND"}`}, 1, 1, 0},
		"any other 400 is final":    {simulator.Fault{Status: 400, Body: `{"ErrorType":"GREMLINS"}`}, 1, 1, 0},
		"no job is final":           {simulator.Fault{Status: 200, Body: `{}`}, 1, 1, 0},
		"a redirect is final":       {simulator.Fault{Status: 302}, 1, 1, 0},
		"forbidden is final":        {simulator.Fault{Status: 403}, 1, 1, 0},
		"too large is final":        {simulator.Fault{Status: 200, Body: strings.Repeat(" ", 2<<20)}, 1, 1, 0},
		"a lost connection, anyway": {simulator.Fault{Break: simulator.BreakTruncate}, 1, 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			ids := w.add(2)
			w.load(w.account("a", ids))
			test.fault.Times = test.times
			w.api.SetFault(ids[0], test.fault)
			wantLines(t, w.scrape(), up(ids[0], test.up), up(ids[1], 1))
			if got := w.api.JobCalls(ids[0]); got != test.calls {
				t.Errorf("%d calls, want %d", got, test.calls)
			}
		})
	}
}

func TestRefresh_GoesOnAsLongAsItTakesWhenTheScrapeLeaves(t *testing.T) {
	w := newWorld(t)
	ids := w.add(2)
	w.load(w.account("a", ids))
	w.api.SetFault(ids[0], simulator.Fault{Status: 503, Times: 2})
	gone, leave := context.WithCancel(t.Context())
	leave()
	w.text(w.collector.Scrape(gone))
	wantLines(t, w.scrape(), up(ids[0], 1), up(ids[1], 1)) // joins the refresh of the client that has left
	if got := w.api.JobCalls(ids[0]); got != 3 {
		t.Errorf("got %d calls for the job, want 3", got)
	}
}

func TestARefreshGivesUpWhenTheAPIIsAway(t *testing.T) {
	w := newWorld(t)
	ids := w.add(500)
	w.load(w.account("a", ids, "concurrency: 4"))
	w.scrape()
	w.api.SetFault("", simulator.Fault{Status: 503})
	before := w.api.Calls("job_info")
	text := w.scrape()
	if got := w.api.Calls("job_info") - before; got > 30 {
		t.Errorf("%d calls of an API that is away", got)
	}
	wantLines(t, text, `cielo24_up{account="a"} 0`, `cielo24_account_error{account="a",reason="http_5xx"} 1`,
		up(ids[0], 0), up(ids[499], 0))
	if count(text, "cielo24_job_info") != 500 {
		t.Error("values are gone")
	}
	w.api.ClearFaults()
	text = w.scrape()
	if strings.Count(text, "cielo24_job_up{") != 500 || strings.Contains(text, `cielo24_job_error{`) {
		t.Error("not all jobs are back with the API")
	}
}

func TestBreaker_KeepsNoHealthyJobWaitingForLong(t *testing.T) {
	w := newWorld(t)
	ids := w.add(60)
	w.load(w.account("a", ids, "concurrency: 4"))
	for _, id := range ids[:50] {
		w.api.SetFault(id, simulator.Fault{Status: 200, Body: "<html>"})
	}
	w.scrape() // 20 broken jobs in a row open the breaker
	w.scrape() // and again
	text := w.scrape()
	for _, id := range ids[50:] {
		wantLines(t, text, up(id, 1))
	}
	wantLines(t, text, `cielo24_up{account="a"} 1`)
	before := map[string]int{}
	for _, id := range ids {
		before[id] = w.api.JobCalls(id)
	}
	for range 3 {
		w.scrape()
	}
	for _, id := range ids {
		if got := w.api.JobCalls(id) - before[id]; got == 0 {
			t.Errorf("job %s: got no call in three refreshes", id)
		}
	}
}

func TestRetryAfter_OfTwoJobsIsTheAccounts(t *testing.T) {
	w := newWorld(t)
	ids := w.add(40)
	w.load(w.account("a", ids, "concurrency: 1"))
	w.scrape()
	for _, id := range ids[:2] {
		w.api.SetFault(id, simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"120"}}, Times: 1})
	}
	before := w.api.Calls("job_info")
	wantLines(t, w.scrape(), up(ids[0], 0), up(ids[39], 0))
	for range 3 {
		w.clock.advance(39 * time.Second)
		wantLines(t, w.scrape(), up(ids[0], 0), `cielo24_up{account="a"} 0`, `cielo24_account_error{account="a",reason="rate_limited"} 1`)
	}
	if got := w.api.Calls("job_info") - before; got != 2 {
		t.Errorf("got %d calls, want the two that were answered with Retry-After", got)
	}
	w.clock.advance(4 * time.Second)
	wantLines(t, w.scrape(), up(ids[0], 1), up(ids[39], 1), `cielo24_up{account="a"} 1`)
}

func TestRetryAfter_OfOneJobIsItsOwn(t *testing.T) {
	w := newWorld(t)
	ids := w.add(3)
	w.load(w.account("a", ids, "concurrency: 1"))
	w.scrape()
	w.api.SetFault(ids[0], simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"120"}}, Times: 1})
	for range 2 {
		wantLines(t, w.scrape(), up(ids[0], 0), up(ids[1], 1), up(ids[2], 1), `cielo24_up{account="a"} 1`)
		w.clock.advance(39 * time.Second)
	}
	if got := w.api.JobCalls(ids[0]); got != 2 {
		t.Errorf("got %d calls for the job that was asked to wait, want 2", got)
	}
	w.clock.advance(43 * time.Second)
	wantLines(t, w.scrape(), up(ids[0], 1))
}

func TestACompletionSeenAtAnotherTimeThanItsDateMakesTheTimezoneSuspect(t *testing.T) {
	for _, test := range []struct {
		configured string
		suspect    int
		proposal   string
	}{
		{"UTC", 0, ""},
		{"America/Los_Angeles", 1, "set timezone: UTC"},
		{"Asia/Tokyo", 1, "set timezone: UTC"},
		{"America/New_York", 1, "set timezone: UTC"},
	} {
		t.Run(test.configured, func(t *testing.T) {
			w := newWorld(t) // the API writes UTC
			w.api.AddJob(simulator.Job{
				ID: "aa", Username: simulator.DemoUsername, Created: w.clock.Now().Add(-48 * time.Hour),
				Life: []simulator.Stage{{Status: "In Process", For: 48*time.Hour + 30*time.Second}, {Status: "Complete"}},
			})
			w.load(w.account("a", []string{"aa"}, "timezone: "+test.configured))
			wantLines(t, w.scrape(), `cielo24_date_offset_suspect{account="a"} 0`)
			w.clock.advance(time.Minute)
			for range 3 {
				wantLines(t, w.scrape(), fmt.Sprintf(`cielo24_date_offset_suspect{account="a"} %d`, test.suspect))
				w.clock.advance(time.Minute)
			}
			logged := w.logs.take()
			if got := strings.Count(logged, "contradict the timezone"); got != test.suspect || !strings.Contains(logged, test.proposal) {
				t.Errorf("%d lines:\n%s", got, logged)
			}
		})
	}
}

func TestARightCompletionRefutesWhatLookedSuspect(t *testing.T) {
	w := newWorld(t)
	job := func(id string, until time.Duration) simulator.Job {
		return simulator.Job{
			ID: id, Username: simulator.DemoUsername, Created: w.clock.Now().Add(-48 * time.Hour),
			Life: []simulator.Stage{{Status: "In Process", For: 48*time.Hour + until}, {Status: "Complete"}},
		}
	}
	w.api.AddJob(job("aa", 30*time.Second))
	w.api.AddJob(job("bb", 90*time.Second))
	w.load(w.account("a", []string{"aa", "bb"}))
	w.scrape()
	w.api.SetFault("aa", simulator.Fault{Status: 200, Body: `{"JobId":"aa","JobStatus":"Complete","CompletedDate":"2026-01-01T20:00:00"}`})
	w.clock.advance(time.Minute)
	wantLines(t, w.scrape(), `cielo24_date_offset_suspect{account="a"} 1`)
	w.clock.advance(time.Minute)
	wantLines(t, w.scrape(), `cielo24_date_offset_suspect{account="a"} 0`)
}
