package collector

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"
)

// visitor is a caller that waits at a gate, and what comes of it.
type visitor struct {
	*caller
	leave func(*cielo24.Error)
	err   *cielo24.Error
	in    time.Time // when it was let through
	left  bool
}

// visit sends a caller to the gate and waits until all that can happen at once has happened.
func visit(ctx context.Context, g *gate, job string, probe bool) *visitor {
	v := &visitor{caller: &caller{probe: probe}}
	go func() {
		v.leave, v.err = g.Enter(asCaller(ctx, v.caller), cielo24.EndpointJobInfo, job)
		v.in = time.Now()
	}()
	synctest.Wait()
	return v
}

// pass lets time pass, and all that happens meanwhile happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// order returns who was let through, in order, each named by its place.
func order(visitors []*visitor) []int {
	var places []int
	for i, v := range visitors {
		if v.call != 0 {
			places = append(places, i)
		}
	}
	slices.SortFunc(places, func(a, b int) int { return int(visitors[a].call) - int(visitors[b].call) })
	return places
}

func TestGate_LetsAsManyThroughAsConcurrencyAllows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(time.Now)
		g.configure(2, 0)
		var all []*visitor
		for i := range 5 {
			all = append(all, visit(t.Context(), g, fmt.Sprint(i), false))
		}
		if got := order(all); !slices.Equal(got, []int{0, 1}) {
			t.Fatalf("got %v let through, want the first two", got)
		}
		all[1].leave(nil)
		synctest.Wait()
		if got := order(all); !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("got %v, want the next when one has left", got)
		}
		g.configure(4, 0)
		synctest.Wait()
		if got := order(all); !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
			t.Errorf("got %v, want more with more concurrency", got)
		}
		if got := g.latest(); got != 5 {
			t.Errorf("got %d calls, want 5", got)
		}
		for _, v := range []*visitor{all[0], all[2], all[3], all[4]} {
			v.leave(nil)
		}
	})
}

func TestGate_PacesWhateverHowLongCallsTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(time.Now)
		g.configure(1, 0.5)
		start := time.Now()
		var all []*visitor
		for i := range 5 {
			all = append(all, visit(t.Context(), g, fmt.Sprint(i), false))
		}
		pass(time.Minute) // the first call takes long: no allowance comes together meanwhile
		for _, v := range all {
			v.leave(nil)
			pass(10 * time.Second)
		}
		want := []time.Duration{0, time.Minute, 70 * time.Second, 80 * time.Second, 90 * time.Second}
		for i, v := range all {
			if got := v.in.Sub(start); got != want[i] {
				t.Errorf("call %d: got let through after %v, want %v", i, got, want[i])
			}
		}
		g.configure(8, 0.5) // an unchanged rate keeps what is left of it
		start = time.Now()
		all = nil
		for i := range 3 {
			all = append(all, visit(t.Context(), g, fmt.Sprint(i), false))
		}
		pass(time.Minute)
		for i, v := range all {
			if got := v.in.Sub(start); got != time.Duration(2*i)*time.Second {
				t.Errorf("call %d at 0.5 a second: got let through after %v, want %d s", i, got, 2*i)
			}
			v.leave(nil)
		}
	})
}

func TestGate_GivesProbesAShareWhileARefreshHasCalls(t *testing.T) {
	for _, test := range []struct {
		slots, probes int // how many of 16 calls are probes', once all slots are taken and all are wanted
	}{{1, 4}, {4, 4}, {8, 4}} {
		t.Run(fmt.Sprint(test.slots), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(time.Now)
				g.configure(test.slots, 0)
				g.setBusy(true)
				var all []*visitor
				for i := range 44 {
					all = append(all, visit(t.Context(), g, "", i >= 22))
				}
				probes := 0
				for n := range test.slots + 16 {
					i := slices.IndexFunc(all, func(v *visitor) bool { return v.call == uint64(n+1) })
					if n >= test.slots && i >= 22 {
						probes++
					}
					if under := g.probes; under > max(1, test.slots/4) {
						t.Errorf("got %d probes under way of %d slots", under, test.slots)
					}
					all[i].left = true
					all[i].leave(nil)
					synctest.Wait()
				}
				if probes != test.probes {
					t.Errorf("got %d probes among 16 calls, want %d", probes, test.probes)
				}
				finish(g, all)
			})
		})
	}
}

