package collector_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

func TestProbe_WhatItLearnsOfAWatchedJobIsKept(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", "")
		e.Load(testenv.Account("a", "jobs: [aa]", "min_interval: 10m"))
		e.Scrape(0)
		put(e, "aa", "Reviewing", "")
		e.Wait(time.Minute)
		e.Want(e.Get("/probe?account=a&job_id=AA", 0).Body.String(), "probe_success 1")
		e.Want(e.Scrape(0), status("aa", "Reviewing"), fetchedAt("aa"))
		e.API.RemoveJob("aa")
		e.Get("/probe?account=a&job_id=aa", 0)
		text := e.Scrape(0)
		e.Want(text, up("aa", 0), reason("aa", "ITEM_NOT_FOUND"))
		wantNone(t, text, `cielo24_job_status{account="a",job_id="aa"`)
		put(e, "aa", "Complete", "")
		e.Get("/probe?account=a&job_id=aa", 0)
		e.Want(e.Scrape(0), up("aa", 1), status("aa", "Complete"))
	})
}

func TestProbe_ThatGivesUpSaysNothingOfTheJob(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", "")
		e.Load(testenv.Account("a", "jobs: [aa]", "min_interval: 10m"))
		e.Scrape(0)
		e.API.SetFault("", simulator.Fault{Latency: 2 * time.Second})
		for range 5 {
			e.Want(e.Get("/probe?account=a&job_id=aa", 500*time.Millisecond).Body.String(), "probe_success 0",
				`cielo24_job_error{account="a",job_id="aa",reason="timeout"} 1`)
			e.Wait(10 * time.Second)
		}
		e.Want(e.Scrape(0), accountUp, up("aa", 1), status("aa", "In Process"))
	})
}

func TestProbe_OfAJobThatIsNotWatchedLeavesNoTrace(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"fine": {}, "500": {Status: 500}, "a page": {Body: "<html>"}, "not found": {Status: 400, Body: `{"ErrorType":"ITEM_NOT_FOUND"}`},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				put(e, "aa", "In Process", "")
				put(e, "beef", "In Process", "")
				e.Load(testenv.Account("a", "jobs: [aa]"))
				e.Scrape(0)
				e.Log.Take()
				e.API.SetFault("beef", fault)
				for range 30 {
					e.Get("/probe?account=a&job_id=beef", 0)
				}
				text := e.Scrape(0)
				e.Want(text, accountUp, up("aa", 1))
				wantNone(t, text, `job_id="beef"`)
				wantLogged(t, e.Log.Take(), "level=", 0)
			})
		})
	}
}

func TestProbe_HasOneErrorExactlyWhileItFails(t *testing.T) {
	for name, test := range listFaults() {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				put(e, "aa", "In Process", "")
				e.Load(testenv.Account("a", "jobs: [aa]", "timeout: 2s"))
				e.API.SetFault("aa", test.fault)
				w := e.Get("/probe?account=a&job_id=aa", 0)
				e.Want(w.Body.String(), "probe_success 0", up("aa", 0), reason("aa", test.reason))
				if got := count(w.Body.String(), "cielo24_job_error"); w.Code != 200 || got != 1 {
					t.Errorf("got status %d and %d errors, want 200 and one", w.Code, got)
				}
				e.API.ClearFaults()
				w = e.Get("/probe?account=a&job_id=aa", 0)
				e.Want(w.Body.String(), "probe_success 1", up("aa", 1))
				wantNone(t, w.Body.String(), "cielo24_job_error{")
			})
		})
	}
}

func TestProbe_AloneKeepsTheSessionAndTheAccountUsable(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", "")
		write(e, "key", strings.Repeat("0", 32))
		e.Load("  - name: a\n    base_url: " + testenv.BaseURL + "\n    login: {username: " + simulator.DemoUsername +
			", securekey_file: key}\n    jobs: [aa]\n")
		probe := func() string { return e.Get("/probe?account=a&job_id=aa", 0).Body.String() }
		for range 10 {
			e.Want(probe(), "probe_success 0", reason("aa", "LOGIN_INVALID"))
			e.Wait(time.Second)
		}
		write(e, "key", simulator.DemoSecureKey)
		e.Want(probe(), "probe_success 1") // a refusal of the old key says nothing of the new one
		for ended := range 5 {
			e.API.ExpireTokens()
			e.Wait(time.Minute)
			e.Want(probe(), "probe_success 1")
			if got := e.API.Calls("login"); got != ended+3 {
				t.Errorf("got %d logins, want %d: one refused, one for the new key, and one each time the session ended", got, ended+3)
			}
		}
	})
}

func TestProbe_IsAnsweredWithinItsDeadline(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"silence": {Hang: true}, "one byte after the other": {Break: simulator.BreakDrip}, "500": {Status: 500, Latency: time.Second},
		"a login that hangs": {Hang: true, Endpoint: "login"},
	} {
		for _, wait := range []time.Duration{500 * time.Millisecond, 3 * time.Second} {
			t.Run(fmt.Sprint(name, ", ", wait), func(t *testing.T) {
				testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
					put(e, "aa", "In Process", "")
					e.API.SetFault("", fault)
					e.Load(testenv.Account("a", loginLine(), "jobs: [aa]", "timeout: 1m"))
					began := time.Now()
					e.Want(e.Get("/probe?account=a&job_id=aa", wait).Body.String(), "probe_success 0")
					if took := time.Since(began); took > wait {
						t.Errorf("got an answer after %v, want it within %v", took, wait)
					}
				})
			})
		}
	}
}
