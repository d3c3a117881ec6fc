package collector_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

func TestAccount_ImpatientClientsChangeNothing(t *testing.T) {
	for name, leave := range map[string]func(e *testenv.Env){
		"scrapes wait half a second": func(e *testenv.Env) { e.Scrape(500 * time.Millisecond) },
		"clients leave at once":      func(e *testenv.Env) { e.Get("/metrics", time.Millisecond) },
		"probes leave at once":       func(e *testenv.Env) { e.Get("/probe?account=a&job_id=1", time.Millisecond) },
		"many scrapes at a time": func(e *testenv.Env) {
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() { e.Scrape(500 * time.Millisecond) })
			}
			all.Wait()
		},
	} {
		for _, settings := range []string{"jobs", "discovery: {statuses: [In Process, Pending]}"} {
			t.Run(name+", "+settings[:4], func(t *testing.T) {
				testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
					ids := fleet(e, 30)
					e.API.SetFault("", simulator.Fault{Latency: 1500 * time.Millisecond})
					line := settings
					if line == "jobs" {
						line = jobsLine(ids)
					}
					e.Load(testenv.Account("a", line))
					e.Scrape(0)
					for range 20 {
						e.Wait(15 * time.Second)
						leave(e)
						e.Wait(2 * time.Second)
						text := e.Get("/metrics", time.Second).Body.String()
						e.Want(text, accountUp)
						if got := downs(text); got != 0 || count(text, "cielo24_job_up") != 30 {
							t.Fatalf("got %d of %d jobs down, want none of 30", got, count(text, "cielo24_job_up"))
						}
					}
					wantLogged(t, e.Log.Take(), "level=", 1)
				})
			})
		}
	}
}

// finished puts a finished job into the API.
func finished(e *testenv.Env, id string) {
	day := at(time.Now().Add(-24 * time.Hour))
	put(e, id, "Complete", fmt.Sprintf(`,"CompletedDate":%q,"ReturnDate":%[1]q`, day))
}

func TestAccount_OfFinishedJobsIsProvedByACall(t *testing.T) {
	for name, test := range map[string]struct {
		fault  simulator.Fault
		reason string
	}{
		"gone":          {simulator.Fault{Break: simulator.BreakClose}, "connection"},
		"500":           {simulator.Fault{Status: 500}, "http_5xx"},
		"silent":        {simulator.Fault{Hang: true}, "timeout"},
		"token revoked": {simulator.Fault{Status: 400, Body: `{"ErrorType":"BAD_API_TOKEN"}`}, "BAD_API_TOKEN"},
		"401":           {simulator.Fault{Status: 401}, "unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				for _, id := range []string{"aa", "bb", "cc"} {
					finished(e, id)
				}
				e.Load(testenv.Account("a", "jobs: [aa, bb, cc]", "settled_interval: 1d", "timeout: 2s"))
				e.Scrape(0)
				for range 3 {
					e.Wait(time.Minute)
					before := e.API.Calls("job_info")
					e.Want(e.Scrape(0), accountUp, up("aa", 1), up("bb", 1), up("cc", 1))
					if got := e.API.Calls("job_info") - before; got != 1 {
						t.Errorf("got %d calls, want one that proves it", got)
					}
				}
				e.API.SetFault("", test.fault)
				for range 3 {
					e.Wait(time.Minute)
					e.Want(e.Scrape(0), accountDown, fmt.Sprintf(`cielo24_account_error{account="a",reason=%q} 1`, test.reason))
				}
				e.API.ClearFaults()
				e.Wait(time.Minute)
				e.Want(e.Scrape(0), accountUp, up("aa", 1), up("bb", 1), up("cc", 1))
			})
		})
	}
}