// finish lets everybody through and out.
func finish(g *gate, all []*visitor) {
	g.setBusy(false)
	for left := 1; left > 0; {
		synctest.Wait()
		var in []*visitor
		for _, v := range all {
			if v.call != 0 && !v.left {
				in = append(in, v)
			}
		}
		for _, v := range in {
			v.left = true
			v.leave(nil)
		}
		left = len(in)
	}
}

func TestGate_GivesProbesEverythingWhileNobodyElseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(time.Now)
		g.configure(4, 0)
		var all []*visitor
		for range 4 {
			all = append(all, visit(t.Context(), g, "", true))
		}
		if got := order(all); len(got) != 4 {
			t.Errorf("got %d probes let through, want all 4", len(got))
		}
		finish(g, all)
		g.setBusy(true) // more is to come, and keeps its slots
		all = []*visitor{visit(t.Context(), g, "", true), visit(t.Context(), g, "", true)}
		if got := order(all); len(got) != 0 {
			t.Errorf("got %d probes right after others, want none before three calls of the refresh", len(got))
		}
		finish(g, all)
	})
}

func TestGate_WaitersMayLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(time.Now)
		g.configure(1, 0)
		first := visit(t.Context(), g, "1", false)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		second := visit(short, g, "2", true)
		third := visit(t.Context(), g, "3", false)
		pass(2 * time.Second)
		synctest.Wait()
		if second.err == nil || second.err.Reason != cielo24.ReasonTimeout || second.call != 0 {
			t.Errorf("got %v, call %d, want a timeout without a call", second.err, second.call)
		}
		first.leave(nil)
		synctest.Wait()
		if third.call != 2 {
			t.Errorf("got call %d for who waited behind, want 2", third.call)
		}
		third.leave(nil)
		canceled, stop := context.WithCancel(t.Context())
		busy := visit(t.Context(), g, "4", false)
		fifth := visit(canceled, g, "5", false)
		stop()
		synctest.Wait()
		if fifth.err == nil || fifth.err.Reason != cielo24.ReasonCanceled {
			t.Errorf("got %v, want canceled", fifth.err)
		}
		busy.leave(nil)
	})
}

func TestGate_HoldSendsAwayWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged []time.Time
		g := newGate(time.Now)
		g.onHold = func(until time.Time, _ *cielo24.Error) { logged = append(logged, until) }
		g.configure(1, 0)
		first := visit(t.Context(), g, "1", false)
		second := visit(t.Context(), g, "2", true)
		g.mu.Lock()
		g.holds.hold(time.Now(), serverError(0)) // over at once
		g.mu.Unlock()
		limited := &cielo24.Error{Endpoint: cielo24.EndpointJobInfo, Code: 429, Reason: cielo24.ReasonRateLimited, RetryAfter: time.Minute}
		first.leave(limited)
		synctest.Wait()
		if second.err != nil || second.call != 2 {
			t.Fatalf("got %v, want the account to go on after one job was asked to wait", second.err)
		}
		if again := visit(t.Context(), g, "1", false); again.err == nil || again.err.Reason != cielo24.ReasonRateLimited {
			t.Errorf("got %v, want the job itself to wait", again.err)
		}
		third := visit(t.Context(), g, "3", false)
		second.leave(limited)
		synctest.Wait()
		if third.err == nil || third.err.Reason != cielo24.ReasonRateLimited || third.err.RetryAfter != 0 {
			t.Errorf("got %v, want who waits to be sent away", third.err)
		}
		until, err := g.held()
		if err == nil || !until.Equal(time.Now().Add(time.Minute)) || !slices.Equal(logged, []time.Time{until}) {
			t.Errorf("got held until %v (%v), logged %v, want a minute, logged once", until, err, logged)
		}
		pass(time.Minute)
		fourth := visit(t.Context(), g, "4", false)
		if _, err := g.held(); err != nil || fourth.err != nil {
			t.Errorf("got %v and %v, want the hold to be over", err, fourth.err)
		}
		fourth.leave(nil)
	})
}

