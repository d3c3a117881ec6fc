package collector

import (
	"context"
	"errors"
	"sync"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"

	"golang.org/x/time/rate"
)

// caller is on whose behalf calls are made. It travels in their context, since the client knows nothing of refreshes
// and probes, and brings back where the latest call that the gate let through stands in the order of all calls.
type caller struct {
	probe bool
	call  uint64 // 0: none was let through
}

type callerKey struct{}

// asCaller returns a context for calls on behalf of c.
func asCaller(ctx context.Context, c *caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// callerOf returns on whose behalf a call is made. A login belongs to the account, whoever waits for it.
func callerOf(ctx context.Context) *caller {
	if c, ok := ctx.Value(callerKey{}).(*caller); ok {
		return c
	}
	return &caller{}
}

// gate lets the calls of one account onto the wire, whoever makes them (cielo24.Gate): while the API has not asked to
// wait, as often as requests_per_second and as many at a time as concurrency allow. Rate and slot are taken in the
// moment in which both are there, so that neither is held while waiting for the other. It outlives reloads. It is safe for
// concurrent use.
type gate struct {
	now    func() time.Time
	onHold func(until time.Time, err *cielo24.Error) // is told of every new hold of the account; nil: nobody is

	mu        sync.Mutex
	limiter   *rate.Limiter
	slots     int // concurrency
	underWay  int
	probes    int       // of those under way
	account   []*waiter // calls of refreshes and logins that wait, in their order
	probing   []*waiter // calls of probes that wait
	busy      bool      // a refresh has more calls to make than wait here
	sinceLast int       // calls of the account since the last of a probe
	calls     uint64    // let through so far
	wakeUp    *time.Timer
	holds     holds
}

// waiter is a call that waits for the gate to open.
type waiter struct {
	*caller
	endpoint cielo24.Endpoint
	job      config.JobID
	opened   chan *cielo24.Error // receives nil when the call may be made, or why it must not be
}

// probeShare is the part of slots and rate that probes get while a refresh has calls to make: one in probeShare.
const probeShare = 4

func newGate(now func() time.Time) *gate {
	return &gate{
		now: now, limiter: rate.NewLimiter(rate.Inf, 1), slots: 1, sinceLast: probeShare,
		holds: holds{jobs: map[config.JobID]request{}},
	}
}

// configure sets concurrency and requests_per_second (0: no limit). An unchanged rate keeps what is left of it.
func (g *gate) configure(concurrency int, requestsPerSecond float64) {
	limit := rate.Inf
	if requestsPerSecond > 0 {
		limit = rate.Limit(requestsPerSecond)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.slots = concurrency
	if limit != g.limiter.Limit() {
		g.limiter.SetLimitAt(g.now(), limit)
	}
	g.dispatchLocked()
}

// setBusy says whether a refresh has more calls to make than wait at the gate.
func (g *gate) setBusy(busy bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy = busy
	g.dispatchLocked()
}

// held returns until when the API has asked the account to wait, and the error of calls until then; nil if it has not.
func (g *gate) held() (until time.Time, err *cielo24.Error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err = g.holds.refusal(cielo24.EndpointJobInfo, "", g.now()); err == nil {
		return time.Time{}, nil
	}
	return g.holds.until, err
}

// latest returns the place of the latest call that was let through in the order of all calls.
func (g *gate) latest() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls
}

// Enter waits until the call may be made; see cielo24.Gate.
func (g *gate) Enter(ctx context.Context, endpoint cielo24.Endpoint, jobID string) (func(*cielo24.Error), *cielo24.Error) {
	job, _ := config.ParseJobID(jobID) // "" for calls that are not about a job
	w := &waiter{caller: callerOf(ctx), endpoint: endpoint, job: job, opened: make(chan *cielo24.Error, 1)}
	g.mu.Lock()
	if w.probe {
		g.probing = append(g.probing, w)
	} else {
		g.account = append(g.account, w)
	}
	g.dispatchLocked()
	g.mu.Unlock()
	select {
	case err := <-w.opened:
		if err != nil {
			return nil, err
		}
	case <-ctx.Done():
		if !g.withdraw(w) {
			return nil, gaveUp(ctx, endpoint)
		}
	}
	return func(err *cielo24.Error) { g.leave(w, err) }, nil
}

// withdraw takes a waiter back and reports whether the call had been let through all the same.
func (g *gate) withdraw(w *waiter) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case err := <-w.opened:
		return err == nil
	default:
	}
	g.account, g.probing = without(g.account, w), without(g.probing, w)
	g.dispatchLocked() // whoever was behind it
	return false
}

