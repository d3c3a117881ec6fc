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

func TestLoginSession_RenewsOnceWhenItHasEnded(t *testing.T) {
	for name, ending := range endings() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t)
				client := e.client()
				e.api.SetFault("", ending)
				for round := 1; round <= 4; round++ {
					var asking sync.WaitGroup
					for range 30 {
						asking.Go(func() {
							if _, failure := ask(t, client); failure != nil {
								t.Errorf("round %d: %v", round, failure)
							}
						})
					}
					asking.Wait()
					if _, _, failure := list(t, client, 10); failure != nil {
						t.Errorf("round %d: %v", round, failure)
					}
					e.wantLogins(round)
					e.api.ExpireTokens()
					<-time.After(time.Minute)
				}
			})
		})
	}
}

func TestLoginSession_AListRenewsIt(t *testing.T) {
	for name, ending := range endings() {
		e := newEnv(t)
		client := e.client()
		e.api.SetFault("", ending)
		for round := 1; round <= 3; round++ {
			if ids, result, failure := list(t, client, 10); failure != nil || len(ids) != 2 || result != (cielo24.ListResult{Read: 2, Whole: true}) {
				t.Errorf("%s: got %v, %+v, %v", name, ids, result, failure)
			}
			e.wantLogins(round)
			e.api.ExpireTokens()
		}
	}
}

// A login succeeds, and its token is refused all the same.
func TestLoginSession_TokensThatAreRefusedFromTheStartAreNoStormOfLogins(t *testing.T) {
	for name, ending := range endings() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t)
				client := e.client()
				ending.BadToken = false
				ending.Endpoint = "job_info"
				e.api.SetFault("", ending)
				for range 60 { // ten minutes
					for range 20 {
						if _, failure := ask(t, client); failure == nil || failure.Endpoint != "job_info" || !failure.CredentialsRefused() {
							t.Fatalf("got %v, want the refusal of the token", failure)
						}
					}
					<-time.After(10 * time.Second)
				}
				// At first two; then after 15 s, 30 s, 1, 2, 4 and 5 minutes.
				if got := e.seen.count("login"); got < 6 || got > 8 {
					t.Errorf("got %d logins in ten minutes, want about seven", got)
				}
				e.api.ClearFaults()
				<-time.After(5 * time.Minute)
				if _, failure := ask(t, client); failure != nil {
					t.Errorf("afterwards: %v", failure)
				}
			})
		})
	}
}

func TestLoginSession_AJobThatRefusesEveryTokenIsItsOwnTrouble(t *testing.T) {
	for name, ending := range endings() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t)
				client := e.client()
				ending.BadToken = false
				e.api.SetFault(otherID, ending)
				for range 60 {
					if _, failure := askFor(t.Context(), t, client, otherID); failure == nil {
						t.Fatal("got no failure")
					}
					if _, failure := ask(t, client); failure != nil {
						t.Fatal(failure)
					}
					<-time.After(10 * time.Second)
				}
				if got := e.seen.count("login"); got < 6 || got > 8 {
					t.Errorf("got %d logins in ten minutes, want about seven", got)
				}
			})
		})
	}
}

// With status 401 the others count, for it says nothing of the token; BAD_API_TOKEN does.
func TestLoginSession_StatusesWithoutAnErrorTypeWhileOthersSucceed(t *testing.T) {
	for _, test := range []struct {
		fault        simulator.Fault
		othersFrom   time.Duration // when the others ask, after the call has begun
		calls, login int           // for the job that is refused, and in all
	}{
		{simulator.Fault{Status: 401}, 500 * time.Millisecond, 1, 1},
		{simulator.Fault{Status: 403}, 500 * time.Millisecond, 1, 1},
		{simulator.Fault{Status: 401}, -500 * time.Millisecond, 2, 2},
		{simulator.Fault{Status: 403}, -500 * time.Millisecond, 2, 2},
		{simulator.Fault{Status: 401, Body: `{"ErrorType":"BAD_API_TOKEN"}`}, 500 * time.Millisecond, 2, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := newEnv(t)
			g := &gate{wait: time.Second} // so that waiting for it is told from the call itself
			client := e.client(func(o *cielo24.Options) { o.Gate = g })
			if _, failure := ask(t, client); failure != nil {
				t.Fatal(failure)
			}
			test.fault.Latency = 2 * time.Second
			e.api.SetFault(otherID, test.fault)
			others := e.client()
			var asking sync.WaitGroup
			asking.Go(func() {
				<-time.After(g.wait + test.othersFrom)
				if _, failure := ask(t, others); failure != nil {
					t.Error(failure)
				}
			})
			if _, failure := askFor(t.Context(), t, client, otherID); !failure.CredentialsRefused() {
				t.Errorf("got %v, want a refusal", failure)
			}
			asking.Wait()
			if got := e.api.JobCalls(otherID); got != test.calls {
				t.Errorf("status %d, others after %s: the job was asked for %d times, want %d", test.fault.Status, test.othersFrom, got, test.calls)
			}
			e.wantLogins(test.login)
		})
	}
}