func TestAccount_OneBadJobAmongSettledOnesIsTheJobsFailure(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"a bad body": {Body: "<html>"}, "500": {Status: 500}, "404": {Status: 404}, "silence": {Hang: true},
		"a lost connection": {Break: simulator.BreakClose}, "too large": {Body: `{"JobId":"dd","x":"` + strings.Repeat("x", 2<<20) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				for _, id := range []string{"aa", "bb", "cc"} {
					finished(e, id)
				}
				put(e, "dd", "In Process", "")
				e.Load(testenv.Account("a", "jobs: [aa, bb, cc, dd]", "settled_interval: 1d", "timeout: 2s"))
				e.Scrape(0)
				e.API.SetFault("dd", fault)
				for range 10 {
					e.Wait(30 * time.Second)
					text := e.Scrape(0)
					e.Want(text, accountUp, up("aa", 1), up("bb", 1), up("cc", 1), up("dd", 0))
				}
			})
		})
	}
}

func TestAccount_IsNotDownWithNothingToWatch(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", "")
		write(e, "jobs.yml", "- aa\n")
		account := testenv.Account("a", "job_files: [jobs.yml]")
		e.Load(account)
		e.Want(e.Scrape(0), accountUp, up("aa", 1))
		e.API.SetFault("", simulator.Fault{Break: simulator.BreakClose})
		e.Want(e.Scrape(0), accountDown, up("aa", 0))
		write(e, "jobs.yml", "[]\n")
		for range 3 {
			e.Wait(time.Minute)
			wantNone(t, e.Scrape(0), "cielo24_up{", "cielo24_account_error{", "cielo24_job_up{")
		}
		e.API.ClearFaults()
		write(e, "jobs.yml", "- aa # again\n")
		e.Wait(time.Minute)
		e.Want(e.Scrape(0), accountUp, up("aa", 1))
	})
}

func TestAccount_DownIsForgottenWhenTheLastJobLeavesAndAnotherComes(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", "")
		put(e, "bb", "In Process", "")
		e.Load(testenv.Account("a", "jobs: [aa]"))
		e.Scrape(0)
		e.API.SetFault("", simulator.Fault{Status: 500})
		e.Want(e.Scrape(0), accountDown)
		e.Load(testenv.Account("a", "jobs: []"))
		wantNone(t, e.Scrape(0), "cielo24_up{", "cielo24_account_error{")
		e.API.ClearFaults()
		e.Load(testenv.Account("a", "jobs: [bb]"))
		e.Want(e.Scrape(0), accountUp, up("bb", 1))
	})
}

func TestAccount_ShardThatWatchesNothingIsNotDown(t *testing.T) {
	testenv.Run(t, testenv.Options{Shard: shardWithout("aa")}, func(e *testenv.Env) {
		put(e, "aa", "In Process", "")
		e.API.SetFault("", simulator.Fault{Break: simulator.BreakClose})
		e.Load(testenv.Account("a", "jobs: [aa]"))
		wantNone(t, e.Scrape(0), "cielo24_up{", "cielo24_account_error{", "cielo24_job_up{")
		if got := e.API.Calls("job_info"); got != 0 {
			t.Errorf("got %d calls, want none", got)
		}
	})
}

func TestAccount_ThatListsIsUpOrDownWithoutAJob(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		e.Load(testenv.Account("a", "discovery: {statuses: [Pending]}"))
		e.Want(e.Scrape(0), accountUp)
		e.API.SetFault("", simulator.Fault{Status: 500})
		e.Wait(time.Minute)
		e.Want(e.Scrape(0), accountDown, `cielo24_account_error{account="a",reason="http_5xx"} 1`)
	})
}

func TestAccount_AnyErrorTypeProvesIt(t *testing.T) {
	for errorType, proof := range map[string]bool{
		"ITEM_NOT_FOUND": true, "ACCOUNT_UNPRIVILEGED": true, "INVALID_QUERY": true, "GREMLINS": true,
		"BAD_API_TOKEN": false, "LOGIN_INVALID": false, "UNHANDLED_ERROR": false,
	} {
		for _, code := range []int{200, 400, 403, 500} {
			t.Run(fmt.Sprint(errorType, " ", code), func(t *testing.T) {
				testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
					ids := fleet(e, 3)
					e.API.SetFault("", simulator.Fault{Status: code, Body: fmt.Sprintf(`{"ErrorType":%q}`, errorType)})
					e.Load(testenv.Account("a", jobsLine(ids)))
					text := e.Scrape(0)
					e.Want(text, map[bool]string{true: accountUp, false: accountDown}[proof], up(ids[0], 0))
				})
			})
		}
	}
}
