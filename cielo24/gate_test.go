package cielo24_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/simulator"
)

// gate notes who passes it, and may keep them waiting or refuse them.
type gate struct {
	wait   time.Duration
	refuse func(cielo24.Endpoint) *cielo24.Error // may be nil

	mu     sync.Mutex
	inside int
	events []string
}

func (g *gate) note(format string, args ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.events = append(g.events, fmt.Sprintf(format, args...))
}

func (g *gate) Enter(ctx context.Context, endpoint cielo24.Endpoint, id string) (func(*cielo24.Error), *cielo24.Error) {
	g.note("%s %s enters", endpoint, id)
	select {
	case <-time.After(g.wait):
	case <-ctx.Done():
		return nil, &cielo24.Error{Reason: cielo24.ReasonTimeout, Detail: "waited"}
	}
	if g.refuse != nil {
		if err := g.refuse(endpoint); err != nil {
			return nil, err
		}
	}
	g.mu.Lock()
	g.inside++
	g.mu.Unlock()
	return func(err *cielo24.Error) {
		g.mu.Lock()
		g.inside--
		g.mu.Unlock()
		g.note("%s %s leaves with %v", endpoint, id, err)
	}, nil
}

// wantEvents fails unless exactly this has happened since the last time.
func (g *gate) wantEvents(t *testing.T, want ...string) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Equal(g.events, want) {
		t.Errorf("got at the gate:\n%s\nwant:\n%s", strings.Join(g.events, "\n"), strings.Join(want, "\n"))
	}
	if g.inside != 0 {
		t.Errorf("%d never left", g.inside)
	}
	g.events = nil
}

func TestGate_IsPassedByEveryRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		e := newEnv(t, func(api http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				g.note("%s arrives", r.URL.Path)
				api.ServeHTTP(w, r)
			})
		})
		client := e.client(func(o *cielo24.Options) { o.Gate = g })
		if _, failure := ask(t, client); failure != nil {
			t.Fatal(failure)
		}
		g.wantEvents(t,
			"login  enters", "/api/account/login arrives", "login  leaves with <nil>",
			"job_info "+jobID+" enters", "/api/job/info arrives", "job_info "+jobID+" leaves with <nil>")

		if _, _, failure := list(t, client, 10); failure != nil {
			t.Fatal(failure)
		}
		g.wantEvents(t, "job_list  enters", "/api/job/list arrives", "job_list  leaves with <nil>")

		e.api.ExpireTokens()
		if _, failure := ask(t, client); failure != nil {
			t.Fatal(failure)
		}
		g.wantEvents(t,
			"job_info "+jobID+" enters", "/api/job/info arrives", "job_info "+jobID+" leaves with job_info: BAD_API_TOKEN: Invalid or expired API token",
			"login  enters", "/api/account/login arrives", "login  leaves with <nil>",
			"job_info "+jobID+" enters", "/api/job/info arrives", "job_info "+jobID+" leaves with <nil>")
	})
}

func TestGate_HearsWhatCameOfARequestOnceItsBodyIsRead(t *testing.T) {
	for _, test := range []struct {
		fault simulator.Fault
		want  string // of the error
		took  time.Duration
	}{
		{simulator.Fault{}, "<nil>", 0},
		{simulator.Fault{Body: `{"JobId":"a"}`, Break: simulator.BreakDrip}, "<nil>", 1200 * time.Millisecond},
		{simulator.Fault{Status: 503, Body: `{"what":"x"}`, Break: simulator.BreakDrip}, "job_info: http_5xx: status 503", 1100 * time.Millisecond},
		{simulator.Fault{Body: `{"JobId":"a"}`, Break: simulator.BreakTruncate}, "job_info: connection: unexpected EOF", 0},
		{simulator.Fault{Hang: true}, "job_info: timeout: no complete answer within 10s", 10 * time.Second},
	} {
		t.Run(test.want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, g := newEnv(t), &gate{}
				client := e.client(func(o *cielo24.Options) { o.Gate, o.Session = g, staticSession(t) })
				e.api.AddToken(token, username)
				e.api.SetFault(jobID, test.fault)
				began := time.Now()
				_, _ = ask(t, client)
				if took := time.Since(began); took != test.took {
					t.Errorf("took %s, want %s", took, test.took)
				}
				g.wantEvents(t, "job_info "+jobID+" enters", "job_info "+jobID+" leaves with "+test.want)
			})
		})
	}
}

func TestGate_WaitingIsNoPartOfTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, g := newEnv(t), &gate{wait: time.Minute}
		client := e.client(func(o *cielo24.Options) { o.Gate, o.Timeout = g, time.Second })
		began := time.Now()
		if _, failure := ask(t, client); failure != nil || time.Since(began) != 2*time.Minute {
			t.Errorf("got %v after %s, want success after a login and a call that waited a minute each", failure, time.Since(began))
		}
		for _, endpoint := range []cielo24.Endpoint{"login", "job_info"} {
			if all := e.seen.of(endpoint); len(all) != 1 || all[0].Duration != 0 {
				t.Errorf("observed %+v, want one %s that took no time", all, endpoint)
			}
		}
	})
}

func TestGate_WhatItRefusesIsNoCall(t *testing.T) {
	held := &cielo24.Error{Endpoint: "job_list", Code: 503, Reason: cielo24.ReasonRateLimited, Detail: "held until noon"}
	e := newEnv(t)
	e.api.AddToken(token, username)
	g := &gate{refuse: func(cielo24.Endpoint) *cielo24.Error { return held }}
	client := e.client(func(o *cielo24.Options) { o.Gate, o.Session = g, staticSession(t) })
	attempts := cielo24.NewAttempts(3)
	_, err := client.JobInfo(t.Context(), jobID, attempts)
	if failure := asFailure(t, err); failure == nil || failure.Error() != "job_info: rate_limited: held until noon" || failure.Retryable() {
		t.Errorf("got %v, want what the gate said, and no repeat", failure)
	}
	if attempts.Left() != 3 || e.api.Calls("job_info") != 0 || e.seen.count("job_info") != 0 {
		t.Errorf("%d attempts left, %d calls, %d observed; want 3, 0, 0", attempts.Left(), e.api.Calls("job_info"), e.seen.count("job_info"))
	}
	if held.Endpoint != "job_list" {
		t.Error("the gate's own error was changed")
	}
	g.wantEvents(t, "job_info "+jobID+" enters")
}

func TestGate_ALoginItRefusesIsTriedAsSoonAsItMay(t *testing.T) {
	e := newEnv(t)
	open := false
	g := &gate{refuse: func(endpoint cielo24.Endpoint) *cielo24.Error {
		if open {
			return nil
		}
		return &cielo24.Error{Endpoint: endpoint, Reason: cielo24.ReasonRateLimited, Detail: "held"}
	}}
	client := e.client(func(o *cielo24.Options) { o.Gate = g })
	for range 2 {
		if _, failure := ask(t, client); failure == nil || failure.Error() != "login: rate_limited: held" || failure.CredentialsRefused() {
			t.Errorf("got %v, want a login that is held", failure)
		}
		g.wantEvents(t, "login  enters")
	}
	open = true
	if _, failure := ask(t, client); failure != nil {
		t.Errorf("got %v, want a login without any back-off", failure)
	}
	e.wantLogins(1)
}

// Whoever waits for a login must not take the place of a call.
func TestGate_NobodyIsInsideWhileALoginIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, g := newEnv(t), &gate{}
		client := e.client(func(o *cielo24.Options) { o.Gate = g })
		e.api.SetFault("", simulator.Fault{Endpoint: "login", Latency: 5 * time.Second})
		var asking sync.WaitGroup
		for range 3 {
			asking.Go(func() {
				if _, failure := ask(t, client); failure != nil {
					t.Error(failure)
				}
			})
		}
		<-time.After(4 * time.Second)
		g.mu.Lock()
		if g.inside != 1 || !slices.Equal(g.events, []string{"login  enters"}) {
			t.Errorf("%d inside after %v, want the login alone", g.inside, g.events)
		}
		g.mu.Unlock()
		asking.Wait()
	})
}

func TestGate_HearsOfALoginThatIsAskedToWait(t *testing.T) {
	e := newEnv(t)
	e.api.SetFault("", simulator.Fault{Endpoint: "login", Status: 503, Header: http.Header{"Retry-After": {"60"}}})
	var heard time.Duration
	client := e.client(func(o *cielo24.Options) {
		o.Gate = gateFunc(func(context.Context, cielo24.Endpoint, string) (func(*cielo24.Error), *cielo24.Error) {
			return func(err *cielo24.Error) { heard = err.RetryAfter }, nil
		})
	})
	if _, failure := ask(t, client); reasonOf(failure) != "http_5xx" || heard != time.Minute {
		t.Errorf("got %v, and the gate heard of %s; want a minute", failure, heard)
	}
}

// gateFunc is a gate that is one function.
type gateFunc func(context.Context, cielo24.Endpoint, string) (func(*cielo24.Error), *cielo24.Error)

func (f gateFunc) Enter(ctx context.Context, endpoint cielo24.Endpoint, id string) (func(*cielo24.Error), *cielo24.Error) {
	return f(ctx, endpoint, id)
}
