package collector_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

func TestJob_ManyThatFailForGoodKeepNoOtherWaiting(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"500":                       {Status: 500},
		"404":                       {Status: 404},
		"403":                       {Status: 403},
		"429 without a Retry-After": {Status: 429},
		"UNHANDLED_ERROR":           {Status: 400, Body: `{"ErrorType":"UNHANDLED_ERROR"}`},
		"a page":                    {Body: "<html>"},
		"a lost connection":         {Break: simulator.BreakClose},
		"silence":                   {Hang: true},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 150)
				bad, good := ids[:120], ids[120:]
				for _, id := range bad {
					e.API.SetFault(id, fault)
				}
				e.Load(testenv.Account("a", "timeout: 200ms", jobsLine(ids)))
				for scrape := range 15 {
					before := e.API.JobCalls(good[29])
					text := e.Scrape(0)
					if got := count(text, "cielo24_job_up"); got != 150 {
						t.Fatalf("scrape %d: got %d jobs, want 150", scrape, got)
					}
					if scrape >= 4 { // 32 failures in a row end a refresh, so the fourth comes to the good ones
						e.Want(text, accountUp)
						for _, id := range good {
							e.Want(text, up(id, 1))
						}
						if got := e.API.JobCalls(good[29]) - before; got != 1 {
							t.Errorf("scrape %d: got %d calls for a job that is fine, want one", scrape, got)
						}
					}
					e.Wait(20 * time.Second)
				}
				for _, id := range bad {
					if e.API.JobCalls(id) == 0 {
						t.Errorf("job %s: got no call in 15 scrapes, want its turn", id)
					}
				}
			})
		})
	}
}

func TestJob_ReturnIsSeenAfterCompletion(t *testing.T) {
	for name, settings := range map[string][]string{
		"configured":                           {"jobs: [aa]"},
		"configured, with a settled_interval":  {"jobs: [aa]", "settled_interval: 1d"},
		"discovered":                           {"discovery: {statuses: [In Process]}"},
		"discovered, with a settled_interval":  {"discovery: {statuses: [In Process]}", "settled_interval: 1d"},
		"discovered, Complete jobs are listed": {"discovery: {statuses: [In Process, Complete]}"},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				put(e, "aa", "In Process", created(time.Hour))
				e.Load(testenv.Account("a", settings...))
				e.Scrape(0)
				done := created(time.Hour) + fmt.Sprintf(`,"CompletedDate":%q`, at(time.Now()))
				put(e, "aa", "Complete", done)
				e.Wait(time.Minute)
				e.Want(e.Scrape(0), status("aa", "Complete"), up("aa", 1))
				for range 5 {
					e.Wait(time.Minute)
					text := e.Scrape(0)
					e.Want(text, status("aa", "Complete"), fetchedAt("aa"))
					wantNone(t, text, "cielo24_job_returned_timestamp_seconds{")
				}
				returned := time.Now()
				put(e, "aa", "Complete", done+fmt.Sprintf(`,"ReturnDate":%q`, at(returned)))
				e.Wait(time.Minute)
				e.Want(e.Scrape(0), fmt.Sprintf(`cielo24_job_returned_timestamp_seconds{account="a",job_id="aa"} %v`, float64(returned.Unix())))
			})
		})
	}
}

