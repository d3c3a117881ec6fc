package collector_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

// heldDown are the account's series while the API has asked it to wait.
func heldDown() []string {
	return []string{accountDown, `cielo24_account_error{account="a",reason="rate_limited"} 1`}
}

// asksToWait is an answer that asks to wait.
func asksToWait(status int, seconds string) simulator.Fault {
	return simulator.Fault{Status: status, Header: http.Header{"Retry-After": {seconds}}}
}

// statusesThatHold are those with which a Retry-After counts.
func statusesThatHold() map[string]int {
	return map[string]int{"429": http.StatusTooManyRequests, "503": http.StatusServiceUnavailable}
}

func TestHold_OneJobWaitsAlone(t *testing.T) {
	for name, code := range statusesThatHold() {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 5)
				e.Load(testenv.Account("a", jobsLine(ids)))
				e.Scrape(0)
				e.API.SetFault(ids[2], asksToWait(code, "3600"))
				for range 59 {
					text := e.Scrape(0)
					e.Want(text, accountUp, up(ids[2], 0), reason(ids[2], map[string]string{"429": "rate_limited", "503": "http_5xx"}[name]))
					if downs(text) != 1 {
						t.Fatalf("got %d jobs down, want one", downs(text))
					}
					e.Wait(time.Minute)
				}
				if got := e.API.JobCalls(ids[2]); got != 2 {
					t.Errorf("got %d calls for the job, want the first and the one that asked to wait", got)
				}
				e.API.ClearFaults()
				e.Wait(2 * time.Minute)
				e.Want(e.Scrape(0), up(ids[2], 1))
			})
		})
	}
}

func TestHold_OneJobOfAnAccountThatHasNoOtherWaits(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 1)
		e.API.SetFault(ids[0], asksToWait(429, "3600"))
		e.Load(testenv.Account("a", jobsLine(ids), loginLine()))
		for range 10 {
			e.Want(e.Scrape(0), append(heldDown(), up(ids[0], 0), reason(ids[0], "rate_limited"))...)
			e.Wait(15 * time.Second)
		}
		if got := e.API.Calls("job_info"); got != 1 {
			t.Errorf("got %d calls, want one", got)
		}
		e.API.ClearFaults()
		e.Wait(time.Hour - 100*time.Second)
		e.Want(e.Scrape(0), accountUp, up(ids[0], 1))
	})
}

func TestHold_ProbeOfAJobThatNobodyWatchesHoldsNobodyElse(t *testing.T) {
	for name, code := range statusesThatHold() {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 5)
				e.Load(testenv.Account("a", jobsLine(ids)))
				e.API.SetFault("beef", asksToWait(code, "3600"))
				for range 5 {
					e.Want(e.Get("/probe?account=a&job_id=beef", 0).Body.String(), "probe_success 0")
					e.Want(e.Get("/probe?account=a&job_id="+ids[0], 0).Body.String(), "probe_success 1")
					text := e.Scrape(0)
					e.Want(text, accountUp)
					if downs(text) != 0 {
						t.Errorf("got %d jobs down, want none", downs(text))
					}
					e.Wait(15 * time.Second)
				}
				if got := e.API.JobCalls("beef"); got != 1 {
					t.Errorf("got %d calls for the job that was asked to wait, want one", got)
				}
			})
		})
	}
}

func TestHold_SecondJobBearsItOut(t *testing.T) {
	for name, test := range map[string]struct {
		code    int
		between bool          // a call between the two succeeds
		later   time.Duration // when the second asks
		held    bool
	}{
		"429":                  {429, false, 0, true},
		"429, success between": {429, true, 30 * time.Second, true},
		"429, a minute later":  {429, true, 61 * time.Second, false},
		"503":                  {503, false, 0, true},
		"503, success between": {503, true, 30 * time.Second, false},
		"503, a minute later":  {503, false, 61 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 4)
				e.Load(testenv.Account("a", jobsLine(ids)))
				e.Scrape(0)
				e.Log.Take()
				probe := func(id string) { e.Get("/probe?account=a&job_id="+id, 0) }
				e.API.SetFault(ids[0], asksToWait(test.code, "600"))
				e.API.SetFault(ids[1], asksToWait(test.code, "300"))
				probe(ids[0])
				if test.between {
					e.Wait(time.Second)
					probe(ids[2])
				}
				e.Wait(test.later)
				probe(ids[1])
				before := e.API.Calls("job_info")
				text := e.Scrape(0)
				if !test.held {
					e.Want(text, accountUp, up(ids[2], 1), up(ids[3], 1))
					return
				}
				e.Want(text, append(heldDown(), up(ids[2], 0), reason(ids[2], "rate_limited"))...)
				wantLogged(t, e.Log.Take(), "account paused by the API", 1)
				probe(ids[3])
				if got := e.API.Calls("job_info") - before; got != 0 {
					t.Errorf("got %d calls of a held account, want none", got)
				}
				e.Wait(5*time.Minute + time.Second) // the shorter of the two
				e.Want(e.Scrape(0), accountUp, up(ids[2], 1), up(ids[0], 0))
			})
		})
	}
}

