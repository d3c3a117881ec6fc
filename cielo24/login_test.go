package cielo24_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/simulator"
)

// slowLogin makes logins take as long, for a scrape that needs one.
const slowLogin = 5 * time.Second

func TestLogin_OutlivesWhoWaitsForIt(t *testing.T) {
	for _, test := range []struct {
		name   string
		end    func(context.Context) (context.Context, context.CancelFunc)
		reason string
		after  time.Duration
	}{
		{"a short deadline", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, "timeout", time.Second},
		{"gone at once", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, "canceled", 0},
		{"gone after a while", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(2*time.Second, cancel)
			return ctx, cancel
		}, "canceled", 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t)
				client := e.client()
				e.api.SetFault("", simulator.Fault{Endpoint: "login", Latency: slowLogin})
				began := time.Now()
				var asking sync.WaitGroup
				asking.Go(func() { // begins the login, unless it has gone before
					ctx, cancel := test.end(t.Context())
					defer cancel()
					_, failure := askFor(ctx, t, client, jobID)
					if failure == nil || failure.Endpoint != "login" || failure.Reason != test.reason || time.Since(began) != test.after {
						t.Errorf("got %v after %s, want %s after %s", failure, time.Since(began), test.reason, test.after)
					}
					if failure.CredentialsRefused() || failure.Proof() || failure.Retryable() {
						t.Errorf("%v says more than that somebody left", failure)
					}
				})
				synctest.Wait()
				asking.Go(func() {
					if _, failure := ask(t, client); failure != nil || time.Since(began) != slowLogin {
						t.Errorf("got %v after %s, want success after %s", failure, time.Since(began), slowLogin)
					}
				})
				asking.Wait()
				e.wantLogins(1)
				if all := e.seen.of("login"); len(all) == 1 && all[0].Err != nil {
					t.Errorf("observed %+v, want a login that succeeded", all)
				}
			})
		})
	}
}

func TestLogin_ThatFailsIsSharedByAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.api.SetFault("", simulator.Fault{Endpoint: "login", Latency: slowLogin, Status: 400, Body: `{"ErrorType":"LOGIN_INVALID"}`})
		client := e.client()
		var asking sync.WaitGroup
		for range 30 {
			asking.Go(func() {
				if _, failure := ask(t, client); reasonOf(failure) != "LOGIN_INVALID" {
					t.Errorf("got %v, want LOGIN_INVALID", failure)
				}
			})
		}
		asking.Wait()
		e.wantLogins(1)
	})
}

// A login that hangs ends with its timeout, and not before.
func TestLogin_HasTheTimeoutOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.api.SetFault("", simulator.Fault{Endpoint: "login", Hang: true})
		began := time.Now()
		_, failure := ask(t, e.client())
		if failure == nil || failure.Error() != "login: timeout: no complete answer within 10s" || time.Since(began) != 10*time.Second {
			t.Errorf("got %v after %s, want a timeout after 10s", failure, time.Since(began))
		}
	})
}

func TestLogin_OfAClientThatIsClosedIsBegunAnewByTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.api.SetFault("", simulator.Fault{Endpoint: "login", Latency: slowLogin})
		old, closeOld := e.mortal()
		next := e.client()
		began := time.Now()
		var asking sync.WaitGroup
		asking.Go(func() {
			_, failure := ask(t, old)
			if failure == nil || failure.Endpoint != "login" || failure.Reason != "canceled" || time.Since(began) != time.Second {
				t.Errorf("the old client: got %v after %s, want it canceled after 1s", failure, time.Since(began))
			}
		})
		synctest.Wait()
		for range 3 {
			asking.Go(func() { // waits for the login of the other
				if _, failure := ask(t, next); failure != nil || time.Since(began) != time.Second+slowLogin {
					t.Errorf("the new client: got %v after %s, want success after 6s", failure, time.Since(began))
				}
			})
		}
		<-time.After(time.Second)
		closeOld()
		asking.Wait()
		e.wantLogins(2)

		e.api.ExpireTokens()
		before := e.seen.count("job_info")
		if _, failure := ask(t, old); failure == nil || failure.Endpoint != "login" || failure.Reason != "canceled" {
			t.Errorf("the old client: got %v, want it canceled", failure)
		}
		if got := e.seen.count("job_info"); got != before+1 {
			t.Errorf("got %d more calls, want the one that found the session ended", got-before)
		}
		e.wantLogins(2)
		if _, failure := ask(t, next); failure != nil {
			t.Errorf("the new client: %v", failure)
		}
		e.wantLogins(3)
	})
}

