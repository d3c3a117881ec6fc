package collector_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

func TestReload_WithoutAChangeLogsNobodyIn(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 5)
		account := testenv.Account("a", loginLine(), jobsLine(ids), "discovery: {statuses: [Pending]}")
		e.Load(account)
		e.Scrape(0)
		for range 10 {
			e.Load(account)
			e.Wait(time.Second)
			e.Want(e.Scrape(0), accountUp, up(ids[0], 1))
		}
		if got := e.API.Calls("login"); got != 1 {
			t.Errorf("got %d logins, want one", got)
		}
	})
}

func TestReload_WithoutAChangeGivesNoAllowance(t *testing.T) {
	w := &wire{}
	testenv.Run(t, testenv.Options{Wrap: w.wrap}, func(e *testenv.Env) {
		ids := fleet(e, 20)
		account := testenv.Account("a", "requests_per_second: 1", jobsLine(ids))
		e.Load(account)
		for range 60 {
			e.Load(account)
			e.Get("/metrics", 300*time.Millisecond)
			e.Wait(200 * time.Millisecond)
		}
		wantPaced(t, w.take(), 1)
	})
}

func TestReload_WithoutAChangeKeepsTheMinInterval(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 5)
		account := testenv.Account("a", "min_interval: 10m", jobsLine(ids))
		e.Load(account)
		e.Scrape(0)
		for range 10 {
			e.Load(account)
			e.Wait(30 * time.Second)
			e.Want(e.Scrape(0), accountUp, up(ids[0], 1))
		}
		if got := e.API.Calls("job_info"); got != 5 {
			t.Errorf("got %d calls within min_interval, want one a job", got)
		}
	})
}

func TestReload_WithoutAChangeKeepsTheBackOff(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"refused": {Status: 400, Body: `{"ErrorType":"LOGIN_INVALID"}`}, "401": {Status: 401}, "failed": {Status: 500},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 3)
				fault.Endpoint = "login"
				e.API.SetFault("", fault)
				account := testenv.Account("a", loginLine(), jobsLine(ids))
				e.Load(account)
				for range 100 { // ten seconds
					e.Load(account)
					e.Get("/metrics", 50*time.Millisecond)
					e.Wait(100 * time.Millisecond)
				}
				want := 5 // a failed one is tried again after 1 s, 2 s, 4 s
				if name != "failed" {
					want = 1
				}
				if got := e.API.Calls("login"); got > want {
					t.Errorf("got %d logins in ten seconds, want %d at most", got, want)
				}
			})
		})
	}
}

func TestReload_WithoutAChangeKeepsTheHold(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 3)
		f := asksToWait(429, "600")
		f.Endpoint = "job_list"
		e.API.SetFault("", f)
		account := testenv.Account("a", jobsLine(ids), "discovery: {statuses: [Pending]}")
		e.Load(account)
		e.Scrape(0)
		before := e.API.Calls("job_info") + e.API.Calls("job_list")
		for range 10 {
			e.Load(account)
			e.Wait(30 * time.Second)
			e.Want(e.Scrape(0), heldDown()...)
		}
		if got := e.API.Calls("job_info") + e.API.Calls("job_list") - before; got != 0 {
			t.Errorf("got %d calls of a held account, want none", got)
		}
	})
}

func TestReload_StarvesNoJob(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 100)
		account := testenv.Account("a", "concurrency: 1", jobsLine(ids))
		e.API.SetFault("", simulator.Fault{Latency: 200 * time.Millisecond})
		e.Load(account)
		for range 30 { // each scrape has time for five of the hundred
			e.Get("/metrics", 1500*time.Millisecond)
			e.Load(account)
		}
		for _, id := range ids {
			if e.API.JobCalls(id) == 0 {
				t.Fatalf("job %s: got no call, want its turn", id)
			}
		}
	})
}

// changes are the settings of an account that a reload may change without the jobs' values becoming wrong.
func changes() map[string][]string {
	return map[string][]string{
		"nothing":             {},
		"concurrency":         {"concurrency: 3"},
		"requests_per_second": {"requests_per_second: 50"},
		"timeout":             {"timeout: 30s"},
		"stale_after":         {"stale_after: 1h"},
		"http_client":         {"http_client: {http_headers: {X-Test: {values: [b]}}}"},
		"discovery":           {"discovery: {statuses: [Pending]}"},
	}
}