func TestHolds_AccountWaitsWhenASecondJobBearsItOut(t *testing.T) {
	ask := func(job string, minute float64, code int, wait time.Duration, began, last uint64) func(*holds) bool {
		return func(h *holds) bool {
			now := at(0).Add(time.Duration(minute * float64(time.Minute)))
			err := &cielo24.Error{Endpoint: cielo24.EndpointJobInfo, Code: code, RetryAfter: wait, Reason: "x"}
			return h.ended(ended{endpoint: err.Endpoint, job: config.JobID(job), call: began, last: last, err: err}, now)
		}
	}
	success := func(call uint64) func(*holds) bool {
		return func(h *holds) bool { return h.ended(ended{job: "9", call: call, last: call}, at(0)) }
	}
	tests := map[string]struct {
		events []func(*holds) bool
		wait   time.Duration // from the last event on; 0: the account is not held
	}{
		"one job":                        {[]func(*holds) bool{ask("1", 0, 429, time.Hour, 1, 1)}, 0},
		"one job twice":                  {[]func(*holds) bool{ask("1", 0, 429, time.Hour, 1, 1), ask("1", 0, 429, time.Hour, 2, 2)}, 0},
		"two jobs":                       {[]func(*holds) bool{ask("1", 0, 429, time.Hour, 1, 1), ask("2", 0, 429, time.Minute, 2, 2)}, time.Minute},
		"two jobs, the other way":        {[]func(*holds) bool{ask("1", 0, 429, time.Minute, 1, 1), ask("2", 0, 503, time.Hour, 2, 2)}, time.Minute},
		"two jobs, a minute apart":       {[]func(*holds) bool{ask("1", -1, 429, time.Hour, 1, 1), ask("2", 0, 429, time.Hour, 2, 2)}, 0},
		"two jobs, less than a minute":   {[]func(*holds) bool{ask("1", -0.9, 429, time.Hour, 1, 1), ask("2", 0, 429, time.Hour, 2, 2)}, time.Hour},
		"429, then a success":            {[]func(*holds) bool{ask("1", 0, 429, time.Hour, 1, 1), success(2), ask("2", 0, 429, time.Hour, 3, 3)}, time.Hour},
		"503, then a success":            {[]func(*holds) bool{ask("1", 0, 503, time.Hour, 1, 1), success(2), ask("2", 0, 503, time.Hour, 3, 3)}, 0},
		"503, and a success from before": {[]func(*holds) bool{ask("1", 0, 503, time.Hour, 1, 2), success(2), ask("2", 0, 503, time.Hour, 3, 3)}, time.Hour},
	}
	for name, test := range tests {
		h := holds{jobs: map[config.JobID]request{}}
		longer := false
		for _, event := range test.events {
			longer = event(&h)
		}
		refused := h.refusal(cielo24.EndpointJobList, "", at(0)) != nil
		if refused != (test.wait > 0) || longer != refused || refused && !h.until.Equal(at(0).Add(test.wait)) {
			t.Errorf("%s: got held %t until %v, longer %t, want %v from %v", name, refused, h.until, longer, test.wait, at(0))
		}
	}
}

func TestHolds_ListAndLoginHoldTheAccountAtOnceAndNeverShorter(t *testing.T) {
	for _, endpoint := range []cielo24.Endpoint{cielo24.EndpointJobList, cielo24.EndpointLogin} {
		h := holds{jobs: map[config.JobID]request{}}
		for i, wait := range []time.Duration{time.Hour, time.Minute, 2 * time.Hour} {
			longer := h.ended(ended{endpoint: endpoint, err: &cielo24.Error{Endpoint: endpoint, Code: 503, RetryAfter: wait}}, at(0))
			if want := at(0).Add(max(wait, time.Hour)); longer != (i != 1) || !h.until.Equal(want) {
				t.Errorf("%s asked to wait %v: got until %v, longer %t, want %v", endpoint, wait, h.until, longer, want)
			}
		}
		if h.refusal(endpoint, "", at(120)) != nil || h.refusal(endpoint, "", at(119)) == nil {
			t.Errorf("%s: want the hold to end exactly at its end", endpoint)
		}
	}
}

func TestHolds_ForgetsJobsThatNeedNotWaitAnyMore(t *testing.T) {
	h := holds{jobs: map[config.JobID]request{}}
	for minute := range 100 {
		err := &cielo24.Error{Endpoint: cielo24.EndpointJobInfo, Code: 503, RetryAfter: 90 * time.Second}
		h.ended(ended{endpoint: err.Endpoint, job: config.JobID(fmt.Sprint(minute)), call: 1, last: 1, err: err}, at(2*minute))
		h.ended(ended{job: "ff", call: 1, last: 1}, at(2*minute))
	}
	if got := len(h.jobs); got > 2 {
		t.Errorf("got %d jobs remembered, want those that still wait", got)
	}
}