func TestJob_CompleteWithoutReturnIsFetchedForAnHour(t *testing.T) {
	for name, test := range map[string]struct {
		before    string        // its status at the first scrape
		completed string        // CompletedDate, if not "" as an offset from when it is first seen Complete
		until     time.Duration // it is fetched
	}{
		"seen to become so":                {"In Process", "-1m", time.Hour},
		"seen to become so, date long ago": {"In Process", "-20h", time.Hour},
		"seen to become so, date absent":   {"In Process", "", time.Hour},
		"seen to become so, date ahead":    {"In Process", "30m", 90 * time.Minute},
		"first seen so":                    {"Complete", "-50m", 10 * time.Minute},
		"first seen so, long ago":          {"Complete", "-20h", 0},
		"first seen so, date absent":       {"Complete", "", time.Hour},
		"first seen so, date ahead":        {"Complete", "30m", time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				put(e, "bb", "In Process", "")
				put(e, "aa", test.before, "")
				members := ""
				if d, err := time.ParseDuration(test.completed); err == nil {
					members = fmt.Sprintf(`,"CompletedDate":%q`, at(time.Now().Add(d)))
				}
				e.Load(testenv.Account("a", "jobs: [aa, bb]", "settled_interval: 1d"))
				if test.before != "Complete" {
					e.Scrape(0)
				}
				put(e, "aa", "Complete", members)
				began := time.Now()
				e.Scrape(0)
				for time.Since(began) < 3*time.Hour {
					e.Wait(5 * time.Minute)
					calls := e.API.JobCalls("aa")
					e.Scrape(0)
					fetched := e.API.JobCalls("aa") > calls
					if since := time.Since(began); since < test.until && !fetched {
						t.Fatalf("%v after it was first seen Complete: got no call, want one until %v", since, test.until)
					} else if since > test.until+5*time.Minute && fetched {
						t.Fatalf("%v after it was first seen Complete: got a call, want none after %v", since, test.until)
					}
				}
			})
		})
	}
}

func TestJob_HasASeriesFromTheFirstScrapeOn(t *testing.T) {
	for name, test := range map[string]struct {
		fault  simulator.Fault
		wait   time.Duration // of the first scrape
		first  string        // reason
		second string        // after the call has ended
	}{
		"silence, a scrape that waits":          {simulator.Fault{Hang: true}, 10 * time.Second, "timeout", "timeout"},
		"silence, a scrape that leaves":         {simulator.Fault{Hang: true}, time.Second, "pending", "timeout"},
		"a slow answer, a scrape that leaves":   {simulator.Fault{Latency: 2 * time.Second}, time.Second, "pending", ""},
		"a slow failure, a scrape that leaves":  {simulator.Fault{Latency: 2 * time.Second, Status: 404}, time.Second, "pending", "http_4xx"},
		"one byte after the other, too slow":    {simulator.Fault{Break: simulator.BreakDrip}, time.Second, "pending", "timeout"},
		"500, a scrape that leaves in a repeat": {simulator.Fault{Status: 500, Latency: 600 * time.Millisecond}, time.Second, "pending", "http_5xx"},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 3)
				e.API.SetFault(ids[0], test.fault)
				e.Load(testenv.Account("a", "timeout: 4s", jobsLine(ids)))
				text := e.Scrape(test.wait)
				if test.second == "http_5xx" { // its first call has ended by then, or not
					if count(text, "cielo24_job_up") != 3 || count(text, "cielo24_job_error") != 1 {
						t.Errorf("got %s, want three jobs and one error", testenv.Series(text, "cielo24_job_"))
					}
				} else {
					e.Want(text, up(ids[0], 0), reason(ids[0], test.first), up(ids[1], 1), up(ids[2], 1), accountUp)
				}
				e.Wait(20 * time.Second)
				text = e.Get("/metrics", time.Millisecond).Body.String()
				if test.second != "" {
					e.Want(text, up(ids[0], 0), reason(ids[0], test.second))
				} else {
					e.Want(text, up(ids[0], 1))
				}
			})
		})
	}
}

func TestJob_PendingUntilACallHasEndedAndNoAccountBefore(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 3)
		e.API.SetFault("", simulator.Fault{Latency: 3 * time.Second})
		e.Load(testenv.Account("a", jobsLine(ids)))
		text := e.Scrape(time.Second)
		for _, id := range ids {
			e.Want(text, up(id, 0), reason(id, "pending"))
		}
		wantNone(t, text, "cielo24_up{", "cielo24_account_error{")
	})
}

