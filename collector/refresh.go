package collector

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"cielo24_exporter/cielo24"
)

// refresh fetches every job of an account once. The account's mutex guards all but done.
type refresh struct {
	done    chan struct{} // closed when it is complete
	first   uint64        // calls up to this one began before it
	calls   calls
	breaker breaker
	queue   []*task // to fetch
	retries []*task // to fetch again; after all others, so that they keep none waiting
}

// task is a job to fetch.
type task struct {
	slot     *slot
	attempts *cielo24.Attempts
	tries    int // fetches so far
}

// maxAttempts is how many requests may go onto the wire for a job or a list in one refresh: a lost connection or a server
// that is restarting is usually back for the second, and a third costs little. More would turn an outage into a flood.
const maxAttempts = 3

// join returns the refresh under way, starts one, or returns a complete one if the API is not to be called just now.
func (a *Account) join() *refresh {
	_, hold := a.gate.held()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refresh != nil {
		return a.refresh
	}
	now := a.opts.Now()
	r := &refresh{done: make(chan struct{}), breaker: newBreaker(a.settings.Concurrency), first: a.gate.latest()}
	tooSoon := !a.startedAt.IsZero() && now.Sub(a.startedAt) < a.settings.MinInterval
	if hold != nil && !tooSoon {
		a.skipAllLocked(hold, now)
	}
	if tooSoon || hold != nil || a.ctx.Err() != nil {
		close(r.done)
		return r
	}
	a.refresh, a.startedAt = r, now
	a.active.Go(func() { a.run(r) })
	return r
}

// run is the life of a refresh. The lists come in beside the jobs that are fetched one by one, so that neither waits for
// the other; jobs that are no longer in a list are fetched after that.
func (a *Account) run(r *refresh) {
	a.reloadSecrets()
	a.readWatchList()
	var lists sync.WaitGroup
	lists.Go(func() { a.discover(r) })
	a.fetchAll(r)
	lists.Wait()
	a.fetchAll(r)
	a.prove(r)
	a.finish(r)
}

// fetchAll fetches the jobs that are due and were not fetched in this refresh.
func (a *Account) fetchAll(r *refresh) {
	workers := a.plan(r)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for t := a.take(r); t != nil; t = a.take(r) {
				a.fetch(r, t)
			}
		})
	}
	all.Wait()
}

// plan puts the due jobs into the queue, in the order in which they are fetched, and returns how many workers they keep
// busy.
func (a *Account) plan(r *refresh) (workers int) {
	now := a.opts.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.jobs {
		if s.planned != r && !s.state.nextFetch(a.settings.SettledInterval).After(now) {
			s.planned = r
			r.queue = append(r.queue, &task{slot: s, attempts: cielo24.NewAttempts(maxAttempts)})
		}
	}
	slices.SortStableFunc(r.queue, func(x, y *task) int {
		switch {
		case x.slot.state.before(y.slot.state):
			return -1
		case y.slot.state.before(x.slot.state):
			return 1
		}
		return 0
	})
	if r.breaker.err != nil {
		a.skipRestLocked(r, now)
	}
	a.gate.setBusy(len(r.queue) > 0)
	return min(a.settings.Concurrency, len(r.queue))
}

// take returns the next job to fetch, after a while if it is fetched again; nil when there is none.
func (a *Account) take(r *refresh) *task {
	a.mu.Lock()
	var t *task
	for t == nil && len(r.queue) > 0 {
		if t, r.queue = r.queue[0], r.queue[1:]; t.slot.dropped {
			t = nil
		}
	}
	if len(r.queue) == 0 {
		a.gate.setBusy(false)
	}
	if t == nil && len(r.retries) > 0 {
		t, r.retries = r.retries[0], r.retries[1:]
	}
	a.mu.Unlock()
	if t == nil || a.ctx.Err() != nil || t.tries > 0 && !sleepBeforeRetry(a.ctx, t.tries) {
		return nil
	}
	return t
}

