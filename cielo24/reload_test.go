package cielo24_test

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/simulator"
)

// What becomes of a login with a secret that is no longer the one: nothing.
func TestLogin_WithAnOldSecretSaysNothingOfTheNew(t *testing.T) {
	for _, test := range []struct {
		name string
		old  simulator.Fault // what becomes of the old login
	}{
		{"refused", simulator.Fault{Endpoint: "login", Latency: slowLogin, Status: 400, Body: `{"ErrorType":"LOGIN_INVALID"}`}},
		{"failed", simulator.Fault{Endpoint: "login", Latency: slowLogin, Status: 503, Header: http.Header{"Retry-After": {"3600"}}}},
		{"hung up", simulator.Fault{Endpoint: "login", Latency: slowLogin, Break: simulator.BreakClose}},
		{"succeeded", simulator.Fault{Endpoint: "login", Latency: slowLogin}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t)
				client := e.client()
				test.old.Times = 1
				e.api.SetFault("", test.old)
				began := time.Now()
				var asking sync.WaitGroup
				for range 3 {
					asking.Go(func() {
						if _, failure := ask(t, client); failure != nil || time.Since(began) != time.Second {
							t.Errorf("got %v after %s, want success as soon as the new secret is there", failure, time.Since(began))
						}
					})
				}
				<-time.After(time.Second)
				e.api.AddUser(simulator.User{Username: username, SecureKey: "another"})
				e.key.set("another", nil)
				if err := client.ReloadSecrets(); err != nil {
					t.Fatal(err)
				}
				asking.Wait()
				if got := e.api.Calls("login"); got != 2 {
					t.Errorf("got %d logins, want the old and the new", got)
				}
				<-time.After(2 * slowLogin) // by now the old one has ended
				e.wantLogins(2)
				e.api.ExpireTokens()
				if _, failure := ask(t, client); failure != nil {
					t.Errorf("got %v, want no back-off", failure)
				}
				e.wantLogins(3)
			})
		})
	}
}

// The old login ends while the new one is still under way.
func TestLogin_WithAnOldSecretDoesNotEndTheNewOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		client := e.client()
		e.api.SetFault("", simulator.Fault{Endpoint: "login", Latency: slowLogin, Status: 403, Times: 1})
		began := time.Now()
		var asking sync.WaitGroup
		asking.Go(func() {
			if _, failure := ask(t, client); failure != nil || time.Since(began) != 9*time.Second {
				t.Errorf("got %v after %s, want success after 9s", failure, time.Since(began))
			}
		})
		<-time.After(time.Second)
		e.api.SetFault("", simulator.Fault{Endpoint: "login", Latency: slowLogin + 3*time.Second})
		e.api.AddUser(simulator.User{Username: username, SecureKey: "another"})
		e.key.set("another", nil)
		if err := client.ReloadSecrets(); err != nil {
			t.Fatal(err)
		}
		<-time.After(slowLogin) // the old one has been refused
		asking.Go(func() {
			if _, failure := ask(t, client); failure != nil || time.Since(began) != 9*time.Second {
				t.Errorf("got %v after %s, want success after 9s", failure, time.Since(began))
			}
		})
		asking.Wait()
		e.wantLogins(2)
	})
}

func TestLoginSession_AChangedSecretEndsSessionAndBackOffs(t *testing.T) {
	for _, fault := range []simulator.Fault{{Endpoint: "login", Status: 403}, {Endpoint: "login", Status: 503, Header: http.Header{"Retry-After": {"3600"}}}} {
		synctest.Test(t, func(t *testing.T) {
			e := newEnv(t)
			client := e.client()
			e.api.SetFault("", fault)
			for range 3 {
				_, _ = ask(t, client)
			}
			e.wantLogins(1)
			e.api.ClearFaults()
			if err := client.ReloadSecrets(); err != nil { // unchanged
				t.Fatal(err)
			}
			if _, failure := ask(t, client); failure == nil {
				t.Fatal("a secret that has not changed ends the back-off")
			}
			e.api.AddUser(simulator.User{Username: username, SecureKey: "another"})
			e.key.set("another", nil)
			if err := client.ReloadSecrets(); err != nil {
				t.Fatal(err)
			}
			if _, failure := ask(t, client); failure != nil {
				t.Errorf("got %v, want the new secret to end the back-off", failure)
			}
			e.wantLogins(2)
			e.api.AddUser(simulator.User{Username: username, SecureKey: "a third"})
			e.key.set("a third", nil)
			if err := client.ReloadSecrets(); err != nil {
				t.Fatal(err)
			}
			if _, failure := ask(t, client); failure != nil {
				t.Error(failure)
			}
			e.wantLogins(3)
			// The back-offs are as at first.
			e.api.ExpireTokens()
			e.api.SetFault("", simulator.Fault{Endpoint: "login", Status: 403})
			wantGaps(t, gaps(t, client, e, 2), 15*time.Second)
		})
	}
}

func TestLoginSession_AChangedSecretEndsTheBackOffOfUselessSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		client := e.client()
		e.api.SetFault("", simulator.Fault{Endpoint: "job_info", Status: 400, Body: `{"ErrorType":"BAD_API_TOKEN"}`})
		for range 3 {
			_, _ = ask(t, client)
		}
		e.wantLogins(2)
		e.api.AddUser(simulator.User{Username: username, SecureKey: "another"})
		e.key.set("another", nil)
		if err := client.ReloadSecrets(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			_, _ = ask(t, client)
		}
		e.wantLogins(4)
	})
}

func TestLoginSession_AnUnreadableSecretChangesNothing(t *testing.T) {
	e := newEnv(t)
	client := e.client()
	if _, failure := ask(t, client); failure != nil {
		t.Fatal(failure)
	}
	e.key.set("", http.ErrAbortHandler)
	if err := client.ReloadSecrets(); err == nil {
		t.Error("got no error")
	}
	e.api.ExpireTokens()
	if _, failure := ask(t, client); failure != nil {
		t.Error(failure)
	}
	e.wantLogins(2)
}