func TestLogin_OfAnotherClientIsNotWaitedForByOneThatIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.api.SetFault("", simulator.Fault{Endpoint: "login", Latency: slowLogin})
		began := time.Now()
		var asking sync.WaitGroup
		asking.Go(func() {
			if _, failure := ask(t, e.client()); failure != nil || time.Since(began) != slowLogin {
				t.Errorf("got %v after %s, want success after %s", failure, time.Since(began), slowLogin)
			}
		})
		synctest.Wait()
		closing, closeIt := e.mortal()
		time.AfterFunc(time.Second, closeIt)
		for range 2 { // the second finds its client closed
			if _, failure := ask(t, closing); failure == nil || failure.Error() != "login: canceled: given up by the exporter" || time.Since(began) != time.Second {
				t.Errorf("got %v after %s, want it canceled after 1s", failure, time.Since(began))
			}
		}
		asking.Wait()
		e.wantLogins(1)
	})
}

// What a login was told just before its client was closed holds.
func TestLogin_RefusedJustBeforeItsClientIsClosedBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e := newEnv(t)
		e.api.SetFault("", simulator.Fault{Endpoint: "login", Status: 403})
		old := e.client(func(o *cielo24.Options) {
			o.Context, o.Observe = ctx, func(cielo24.Call) { cancel() }
		})
		if _, failure := ask(t, old); failure == nil || failure.Endpoint != "login" {
			t.Errorf("got %v, want a login that was refused, or given up", failure)
		}
		synctest.Wait()
		if _, failure := ask(t, e.client()); reasonOf(failure) != "unauthorized" || e.api.Calls("login") != 1 {
			t.Errorf("got %v after %d logins, want the refusal of the first", failure, e.api.Calls("login"))
		}
	})
}

// A call that is refused late was sent with a token of the past.
func TestLogin_ALateRefusalDoesNotEndTheNewSession(t *testing.T) {
	for name, ending := range endings() {
		for _, reload := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					e := newEnv(t)
					client := e.client()
					if _, failure := ask(t, client); failure != nil {
						t.Fatal(failure)
					}
					late := ending
					late.BadToken, late.Latency, late.Times = false, 3*time.Second, 1
					e.api.SetFault(otherID, late)
					e.api.SetFault("", ending)
					var asking sync.WaitGroup
					asking.Go(func() {
						if _, failure := askFor(t.Context(), t, client, otherID); failure != nil {
							t.Errorf("got %v, want success with the new token", failure)
						}
					})
					<-time.After(time.Second)
					e.api.ExpireTokens()
					if reload {
						e.api.AddUser(simulator.User{Username: username, SecureKey: "another"})
						e.key.set("another", nil)
						if err := client.ReloadSecrets(); err != nil {
							t.Fatal(err)
						}
					}
					if _, failure := ask(t, client); failure != nil {
						t.Error(failure)
					}
					asking.Wait()
					if _, failure := ask(t, client); failure != nil {
						t.Error(failure)
					}
					e.wantLogins(2)
					if got := e.api.JobCalls(otherID); got != 2 {
						t.Errorf("the job was asked for %d times, want 2", got)
					}
				})
			})
		}
	}
}

func TestLogin_IsInTheTraceOfWhoBeganIt(t *testing.T) {
	e := newEnv(t)
	ctx, trace := cielo24.WithTrace(t.Context())
	if _, failure := askFor(ctx, t, e.client(), jobID); failure != nil {
		t.Fatal(failure)
	}
	wantTexts(t, trace.String(), "> GET http://api.test/api/account/login?v=1", "(not shown: it holds the token)",
		"> GET http://api.test/api/job/info?v=1&api_token=<secret>&job_id="+jobID, `"JobName":"one"`)
}