// sleepBeforeRetry waits a while before the try after so many, and reports whether ctx allows it. It is long enough for
// a server to be restarted by its supervisor, grows with each try, and is never the same, so that calls that failed together
// are not repeated together.
func sleepBeforeRetry(ctx context.Context, tries int) bool {
	longest := time.Duration(tries) * 200 * time.Millisecond
	timer := time.NewTimer(longest/2 + rand.N(longest/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// fetch fetches the job of t and notes what came of it.
func (a *Account) fetch(r *refresh, t *task) {
	a.mu.Lock()
	connection, epoch, id := a.connection, a.epoch, t.slot.state.ID
	a.mu.Unlock()
	c := &caller{}
	job, err := connection.API.JobInfo(asCaller(a.ctx, c), id, t.attempts)
	failure := asError(cielo24.EndpointJobInfo, err)
	if failure != nil && failure.Reason == cielo24.ReasonCanceled {
		return // says nothing about the job
	}
	now := a.opts.Now()
	_, hold := a.gate.held()
	t.tries++
	a.mu.Lock()
	defer a.mu.Unlock()
	e := eventOf(c, &job, failure)
	switch {
	case epoch != a.epoch, failure.CredentialsRefused() && connection.Session != a.connection.Session:
		if t.attempts.Left() > 0 { // a reload has made the answer worthless
			r.retries = append(r.retries, t)
		}
		return
	case e.kind != skipped || failure.Endpoint == cielo24.EndpointLogin:
		a.recordLocked(r, failure, now)
	}
	if e.kind == skipped && hold != nil {
		r.breaker.open(hold)
	}
	if e.kind != skipped || t.tries == 1 {
		a.updateLocked(t.slot, e, now)
	}
	if r.breaker.err != nil {
		a.skipRestLocked(r, now)
	} else if failure.Retryable() && t.attempts.Left() > 0 {
		r.retries = append(r.retries, t)
	}
}

// eventOf is what the end of a fetch means for its job. Without a call, or when no session could be had, it is not the
// job that failed.
func eventOf(c *caller, job *cielo24.Job, failure *cielo24.Error) event {
	switch {
	case failure == nil:
		return event{kind: fetched, call: c.call, values: job}
	case c.call == 0 || failure.Endpoint == cielo24.EndpointLogin:
		return event{kind: skipped, err: failure}
	}
	return event{kind: failed, call: c.call, err: failure}
}

// recordLocked notes how a call of the refresh ended.
func (a *Account) recordLocked(r *refresh, failure *cielo24.Error, now time.Time) {
	r.calls.record(failure)
	r.breaker.record(failure)
	if health, ok := r.calls.health(false); ok {
		a.health = a.health.following(health, now)
	}
}

// updateLocked tells a job of an event.
func (a *Account) updateLocked(s *slot, e event, now time.Time) {
	if s.dropped {
		return
	}
	was := s.state
	s.state = was.next(e, now)
	a.zone.compare(was, s.state)
	if s.state.Presence == Dropped {
		a.dropLocked(s)
	}
}

// dropLocked ends the watching of a discovered job.
func (a *Account) dropLocked(s *slot) {
	s.dropped = true
	delete(a.byKey, s.state.Key)
	a.zone.forget(s.state.Key)
	a.jobs = slices.DeleteFunc(slices.Clone(a.jobs), func(other *slot) bool { return other == s })
}

// skipRestLocked ends the fetching: jobs that were not tried share the failure, and keep their rank.
func (a *Account) skipRestLocked(r *refresh, now time.Time) {
	for _, t := range r.queue {
		if t.tries == 0 && t.slot.state.call <= r.first {
			a.updateLocked(t.slot, event{kind: skipped, err: r.breaker.err}, now)
		}
	}
	r.queue, r.retries = nil, nil
	a.gate.setBusy(false)
}

// skipAllLocked is a refresh under a hold: no job that is due, and no list, is fetched.
func (a *Account) skipAllLocked(err *cielo24.Error, now time.Time) {
	for _, s := range slices.Clone(a.jobs) {
		if s.state.Presence == Listed || !s.state.nextFetch(a.settings.SettledInterval).After(now) {
			a.updateLocked(s, event{kind: skipped, err: err}, now)
		}
	}
	a.health = a.health.following(down(err), now)
}

// prove makes one more call when those that were due have proved nothing, so that cielo24_up tells of the API and not of
// one job or of none: for the job that was last fetched successfully.
func (a *Account) prove(r *refresh) {
	a.mu.Lock()
	var last *slot
	if !r.calls.proof && r.calls.refused == nil {
		for _, s := range a.jobs {
			if s.state.call <= r.first && s.state.Outcome != Pending &&
				(last == nil || s.state.FetchedAt.After(last.state.FetchedAt)) && !s.state.FetchedAt.IsZero() {
				last = s
			}
		}
	}
	if _, hold := a.gate.held(); last == nil || hold != nil || last.state.waitUntil.After(a.opts.Now()) {
		a.mu.Unlock()
		return
	}
	listed := last.state.Presence == Listed
	a.mu.Unlock()
	if listed { // whose fetch is its list: the call counts for the account only
		last = &slot{state: last.state, dropped: true}
	}
	for t := (&task{slot: last, attempts: cielo24.NewAttempts(maxAttempts)}); t != nil; t = a.take(r) {
		a.fetch(r, t)
	}
}

// asError returns err as the error that says why. Whatever else an API returns counts as a connection that failed.
func asError(endpoint cielo24.Endpoint, err error) *cielo24.Error {
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*cielo24.Error](err); ok {
		return failure
	}
	return &cielo24.Error{Endpoint: endpoint, Reason: cielo24.ReasonConnection, Detail: err.Error()}
}

// finish makes the refresh the last complete one.
func (a *Account) finish(r *refresh) {
	now := a.opts.Now()
	a.mu.Lock()
	a.refresh = nil
	var lines []line
	if a.ctx.Err() == nil {
		a.finishedAt, a.duration = now, now.Sub(a.startedAt)
		if health, ok := r.calls.health(true); ok {
			a.health = a.health.following(health, now)
		}
		lines = append(a.changes.compare(a.viewLocked(), now), a.zone.changes(a.settings.Location, now)...)
	}
	a.mu.Unlock()
	a.log(lines)
	close(r.done) // last, so that whoever saw the refresh end finds in the log what it brought
}