func TestReload_DuringARefreshKeepsWhatItLearns(t *testing.T) {
	for name, change := range changes() {
		t.Run(name, func(t *testing.T) {
			w := &wire{}
			testenv.Run(t, testenv.Options{Wrap: w.wrap}, func(e *testenv.Env) {
				ids := fleet(e, 20)
				e.API.SetFault("", simulator.Fault{Latency: time.Second})
				e.Load(testenv.Account("a", "concurrency: 4", jobsLine(ids), loginLine()))
				var scraping sync.WaitGroup
				var text string
				scraping.Go(func() { text = e.Scrape(time.Minute) })
				e.Wait(3500 * time.Millisecond)
				settings := append([]string{jobsLine(ids), loginLine()}, change...)
				if !strings.Contains(strings.Join(settings, " "), "concurrency") {
					settings = append(settings, "concurrency: 4")
				}
				e.Load(testenv.Account("a", settings...))
				scraping.Wait()
				e.Want(text, accountUp)
				if got := downs(text); got != 0 || count(text, "cielo24_job_up") != 20 {
					t.Errorf("the scrape: got %d of %d jobs down, want none of 20", got, count(text, "cielo24_job_up"))
				}
				if got := e.API.Calls("job_info"); got != 20 {
					t.Errorf("got %d calls, want one a job", got)
				}
				e.Want(e.Get("/metrics", time.Millisecond).Body.String(), up(ids[0], 1), up(ids[19], 1))
				if _, got := w.mostAtATime(); got > 4 {
					t.Errorf("got %d calls at a time, want 4", got)
				}
				if got := e.API.Calls("login"); got != 1 {
					t.Errorf("got %d logins, want one", got)
				}
			})
		})
	}
}

func TestReload_WithEveryScrapeKeepsToTheConcurrency(t *testing.T) {
	w := &wire{}
	testenv.Run(t, testenv.Options{Wrap: w.wrap}, func(e *testenv.Env) {
		ids := fleet(e, 40)
		e.API.SetFault("", simulator.Fault{Latency: time.Second})
		var all sync.WaitGroup
		for i := range 10 {
			e.Load(testenv.Account("a", "concurrency: 4", fmt.Sprintf("stale_after: %dm", 5+i), jobsLine(ids)))
			all.Go(func() { e.Scrape(time.Minute) })
			e.Wait(700 * time.Millisecond)
		}
		all.Wait()
		if _, got := w.mostAtATime(); got > 4 {
			t.Errorf("got %d calls at a time, want 4", got)
		}
	})
}

func TestReload_RejectedJobDoesNotGetItsOldValuesBack(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 20)
		account := testenv.Account("a", "concurrency: 1", jobsLine(ids))
		e.Load(account)
		e.Scrape(0)
		e.API.RemoveJob(ids[0])
		e.API.SetFault("", simulator.Fault{Latency: time.Second})
		var scraping sync.WaitGroup
		scraping.Go(func() { e.Scrape(time.Minute) })
		e.Wait(5 * time.Second) // the job has been rejected, and the refresh goes on
		for range 3 {
			e.Load(account)
			text := e.Get("/metrics", time.Millisecond).Body.String()
			e.Want(text, up(ids[0], 0), reason(ids[0], "ITEM_NOT_FOUND"))
			wantNone(t, text, status(ids[0], "In Process"))
			e.Wait(time.Second)
		}
		scraping.Wait()
		wantNone(t, e.Get("/metrics", time.Millisecond).Body.String(), status(ids[0], "In Process"))
	})
}

func TestReload_OfOtherCredentialsLogsInAndKeepsValues(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 3)
		e.API.AddUser(simulator.User{Username: "other", SecureKey: strings.Repeat("ab", 16), Parent: ""})
		e.Load(testenv.Account("a", loginLine(), jobsLine(ids)))
		e.Scrape(0)
		e.API.SetFault("", simulator.Fault{Endpoint: "job_info", Latency: time.Second})
		e.Load(testenv.Account("a", "login: {username: other, securekey: "+strings.Repeat("ab", 16)+"}", jobsLine(ids)))
		e.Want(e.Scrape(800*time.Millisecond), status(ids[0], "In Process"))
		e.Wait(5 * time.Second)
		e.Want(e.Scrape(0), reason(ids[0], "ACCOUNT_UNPRIVILEGED"))
		if got := e.API.Calls("login"); got != 2 {
			t.Errorf("got %d logins, want another for the other user", got)
		}
	})
}

func TestReload_FreesWhoeverWaitsWhenTheAccountLeaves(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 5)
		e.API.SetFault("", simulator.Fault{Hang: true})
		e.Load(testenv.Account("a", "timeout: 5m", jobsLine(ids)))
		var all sync.WaitGroup
		all.Go(func() { e.Scrape(2 * time.Second) })
		all.Go(func() { e.Get("/probe?account=a&job_id="+ids[0], 2*time.Second) })
		synctest.Wait()
		began := time.Now()
		e.Load(testenv.Account("b", jobsLine(ids)))
		all.Wait()
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("got an end after %v, want it within the 2 s that they wait", took)
		}
		wantNone(t, e.Get("/metrics", time.Millisecond).Body.String(), `cielo24_job_up{account="a"`)
	})
}