// A job that no new token helped holds no session back that has really ended.
func TestLoginSession_EndsThoughOneJobRefusesEveryToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		client := e.client()
		e.api.SetFault(otherID, simulator.Fault{Status: 400, Body: `{"ErrorType":"BAD_API_TOKEN"}`})
		for range 6 { // until the back-off is at its longest
			_, _ = askFor(t.Context(), t, client, otherID)
			<-time.After(5*time.Minute + time.Second)
		}
		_, _ = askFor(t.Context(), t, client, otherID)
		logins := e.seen.count("login")
		if _, failure := ask(t, client); failure != nil { // the session has worked now
			t.Fatal(failure)
		}
		e.api.ExpireTokens()
		<-time.After(14 * time.Second)
		if _, failure := ask(t, client); reasonOf(failure) != "BAD_API_TOKEN" || e.seen.count("login") != logins {
			t.Errorf("got %v, want the session to be kept that has just worked", failure)
		}
		<-time.After(time.Second)
		if _, failure := ask(t, client); failure != nil || e.seen.count("login") != logins+1 {
			t.Errorf("got %v, want a new session", failure)
		}
		// That helped; so the back-off begins anew.
		_, _ = askFor(t.Context(), t, client, otherID)
		<-time.After(15 * time.Second)
		before := e.seen.count("login")
		_, _ = askFor(t.Context(), t, client, otherID)
		if got := e.seen.count("login"); got != before+1 {
			t.Errorf("got %d logins 15 s after the first job that none helped, want %d", got, before+1)
		}
	})
}

func TestLoginSession_WithoutAnAttemptLeftTheNextCallRenewsIt(t *testing.T) {
	e := newEnv(t)
	client := e.client()
	if _, failure := ask(t, client); failure != nil {
		t.Fatal(failure)
	}
	e.api.ExpireTokens()
	attempts := cielo24.NewAttempts(1)
	_, err := client.JobInfo(t.Context(), jobID, attempts)
	if failure := asFailure(t, err); reasonOf(failure) != "BAD_API_TOKEN" || attempts.Left() != 0 {
		t.Errorf("got %v, %d left; want the refusal, none left", failure, attempts.Left())
	}
	e.wantLogins(1)
	attempts = cielo24.NewAttempts(1)
	if _, err := client.JobInfo(t.Context(), jobID, attempts); err != nil || attempts.Left() != 0 {
		t.Errorf("got %v, %d left; want success", err, attempts.Left())
	}
	e.wantLogins(2)
	attempts = cielo24.NewAttempts(3)
	e.api.ExpireTokens()
	if _, err := client.JobInfo(t.Context(), jobID, attempts); err != nil || attempts.Left() != 1 {
		t.Errorf("got %v, %d left; want success after two, the login not counted", err, attempts.Left())
	}
}

func TestLoginSession_RepeatsNothingElse(t *testing.T) {
	e := newEnv(t)
	client := e.client()
	for _, fault := range []simulator.Fault{
		{Status: 500},
		{Status: 429},
		{Break: simulator.BreakClose},
		{Status: 400, Body: `{"ErrorType":"UNHANDLED_ERROR"}`},
		{Status: 400, Body: `{"ErrorType":"ITEM_NOT_FOUND"}`},
		{Status: 400, Body: `{"ErrorType":"LOGIN_INVALID"}`},
		{Status: 404},
		{Body: "<html>"},
	} {
		e.api.SetFault(jobID, fault)
		before := e.api.JobCalls(jobID)
		if _, failure := ask(t, client); failure == nil || e.api.JobCalls(jobID) != before+1 {
			t.Errorf("%+v: got %v after %d calls, want one", fault, failure, e.api.JobCalls(jobID)-before)
		}
	}
	e.wantLogins(1)
}

// mortal returns a client whose life ends when the function is called.
func (e *env) mortal() (*cielo24.Client, context.CancelFunc) {
	ctx, cancel := context.WithCancel(e.t.Context())
	return e.client(func(o *cielo24.Options) { o.Context = ctx }), cancel
}
