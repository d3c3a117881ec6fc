package collector

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"cielo24_exporter/cielo24"
)

// refresh asks the API for all jobs of an account once. What it holds is guarded by the account's mutex.
type refresh struct {
	done     chan struct{} // closed when it is complete
	deadline time.Time     // of the scrape that waits longest; zero: nobody has said how long
	tally    tally
	work     work
}

// join returns the refresh under way, begins one, or returns a complete one if the API is not to be asked just now.
// ctx is the scrape's.
func (a *Account) join(ctx context.Context) *refresh {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.current
	if r == nil {
		r = &refresh{done: make(chan struct{})}
		now := a.now()
		tooSoon := !a.begun.IsZero() && now.Sub(a.begun) < a.cfg.MinInterval
		if tooSoon || a.held(now) || a.ctx.Err() != nil {
			close(r.done)
			return r
		}
		a.current, a.begun = r, now
		a.done.Add(1)
		go a.run(r)
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.After(r.deadline) {
		r.deadline = deadline
	}
	return r
}

// run is the life of a refresh. The lists come in beside the jobs that are asked for one by one, so that neither waits
// for the other; jobs that are no longer in a list are asked for in the end.
func (a *Account) run(r *refresh) {
	defer a.done.Done()
	a.logSecrets(a.api.ReloadSecrets())
	a.watch()
	var lists sync.WaitGroup
	lists.Go(func() { a.discover(r) })
	a.askAll(r, false)
	lists.Wait()
	a.askAll(r, true)
	a.finish(r)
}

// askAll asks for all jobs that need a call of their own: those that are configured, or those that were discovered.
func (a *Account) askAll(r *refresh, discovered bool) {
	a.plan(r, discovered)
	var workers sync.WaitGroup
	for range min(a.cfg.Concurrency, len(r.work.queue)) {
		workers.Go(func() {
			for a.ctx.Err() == nil {
				t, ok := a.next(r)
				if !ok {
					return
				}
				a.ask(r, t)
			}
		})
	}
	workers.Wait()
}

// plan puts the jobs to ask for into order: first what answered last time, then what did not, so that jobs that hang or
// fail keep no others waiting.
func (a *Account) plan(r *refresh, discovered bool) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	var queue, failed []task
	for i, s := range a.jobs {
		switch {
		case (i >= a.explicit) != discovered || !a.due(s, now):
		case s.Err != nil && !s.givenUp:
			failed = append(failed, task{place: i})
		default:
			queue = append(queue, task{place: i})
		}
	}
	r.work.queue = slices.Concat(queue, failed)
	if r.tally.lost != nil {
		a.giveUp(r, r.tally.lost, now)
	}
}

// due reports whether the job has to be asked for by now.
func (a *Account) due(s *JobState, now time.Time) bool {
	return s.wanted() && (!s.settled() || s.Source == SourceDiscovery || now.Sub(s.Fetched) >= a.cfg.SettledInterval)
}

// next returns the next job to ask for, after a pause if it is asked for again; false when there is none.
func (a *Account) next(r *refresh) (task, bool) {
	a.mu.Lock()
	t, ok := r.work.next()
	if ok {
		t.state = a.jobs[t.place]
	}
	a.mu.Unlock()
	if !ok || t.attempt == 0 {
		return t, ok
	}
	return t, a.rest(r, t.attempt) // if not, what is left are repetitions, too
}

// rest pauses before a call is repeated; false when the scrape has no time for it.
func (a *Account) rest(r *refresh, attempt int) bool {
	a.mu.Lock()
	deadline := r.deadline
	a.mu.Unlock()
	wait := pause(attempt)
	if !deadline.IsZero() && time.Until(deadline) < wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.ctx.Done():
		return false
	}
}

