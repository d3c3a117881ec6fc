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

// refusals are the ways in which an API says that it does not accept a token or a login.
func refusals() map[string]simulator.Fault {
	return map[string]simulator.Fault{
		"400 BAD_API_TOKEN": {Status: 400, Body: `{"ErrorType":"BAD_API_TOKEN"}`},
		"401":               {Status: 401},
		"401 with a page":   {Status: 401, Body: "<html>"},
		"403":               {Status: 403},
		"401 BAD_API_TOKEN": {Status: 401, Body: `{"ErrorType":"BAD_API_TOKEN"}`},
		"403 BAD_API_TOKEN": {Status: 403, Body: `{"ErrorType":"BAD_API_TOKEN"}`},
		"200 BAD_API_TOKEN": {Status: 200, Body: `{"ErrorType":"BAD_API_TOKEN","ErrorComment":"over"}`},
		"500 BAD_API_TOKEN": {Status: 500, Body: `{"ErrorType":"BAD_API_TOKEN"}`},
	}
}

func TestSession_ThatEndsIsRenewedOnceHoweverTheAPISaysSo(t *testing.T) {
	for name, fault := range refusals() {
		for _, settings := range []string{"jobs", "discovery: {statuses: [In Process, Pending]}", "probe"} {
			t.Run(name+", "+settings[:4], func(t *testing.T) {
				testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
					ids := fleet(e, 30)
					line := jobsLine(ids)
					if strings.HasPrefix(settings, "discovery") {
						line = settings
					}
					e.Load(testenv.Account("a", loginLine(), line))
					e.Scrape(0)
					fault.BadToken = true
					e.API.SetFault("", fault)
					for ended := range 3 {
						e.API.ExpireTokens()
						e.Wait(time.Minute)
						if settings == "probe" {
							e.Want(e.Get("/probe?account=a&job_id="+ids[0], 0).Body.String(), "probe_success 1")
						}
						text := e.Scrape(0)
						e.Want(text, accountUp, fmt.Sprintf(`cielo24_session_logins_total{account="a",result="success"} %d`, ended+2))
						if got := downs(text); got != 0 || count(text, "cielo24_job_up") != 30 {
							t.Errorf("got %d of %d jobs down, want none of 30", got, count(text, "cielo24_job_up"))
						}
					}
					if got := e.API.Calls("login"); got != 4 {
						t.Errorf("got %d logins, want one and one more each time the session ended", got)
					}
				})
			})
		}
	}
}

func TestSession_NewTokenThatIsRefusedTooIsNoStormOfLogins(t *testing.T) {
	for name, fault := range refusals() {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 30)
				e.Load(testenv.Account("a", loginLine(), jobsLine(ids)))
				e.Scrape(0)
				fault.Endpoint = "job_info"
				e.API.SetFault("", fault)
				for range 40 { // ten minutes
					e.Wait(15 * time.Second)
					e.Want(e.Scrape(0), accountDown)
				}
				if got := e.API.Calls("login"); got > 8 { // after 15 s, 30 s, 1 min, 2 min, 4 min, each a fifth less
					t.Errorf("got %d logins in ten minutes, want them to become rare", got)
				}
				text := e.Scrape(0)
				want := map[bool]string{true: "BAD_API_TOKEN", false: "unauthorized"}[fault.Body != "" && fault.Body[0] == '{']
				e.Want(text, fmt.Sprintf(`cielo24_account_error{account="a",reason=%q} 1`, want), reason(ids[0], want))
				e.API.ClearFaults()
				e.Wait(6 * time.Minute)
				e.Scrape(0)
				e.Want(e.Scrape(0), accountUp, up(ids[0], 1))
			})
		})
	}
}

func TestSession_RefusedLoginBacksOffWhateverItsStatus(t *testing.T) {
	for name, test := range map[string]struct {
		fault  simulator.Fault
		reason string
	}{
		"400 LOGIN_INVALID":           {simulator.Fault{Status: 400, Body: `{"ErrorType":"LOGIN_INVALID"}`}, "LOGIN_INVALID"},
		"401":                         {simulator.Fault{Status: 401}, "unauthorized"},
		"403 with a page":             {simulator.Fault{Status: 403, Body: "<html>"}, "unauthorized"},
		"200 LOGIN_INVALID":           {simulator.Fault{Status: 200, Body: `{"ErrorType":"LOGIN_INVALID"}`}, "LOGIN_INVALID"},
		"401 LOGIN_INVALID":           {simulator.Fault{Status: 401, Body: `{"ErrorType":"LOGIN_INVALID"}`}, "LOGIN_INVALID"},
		"400 ACCOUNT_DOES_NOT_EXIST":  {simulator.Fault{Status: 400, Body: `{"ErrorType":"ACCOUNT_DOES_NOT_EXIST"}`}, "ACCOUNT_DOES_NOT_EXIST"},
		"400 of an unknown ErrorType": {simulator.Fault{Status: 400, Body: `{"ErrorType":"GREMLINS"}`}, "other"},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 3)
				test.fault.Endpoint = "login"
				e.API.SetFault("", test.fault)
				e.Load(testenv.Account("a", loginLine(), jobsLine(ids)))
				var text string
				for range 120 { // ten minutes
					text = e.Scrape(0)
					e.Want(text, accountDown, fmt.Sprintf(`cielo24_account_error{account="a",reason=%q} 1`, test.reason),
						up(ids[0], 0), reason(ids[0], test.reason))
					e.Get("/probe?account=a&job_id="+ids[0], 0)
					e.Wait(5 * time.Second)
				}
				got := e.API.Calls("login")
				if got < 3 || got > 9 { // after 15 s, 30 s, 1 min, 2 min, 4 min, each a fifth less
					t.Errorf("got %d logins in ten minutes, want about six", got)
				}
				e.Want(e.Scrape(0), fmt.Sprintf(`cielo24_session_logins_total{account="a",result="refused"} %d`, got),
					`cielo24_session_logins_total{account="a",result="failed"} 0`)
				e.API.ClearFaults()
				e.Wait(5 * time.Minute)
				e.Want(e.Scrape(0), accountUp, up(ids[0], 1))
			})
		})
	}
}