func TestJob_AtMostThreeRequestsARefresh(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"reset before an answer": {Break: simulator.BreakReset},
		"end before an answer":   {Break: simulator.BreakClose},
		"end in the headers":     {Raw: "HTTP/1.1 200 OK\r\nContent-"},
		"no HTTP":                {Raw: "SSH-2.0\r\n"},
		"end in the body":        {Break: simulator.BreakTruncate},
		"500":                    {Status: 500},
		"429":                    {Status: 429},
	} {
		for _, way := range []string{"scrape", "probe", "list", "login"} {
			t.Run(name+", "+way, func(t *testing.T) {
				testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
					ids := fleet(e, 20)
					settings := []string{jobsLine(ids), "discovery: {statuses: [Pending]}"}
					if way == "login" {
						settings = append(settings, loginLine())
					}
					e.Load(testenv.Account("a", settings...))
					e.Scrape(0) // there are connections now
					endpoint := map[string]string{"scrape": "job_info", "probe": "job_info", "list": "job_list", "login": "login"}[way]
					fault.Endpoint = endpoint
					job := ""
					if endpoint == "job_info" {
						job = ids[0]
					}
					e.API.SetFault(job, fault)
					e.Wait(time.Minute)
					if way == "login" {
						e.API.ExpireTokens()
					}
					calls := func() int {
						if job != "" {
							return e.API.JobCalls(job)
						}
						return e.API.Calls(endpoint)
					}
					before := calls()
					if way == "probe" {
						e.Get("/probe?account=a&job_id="+job, 0)
					} else {
						e.Scrape(0)
					}
					if got := calls() - before; got < 1 || got > 3 || way == "login" && got > 1 {
						t.Errorf("got %d requests, want three at most, and one login", got)
					}
				})
			})
		}
	}
}

func TestJob_DateThatCannotBeReadIsSaid(t *testing.T) {
	for text, want := range map[string]string{ // the due date as it is read, "" if it cannot be
		"29/08/2014 14:00":          "",
		"08/29/2014":                "",
		"2014-13-45T14:00:00":       "",
		"tomorrow":                  "",
		"2014-08-29T14:00":          "2014-08-29T14:00:00Z",
		"2014-08-29 14:00:06":       "2014-08-29T14:00:06Z",
		"1409320806":                "2014-08-29T14:00:06Z",
		"1409320806000":             "2014-08-29T14:00:06Z",
		"2014-08-29T14:00:06 -0700": "2014-08-29T21:00:06Z",
		"2014-08-29T14:00:06+02":    "2014-08-29T12:00:06Z",
		"2014-08-29T14:00:06.5Z":    "2014-08-29T14:00:06.5Z",
	} {
		for _, settings := range []string{"jobs: [aa, bb]", "discovery: {statuses: [Pending]}"} {
			t.Run(text+", "+settings[:4], func(t *testing.T) {
				testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
					put(e, "aa", "Pending", fmt.Sprintf(`,"DueDate":%q`, text))
					put(e, "bb", "Pending", fmt.Sprintf(`,"DueDate":%q`, text))
					e.Load(testenv.Account("a", settings))
					const unreadable = `cielo24_job_date_unreadable{account="a",job_id="aa",date="due"} 1`
					for range 3 {
						got := e.Scrape(0)
						e.Want(got, up("aa", 1))
						if want == "" {
							e.Want(got, unreadable)
							wantNone(t, got, "cielo24_job_time_until_due_seconds{")
						} else {
							due, err := time.Parse(time.RFC3339Nano, want)
							if err != nil {
								t.Fatal(err)
							}
							e.Want(got, fmt.Sprintf(`cielo24_job_due_timestamp_seconds{account="a",job_id="aa"} %v`, float64(due.UnixMilli())/1000))
							wantNone(t, got, "cielo24_job_date_unreadable{")
						}
						e.Wait(time.Minute)
					}
					lines := map[string]int{"": 1}[want]
					logged := e.Log.Take()
					wantLogged(t, logged, "date=due jobs=2", lines)
					wantLogged(t, logged, "text=", lines)
					if page := e.Get("/", 0).Body.String(); strings.Contains(page, text) != (want == "") {
						t.Errorf("the page: got the text %q %t, want %t", text, want != "", want == "")
					}
				})
			})
		}
	}
}

// loginLine is the key of an account that logs in.
func loginLine() string {
	return "login: {username: " + simulator.DemoUsername + ", securekey: " + simulator.DemoSecureKey + "}"
}