func TestHold_ListAndLoginHoldTheAccountAtOnce(t *testing.T) {
	for _, endpoint := range []string{"job_list", "login"} {
		for name, code := range statusesThatHold() {
			t.Run(endpoint+", "+name, func(t *testing.T) {
				testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
					ids := fleet(e, 2)
					e.Load(testenv.Account("a", loginLine(), jobsLine(ids), "discovery: {statuses: [Pending]}"))
					e.Scrape(0)
					e.Log.Take()
					e.API.ExpireTokens()
					f := asksToWait(code, "120")
					f.Endpoint = endpoint
					e.API.SetFault("", f)
					e.Wait(time.Minute)
					e.Scrape(0)
					wantLogged(t, e.Log.Take(), "account paused by the API", 1)
					e.API.ClearFaults()
					calls := func() int { return e.API.Calls("job_info") + e.API.Calls("job_list") + e.API.Calls("login") }
					before := calls()
					for range 3 {
						e.Wait(39 * time.Second)
						e.Want(e.Scrape(0), append(heldDown(), up(ids[0], 0), up(ids[1], 0))...)
						e.Want(e.Get("/probe?account=a&job_id="+ids[0], 0).Body.String(), "probe_success 0")
						e.Get("/sd?account=a", 0)
					}
					if got := calls() - before; got != 0 {
						t.Errorf("got %d calls of a held account, want none", got)
					}
					e.Wait(4 * time.Second)
					e.Want(e.Scrape(0), accountUp, up(ids[0], 1), up(ids[1], 1))
				})
			})
		}
	}
}

func TestHold_NothingIsRepeatedAndTheLongerHolds(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 8)
		e.Load(testenv.Account("a", jobsLine(ids), "concurrency: 8"))
		e.Scrape(0)
		// All are on the wire when the first two ask to wait; two more ask for less, and the rest fail in ways that are
		// repeated otherwise.
		for i, f := range []simulator.Fault{
			asksToWait(429, "300"), asksToWait(429, "300"), asksToWait(429, "10"), asksToWait(503, "20"),
			{Status: 500},
			{Status: 500},
			{Break: simulator.BreakClose},
			{Status: 429},
		} {
			f.Latency = time.Duration(i+1) * 10 * time.Millisecond
			e.API.SetFault(ids[i], f)
		}
		before := e.API.Calls("job_info")
		e.Scrape(0)
		if got := e.API.Calls("job_info") - before; got != 8 {
			t.Errorf("got %d calls, want one a job and no repeat", got)
		}
		e.API.ClearFaults()
		e.Wait(4*time.Minute + 50*time.Second)
		e.Want(e.Scrape(0), heldDown()...)
		e.Wait(15 * time.Second)
		e.Want(e.Scrape(0), accountUp, up(ids[0], 1), up(ids[7], 1))
	})
}

func TestHold_LastsAnHourAtMost(t *testing.T) {
	for _, asked := range []string{"99999999999", "99999999999999999999999999", "7200", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		t.Run(asked, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 1)
				f := asksToWait(429, asked)
				f.Endpoint, f.Times = "job_list", 1
				e.API.SetFault("", f)
				e.Load(testenv.Account("a", jobsLine(ids), loginLine(), "discovery: {statuses: [Pending]}"))
				e.Scrape(0)
				e.Wait(59 * time.Minute)
				e.Want(e.Scrape(0), heldDown()...)
				e.Wait(2 * time.Minute)
				e.Want(e.Scrape(0), accountUp, up(ids[0], 1))
			})
		})
	}
}

func TestHold_IgnoresWhatIsNoRetryAfter(t *testing.T) {
	for name, f := range map[string]simulator.Fault{
		"a negative number": asksToWait(429, "-5"), "a word": asksToWait(429, "soon"), "nothing": asksToWait(503, ""),
		"zero": asksToWait(429, "0"), "a date that is past": asksToWait(503, "Fri, 31 Dec 1999 23:59:59 GMT"),
		"another status": asksToWait(404, "3600"), "an answer that is fine": {Header: http.Header{"Retry-After": {"3600"}}},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 3)
				e.API.SetFault("", f)
				e.Load(testenv.Account("a", jobsLine(ids)))
				e.Scrape(0)
				e.API.ClearFaults()
				e.Want(e.Scrape(0), accountUp, up(ids[0], 1), up(ids[1], 1), up(ids[2], 1))
			})
		})
	}
}

func TestHold_IsShownOnThePage(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 2)
		f := asksToWait(503, "1200")
		f.Endpoint = "job_list"
		e.API.SetFault("", f)
		e.Load(testenv.Account("a", jobsLine(ids), "discovery: {statuses: [Pending]}"))
		e.Scrape(0)
		page := e.Get("/", 0).Body.String()
		_, line, _ := strings.Cut(page, "no calls until ")
		line, _, _ = strings.Cut(line, ".")
		if until := time.Now().Add(20 * time.Minute).UTC().Format("15:04"); !strings.Contains(line, until) {
			t.Errorf("the page: got no calls until %q, want %s", line, until)
		}
	})
}
