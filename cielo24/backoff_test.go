package cielo24_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/simulator"
)

// gaps returns how long after the login before it each login came, when a job is asked for again and again, about a
// hundred times a wait.
func gaps(t *testing.T, client *cielo24.Client, e *env, n int) []time.Duration {
	t.Helper()
	var all []time.Duration
	last := time.Now()
	for logins := e.api.Calls("login"); len(all) < n; {
		_, failure := ask(t, client)
		if failure == nil || failure.Endpoint != "login" {
			t.Fatalf("got %v, want a login that does not succeed", failure)
		}
		if strings.Contains(failure.Error(), secureKey) {
			t.Fatalf("the securekey is in %v", failure)
		}
		if got := e.api.Calls("login"); got != logins {
			all, last, logins = append(all, time.Since(last)), time.Now(), got
		}
		if time.Since(last) > 2*time.Hour {
			t.Fatalf("no login for two hours after %v", all)
		}
		<-time.After(10*time.Millisecond + time.Since(last)/100)
	}
	return all[1:]
}

// wantGaps fails unless every gap is as long as a back-off with these waits allows.
func wantGaps(t *testing.T, got []time.Duration, waits ...time.Duration) {
	t.Helper()
	for i, wait := range waits {
		if got[i] < wait-wait/5 || got[i] > wait+wait/50+20*time.Millisecond {
			t.Errorf("got the gaps %v, want about %v", got, waits)
			return
		}
	}
}

func TestLoginSession_BacksOffFromLoginsThatDoNotSucceed(t *testing.T) {
	const s = time.Second
	refused := []time.Duration{15 * s, 30 * s, 60 * s, 120 * s, 240 * s, 300 * s, 300 * s}
	failed := []time.Duration{s, 2 * s, 4 * s, 8 * s, 10 * s, 10 * s}
	hour := http.Header{"Retry-After": {"3600"}}
	for _, test := range []struct {
		name  string
		fault simulator.Fault
		waits []time.Duration
	}{
		{"200 + LOGIN_INVALID", simulator.Fault{Status: 200, Body: `{"ErrorType":"LOGIN_INVALID","ErrorComment":"no ` + secureKey + `"}`}, refused},
		{"400 + LOGIN_INVALID", simulator.Fault{Status: 400, Body: `{"ErrorType":"LOGIN_INVALID","ErrorComment":"no ` + secureKey + `"}`}, refused},
		{"401 + ACCOUNT_UNPRIVILEGED", simulator.Fault{Status: 401, Body: `{"ErrorType":"ACCOUNT_UNPRIVILEGED"}`}, refused},
		{"403 + GREMLINS", simulator.Fault{Status: 403, Body: `{"ErrorType":"GREMLINS"}`}, refused},
		{"500 + LOGIN_INVALID", simulator.Fault{Status: 500, Body: `{"ErrorType":"LOGIN_INVALID"}`}, refused},
		{"400", simulator.Fault{Status: 400}, refused},
		{"401", simulator.Fault{Status: 401, Body: "<html>"}, refused},
		{"403", simulator.Fault{Status: 403}, refused},
		{"500", simulator.Fault{Status: 500}, failed},
		{"400 + UNHANDLED_ERROR", simulator.Fault{Status: 400, Body: `{"ErrorType":"UNHANDLED_ERROR"}`}, failed},
		{"404", simulator.Fault{Status: 404}, failed},
		{"no token", simulator.Fault{Body: `{}`}, failed},
		{"closed", simulator.Fault{Break: simulator.BreakClose}, failed},
		{"503 with Retry-After", simulator.Fault{Status: 503, Header: hour}, []time.Duration{3600 * s, 3600 * s}},
		{"429 with Retry-After", simulator.Fault{Status: 429, Header: http.Header{"Retry-After": {"20"}}}, []time.Duration{20 * s, 20 * s, 20 * s}},
		{"429 + LOGIN_INVALID with Retry-After", simulator.Fault{Status: 429, Body: `{"ErrorType":"LOGIN_INVALID"}`, Header: hour}, []time.Duration{3600 * s}},
		{"refused with a short Retry-After", simulator.Fault{Status: 429, Body: `{"ErrorType":"LOGIN_INVALID"}`, Header: http.Header{"Retry-After": {"2"}}}, refused[:3]},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t)
				client := e.client()
				test.fault.Endpoint = "login"
				e.api.SetFault("", test.fault)
				got := gaps(t, client, e, len(test.waits)+1)
				wantGaps(t, got, test.waits...)
				if test.fault.Header != nil && got[0] < test.waits[0] && test.waits[0] >= 20*s {
					t.Errorf("got a login after %s, although asked to wait %s", got[0], test.waits[0])
				}
				if e.api.Calls("job_info") != 0 {
					t.Error("a job was asked for without a token")
				}
				// A login that succeeds ends all of it.
				e.api.ClearFaults()
				<-time.After(time.Hour)
				if _, failure := ask(t, client); failure != nil {
					t.Fatal(failure)
				}
				e.api.ExpireTokens()
				e.api.SetFault("", test.fault)
				wantGaps(t, gaps(t, client, e, 2), test.waits[0])
			})
		})
	}
}

// Exporters that failed together do not come back together.
func TestLoginSession_BackOffsDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := map[time.Duration]bool{}
		for range 20 {
			e := newEnv(t)
			e.api.SetFault("", simulator.Fault{Endpoint: "login", Status: 403})
			seen[gaps(t, e.client(), e, 2)[0]] = true
		}
		if len(seen) < 5 {
			t.Errorf("got the first waits %v, want different ones", seen)
		}
	})
}

func TestLoginSession_ARefusedLoginKeepsItsBackOffThroughFailedOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		client := e.client()
		refused := simulator.Fault{Endpoint: "login", Status: 403}
		e.api.SetFault("", refused)
		wantGaps(t, gaps(t, client, e, 3), 15*time.Second, 30*time.Second)
		<-time.After(time.Minute)
		e.api.SetFault("", simulator.Fault{Endpoint: "login", Status: 500})
		wantGaps(t, gaps(t, client, e, 3), time.Second, 2*time.Second)
		<-time.After(10 * time.Second)
		e.api.SetFault("", refused)
		wantGaps(t, gaps(t, client, e, 2), 2*time.Minute)
	})
}