// ask asks for the job of t and notes the answer.
func (a *Account) ask(r *refresh, t task) {
	job, failure := a.call(a.ctx, t.state.ID)
	if failure != nil && failure.Reason == cielo24.ReasonCanceled {
		return // says nothing about the job
	}
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	r.tally.add(failure, t.state.Err != nil && !t.state.givenUp)
	a.jobs[t.place] = t.state.after(job, failure, now)
	a.doubt(t.state, a.jobs[t.place])
	switch {
	case failure == nil || failure.JobRejected():
		if r.tally.accepted == 1 {
			a.access = a.access.following(r.tally.access(), now)
		}
	case failure.RetryAfter > 0:
		a.hold(failure, now)
		a.giveUp(r, failure, now)
	case r.tally.hopeless(a.cfg.Concurrency):
		a.giveUp(r, failure, now)
	case failure.Retryable():
		r.work.again(t)
	}
}

// call asks for one job as soon as requests_per_second and concurrency allow it.
func (a *Account) call(ctx context.Context, jobID string) (cielo24.Job, *cielo24.Error) {
	release, failure := a.turn(ctx, cielo24.EndpointJobInfo)
	if failure != nil {
		return cielo24.Job{}, failure
	}
	defer release()
	job, err := a.api.JobInfo(ctx, jobID, cielo24.NewAttempts(2))
	return job, asFailure(err)
}

// turn waits until a call may be made; release lets another have the turn.
func (a *Account) turn(ctx context.Context, endpoint cielo24.Endpoint) (release func(), _ *cielo24.Error) {
	failure := &cielo24.Error{Endpoint: endpoint, Reason: cielo24.ReasonCanceled, Detail: "given up by the exporter"}
	if err := a.pace.Wait(ctx); err != nil {
		if ctx.Err() == nil {
			failure.Reason, failure.Detail = cielo24.ReasonRateLimited, "requests_per_second leaves no room for it in time"
		}
		return nil, failure
	}
	select {
	case a.turns <- struct{}{}:
		return func() { <-a.turns }, nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			failure.Reason, failure.Detail = cielo24.ReasonTimeout, "as many calls as concurrency allows are under way"
		}
		return nil, failure
	}
}

// giveUp ends the asking: jobs that have not been asked for share the failure. The account's mutex is held.
func (a *Account) giveUp(r *refresh, failure *cielo24.Error, now time.Time) {
	for _, t := range r.work.drop() {
		a.jobs[t.place] = a.jobs[t.place].notAsked(failure, now)
	}
	r.tally.lost = failure
	a.access = a.access.following(r.tally.access(), now)
}

// hold leaves the API alone for as long as it has asked to be. The account's mutex is held.
func (a *Account) hold(failure *cielo24.Error, now time.Time) {
	a.askedToWait, a.waiting = now.Add(failure.RetryAfter), failure
}

// held reports whether the API is to be left alone. What a scrape would ask for now counts as not answered, so that
// nothing looks current that is not. The account's mutex is held.
func (a *Account) held(now time.Time) bool {
	if !now.Before(a.askedToWait) {
		return false
	}
	for i, s := range a.jobs {
		inList := s.Source == SourceDiscovery && s.left.IsZero()
		if s.Err == nil && (inList || a.due(s, now)) {
			a.jobs[i] = s.notAsked(a.waiting, now)
		}
	}
	a.access = a.access.following(noAccess(a.waiting), now)
	return true
}

// asFailure returns err as the error that says why. Whatever else an API returns counts as a connection that failed.
func asFailure(err error) *cielo24.Error {
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*cielo24.Error](err); ok {
		return failure
	}
	reason := cielo24.ReasonConnection
	if errors.Is(err, context.Canceled) {
		reason = cielo24.ReasonCanceled
	}
	return &cielo24.Error{Endpoint: cielo24.EndpointJobInfo, Reason: reason, Detail: err.Error()}
}

// finish makes the refresh the last complete one.
func (a *Account) finish(r *refresh) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current = nil
	close(r.done)
	if a.ctx.Err() != nil {
		return
	}
	a.ended, a.duration = now, now.Sub(a.begun)
	if access := r.tally.access(); access.Known {
		a.access = a.access.following(access, now)
	}
	a.logTroubles(now)
	a.logDoubt()
}
