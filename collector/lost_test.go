package collector_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/simulator"
)

// downs counts the jobs whose last call failed.
func downs(text string) int {
	n := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "cielo24_job_up{") && strings.HasSuffix(line, " 0\n") {
			n++
		}
	}
	return n
}

func TestWhileTheAPIIsLeftAloneNothingLooksCurrent(t *testing.T) {
	w := newWorld(t)
	ids := w.add(40)
	w.load(w.account("a", ids, "concurrency: 1", "stale_after: 1m"))
	w.scrape()
	for _, id := range ids[38:] {
		w.api.SetFault(id, simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"3600"}}, Times: 1})
	}
	wantLines(t, w.scrape(), up(ids[0], 1))
	wantLines(t, w.scrape(), `cielo24_up{account="a"} 0`, `cielo24_account_error{account="a",reason="rate_limited"} 1`, up(ids[0], 0))
	w.clock.advance(10 * time.Second)
	if text := w.scrape(); downs(text) != 40 || count(text, "cielo24_job_info") != 40 {
		t.Errorf("%d jobs are down, %d have values", downs(text), count(text, "cielo24_job_info"))
	}
	before := w.api.Calls("job_info")
	w.clock.advance(2 * time.Minute)
	if text := w.scrape(); count(text, "cielo24_job_info") != 0 || w.api.Calls("job_info") != before {
		t.Error("values are older than stale_after, or the API was not left alone")
	}
}

func TestOneBadJobDoesNotSilenceItsAccount(t *testing.T) {
	w := newWorld(t)
	ids := w.add(10)
	w.load(w.account("a", ids))
	w.api.SetFault(ids[3], simulator.Fault{Status: 404, Header: http.Header{"Retry-After": {"3600"}}})
	for range 2 {
		if text := w.scrape(); downs(text) != 1 {
			t.Errorf("%d jobs are down", downs(text))
		}
	}
}

func TestAListThatAsksToWaitIsObeyed(t *testing.T) {
	w := newWorld(t)
	ids := w.add(400)
	w.load(w.account("a", ids[:300], "concurrency: 1", "discovery: {statuses: [Pending]}"))
	for _, id := range ids[:300] {
		w.api.SetFault(id, simulator.Fault{Latency: 5 * time.Millisecond})
	}
	w.api.SetFault("", simulator.Fault{Endpoint: "job_list", Status: 429, Header: http.Header{"Retry-After": {"600"}}})
	w.scrape()
	calls := w.api.Calls("job_info")
	wantLines(t, w.scrape(), `cielo24_up{account="a"} 0`, `cielo24_account_error{account="a",reason="rate_limited"} 1`)
	if calls > 290 || w.api.Calls("job_info") != calls {
		t.Errorf("%d calls, and then %d more", calls, w.api.Calls("job_info")-calls)
	}
}

func TestAListThatHangsDoesNotHideTheJobs(t *testing.T) {
	w := newWorld(t)
	ids := w.add(5)
	w.load(w.account("a", ids[:2], "timeout: 5s", "discovery: {statuses: [Pending]}"))
	w.api.SetFault("", simulator.Fault{Endpoint: "job_list", Hang: true})
	wantLines(t, w.scrapeFor(500*time.Millisecond), up(ids[0], 1), up(ids[1], 1), `cielo24_up{account="a"} 1`)
	w.api.ClearFaults()
}

func TestAListThatIsRepeatedIsNotCutOff(t *testing.T) {
	w := newWorld(t)
	w.add(16) // 8 of them Pending or so
	w.load(w.account("a", nil, "discovery: {max_jobs: 20, statuses: [Authorizing, Pending, In Process, Reviewing, Complete, Media Failure]}"))
	w.scrape()
	w.api.SetFault("", simulator.Fault{Endpoint: "job_list", Break: simulator.BreakTruncate, Times: 1})
	wantLines(t, w.scrape(), `cielo24_discovery_truncated{account="a"} 0`, `cielo24_jobs{account="a",source="discovery"} 16`)
	if got := w.api.Calls("job_info"); got != 0 {
		t.Errorf("%d jobs were thought to have left the list", got)
	}
}