func TestSession_LoginThatFailsIsTriedAgainSoon(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"500": {Status: 500}, "a page": {Body: "<html>"}, "a lost connection": {Break: simulator.BreakClose},
		"UNHANDLED_ERROR": {Status: 400, Body: `{"ErrorType":"UNHANDLED_ERROR"}`}, "silence": {Hang: true}, "no token": {Body: `{"ApiToken":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 3)
				fault.Endpoint = "login"
				e.API.SetFault("", fault)
				e.Load(testenv.Account("a", "timeout: 2s", loginLine(), jobsLine(ids)))
				for range 4 {
					e.Want(e.Scrape(0), accountDown, up(ids[0], 0))
					e.Wait(30 * time.Second)
				}
				e.API.ClearFaults()
				e.Wait(15 * time.Second)
				e.Want(e.Scrape(0), accountUp, up(ids[0], 1), `cielo24_session_logins_total{account="a",result="refused"} 0`)
			})
		})
	}
}

func TestSession_LoginOutlivesWhoeverWaitsForIt(t *testing.T) {
	for name, leave := range map[string]func(e *testenv.Env, id string){
		"a probe of half a second":      func(e *testenv.Env, id string) { e.Get("/probe?account=a&job_id="+id, 500*time.Millisecond) },
		"probes of half a second":       probesAtOnce,
		"a scrape of half a second":     func(e *testenv.Env, _ string) { e.Scrape(500 * time.Millisecond) },
		"a client that leaves at once":  func(e *testenv.Env, _ string) { e.Get("/metrics", time.Millisecond) },
		"service discovery that leaves": func(e *testenv.Env, _ string) { e.Get("/sd?account=a", 500*time.Millisecond) },
		"a probe with a reload after it": func(e *testenv.Env, id string) {
			e.Get("/probe?account=a&job_id="+id, 500*time.Millisecond)
			e.Load(slowLogin(e))
		},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 30)
				e.API.SetFault("", simulator.Fault{Endpoint: "login", Latency: 1200 * time.Millisecond})
				e.Load(slowLogin(e))
				leave(e, ids[0])
				text := e.Scrape(0)
				e.Want(text, accountUp)
				if got := downs(text); got != 0 || count(text, "cielo24_job_up") != 30 {
					t.Errorf("got %d of %d jobs down, want none of 30", got, count(text, "cielo24_job_up"))
				}
				if got := e.API.Calls("login"); got != 1 {
					t.Errorf("got %d logins, want one", got)
				}
				e.Want(text, `cielo24_session_logins_total{account="a",result="success"} 1`, `cielo24_session_logins_total{account="a",result="failed"} 0`)
			})
		})
	}
}

// slowLogin is the account of the jobs that there are.
func slowLogin(e *testenv.Env) string {
	return testenv.Account("a", loginLine(), jobsLine(e.API.Jobs()), "discovery: {statuses: [Pending]}")
}

// probesAtOnce sends probes that leave before the login is over.
func probesAtOnce(e *testenv.Env, id string) {
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { e.Get("/probe?account=a&job_id="+id, 500*time.Millisecond) })
	}
	all.Wait()
}

func TestSession_JobThatRefusesEveryTokenIsTheJobsFailure(t *testing.T) {
	for name, fault := range refusals() {
		if fault.Body != "" && fault.Body[0] == '{' {
			continue // BAD_API_TOKEN is about the credentials, whoever says it
		}
		for _, credentials := range []string{loginLine(), ""} {
			t.Run(fmt.Sprintf("%s, logs in: %t", name, credentials != ""), func(t *testing.T) {
				testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
					ids := fleet(e, 10)
					settings := []string{jobsLine(ids)}
					if credentials != "" {
						settings = append(settings, credentials)
					}
					e.Load(testenv.Account("a", settings...))
					e.Scrape(0)
					e.API.SetFault(ids[4], fault)
					for range 40 { // ten minutes
						text := e.Scrape(0)
						e.Want(text, accountUp, up(ids[4], 0), reason(ids[4], "unauthorized"))
						if downs(text) != 1 {
							t.Errorf("got %d jobs down, want one", downs(text))
						}
						e.Wait(15 * time.Second)
					}
					if got := e.API.Calls("login"); got > 10 {
						t.Errorf("got %d logins in ten minutes, want them to become rare", got)
					}
				})
			})
		}
	}
}

func TestSession_FixedTokenThatIsRefusedIsUnauthorized(t *testing.T) {
	for name, fault := range refusals() {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				ids := fleet(e, 10)
				e.Load(testenv.Account("a", jobsLine(ids)))
				e.Scrape(0)
				e.API.SetFault("", fault)
				text := e.Scrape(0)
				want := map[bool]string{true: "BAD_API_TOKEN", false: "unauthorized"}[fault.Body != "" && fault.Body[0] == '{']
				e.Want(text, accountDown, fmt.Sprintf(`cielo24_account_error{account="a",reason=%q} 1`, want))
				if downs(text) != 10 || count(text, "cielo24_job_info") != 10 {
					t.Errorf("got %d jobs down and %d with values, want 10 and 10", downs(text), count(text, "cielo24_job_info"))
				}
			})
		})
	}
}