func without(waiters []*waiter, w *waiter) []*waiter {
	for i, other := range waiters {
		if other == w {
			return append(waiters[:i:i], waiters[i+1:]...)
		}
	}
	return waiters
}

// gaveUp is the error of a call whose caller has stopped waiting for the gate.
func gaveUp(ctx context.Context, endpoint cielo24.Endpoint) *cielo24.Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &cielo24.Error{
			Endpoint: endpoint, Reason: cielo24.ReasonTimeout,
			Detail: "no room for the call in time under concurrency and requests_per_second",
		}
	}
	return &cielo24.Error{Endpoint: endpoint, Reason: cielo24.ReasonCanceled, Detail: "given up by the exporter"}
}

// leave is called when a call has ended: err is nil if its answer was usable.
func (g *gate) leave(w *waiter, err *cielo24.Error) {
	g.mu.Lock()
	g.underWay--
	if w.probe {
		g.probes--
	}
	longer := g.holds.ended(ended{endpoint: w.endpoint, job: w.job, call: w.call, last: g.calls, err: err}, g.now())
	until := g.holds.until
	g.dispatchLocked()
	g.mu.Unlock()
	if longer && g.onHold != nil {
		g.onHold(until, err)
	}
}

// dispatchLocked lets through what may go.
func (g *gate) dispatchLocked() {
	now := g.now()
	for g.refuseHeldLocked(now); g.underWay < g.slots; {
		queue := g.nextLocked()
		if queue == nil {
			return
		}
		if wait := reserve(g.limiter, now); wait > 0 {
			g.wakeUpInLocked(wait)
			return
		}
		w := (*queue)[0]
		*queue = (*queue)[1:]
		g.calls++
		w.call = g.calls
		g.underWay++
		g.sinceLast++
		if w.probe {
			g.probes++
			g.sinceLast = 0
		}
		w.opened <- nil
	}
}

// refuseHeldLocked sends away whoever must not call now, because the API has asked the account or the job to wait.
func (g *gate) refuseHeldLocked(now time.Time) {
	if !now.Before(g.holds.until) && len(g.holds.jobs) == 0 {
		return
	}
	for _, queue := range []*[]*waiter{&g.account, &g.probing} {
		kept := (*queue)[:0]
		for _, w := range *queue {
			if err := g.holds.refusal(w.endpoint, w.job, now); err != nil {
				w.opened <- err
			} else {
				kept = append(kept, w)
			}
		}
		clear((*queue)[len(kept):])
		*queue = kept
	}
}

// nextLocked returns the queue whose first may go, or nil. While a refresh has calls to make, every fourth is a probe's, if
// one waits, and a quarter of the slots at most.
func (g *gate) nextLocked() *[]*waiter {
	switch {
	case len(g.probing) == 0 && len(g.account) == 0:
		return nil
	case len(g.probing) == 0:
		return &g.account
	case len(g.account) == 0 && !g.busy,
		g.sinceLast >= probeShare-1 && g.probes < max(1, g.slots/probeShare):
		return &g.probing
	case len(g.account) == 0:
		return nil
	}
	return &g.account
}

// reserve takes one call from the limiter and returns 0, or takes none and returns how long until there is one.
func reserve(limiter *rate.Limiter, now time.Time) time.Duration {
	r := limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// wakeUpInLocked looks again after a while.
func (g *gate) wakeUpInLocked(wait time.Duration) {
	if g.wakeUp != nil {
		g.wakeUp.Stop()
	}
	g.wakeUp = time.AfterFunc(wait, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.dispatchLocked()
	})
}