func TestAListThatIsRejectedKeepsNoJobOfAnotherStatus(t *testing.T) {
	w := newWorld(t)
	w.pending("aa", 90*time.Second)
	w.load(w.account("a", nil, "discovery: {statuses: [Pending, Media Failure]}"))
	w.scrape()
	// There is no way to fail the list of one status alone, so Media Failure is one that only another account may list.
	w.api.SetFault("", simulator.Fault{Endpoint: "job_list", Status: 400, Body: `{"ErrorType":"INVALID_QUERY"}`})
	text := w.scrape()
	if count(text, "cielo24_job_info") != 1 {
		t.Errorf("the list was rejected, not the job:\n%s", text)
	}
	w.api.ClearFaults()
	w.clock.advance(2 * time.Minute)
	w.scrape()
	w.clock.advance(2 * time.Hour)
	if text := w.scrape(); strings.Contains(text, `job_id="aa"`) {
		t.Errorf("still there:\n%s", text)
	}
}

func TestProbesWaitTheirTurnAndLeaveTheAPIAlone(t *testing.T) {
	w := newWorld(t)
	ids := w.add(3)
	w.load(w.account("a", ids, "requests_per_second: 0.01"))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if s, _ := w.collector.Probe(ctx, "a", jobOf(ids[0])); s.Jobs[0].Err != nil {
		t.Error(s.Jobs[0].Err)
	}
	if s, _ := w.collector.Probe(ctx, "a", jobOf(ids[0])); s.Jobs[0].Err == nil || s.Jobs[0].Err.Reason != "timeout" {
		t.Error(s.Jobs[0].Err)
	}

	w.load(w.account("a", ids, "concurrency: 1"))
	w.api.SetFault(ids[0], simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"600"}}})
	before := w.api.Calls("job_info")
	for range 5 {
		if s, _ := w.collector.Probe(t.Context(), "a", jobOf(ids[0])); s.Jobs[0].Err == nil || s.Jobs[0].Err.Reason != "rate_limited" {
			t.Error(s.Jobs[0].Err)
		}
	}
	w.scrape()
	if got := w.api.Calls("job_info") - before; got != 3 {
		t.Errorf("got %d calls, want one for each job and none for the one that was asked to wait", got)
	}

	w.load(w.account("b", ids, "concurrency: 1"))
	w.api.SetFault(ids[1], simulator.Fault{Hang: true})
	before = w.api.JobCalls(ids[1])
	hanging, stop := context.WithCancel(t.Context())
	w.api.SetFault(ids[0], simulator.Fault{Status: 503})
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.collector.Probe(hanging, "b", jobOf(ids[1]))
	}()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for w.api.JobCalls(ids[1]) == before { // until the one call that may be made is under way
		<-tick.C
	}
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if s, _ := w.collector.Probe(short, "b", jobOf(ids[2])); s.Jobs[0].Err == nil || s.Jobs[0].Err.Reason != "timeout" {
		t.Error(s.Jobs[0].Err)
	}
	stop()
	<-done
}

func TestACorrectedTimezoneHoldsForSettledJobsToo(t *testing.T) {
	w := newWorld(t) // the API writes UTC
	w.api.AddJob(simulator.Job{
		ID: "cc", Username: simulator.DemoUsername, Created: w.clock.Now().Add(-time.Hour), Life: []simulator.Stage{{Status: "Complete"}},
	})
	w.load(w.account("a", []string{"cc"}, "settled_interval: 24h", "timezone: America/Los_Angeles"))
	wrong := family(w.scrape(), "cielo24_job_created_timestamp_seconds")
	w.load(w.account("a", []string{"cc"}, "settled_interval: 24h", "timezone: UTC"))
	if text := w.scrape(); family(text, "cielo24_job_created_timestamp_seconds") == wrong || !strings.Contains(text, `suspect{account="a"} 0`) {
		t.Errorf("still\n%s", wrong)
	}
}

func TestTheTimezoneIsDoubtedInOneLineHoweverLongItLasts(t *testing.T) {
	w := newWorld(t) // the API writes UTC
	w.api.AddJob(simulator.Job{
		ID: "aa", Username: simulator.DemoUsername, Created: w.clock.Now().Add(-10 * time.Minute), Life: []simulator.Stage{{Status: "In Process"}},
	})
	account := w.account("a", []string{"aa"}, "timezone: America/Los_Angeles")
	w.load(account)
	for range 9 {
		wantLines(t, w.scrape(), `cielo24_date_offset_suspect{account="a"} 1`)
		w.clock.advance(time.Hour)
	}
	w.load(account) // a reload changes nothing
	wantLines(t, w.scrape(), `cielo24_date_offset_suspect{account="a"} 1`)
	logged := w.logs.take()
	if strings.Count(logged, "timezone=") != 1 || !strings.Contains(logged, `proposal="set timezone: UTC"`) {
		t.Errorf("logged:\n%s", logged)
	}
}
