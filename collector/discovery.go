package collector

import (
	"slices"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"

	"github.com/go-kit/log/level"
)

// minFarewell is how long a discovered job stays visible after it has left the list, if settled_interval is not longer:
// long enough to be counted as done.
const minFarewell = time.Hour

// listing is what the job lists of one refresh have shown.
type listing struct {
	jobs     map[string]*cielo24.Job   // by canonical ID
	order    []string                  // canonical IDs, as listed
	listed   int                       // how many there were, those of other shards too
	cut      bool                      // there are more jobs than max_jobs
	failures map[string]*cielo24.Error // by status, of the lists that could not be had
}

// add adds a job, unless it belongs to another shard.
func (l *listing) add(job *cielo24.Job, shard Shard) {
	l.listed++
	id := config.CanonicalID(job.ID)
	if config.CheckJobID(job.ID) != nil || !shard.has(id) {
		return
	}
	if l.jobs[id] == nil {
		l.order = append(l.order, id)
	}
	l.jobs[id] = job
}

// discover finds jobs through the API's job list, one call a status. Listed jobs take their values from the list.
func (a *Account) discover(r *refresh) {
	if a.cfg.Discovery == nil {
		return
	}
	l := listing{jobs: map[string]*cielo24.Job{}, failures: map[string]*cielo24.Error{}}
	var away *cielo24.Error // has nothing to do with the status
	for _, status := range a.cfg.Discovery.Statuses {
		failure := away
		if away == nil {
			failure = a.list(r, &l, status)
		}
		if a.ctx.Err() != nil {
			return
		}
		if failure != nil {
			l.failures[status] = failure
		}
		if failure != nil && failure.ErrorType == "" {
			away = failure
		}
	}
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.merge(&l, now)
	a.logCut(l.cut)
}

// list asks for the jobs in one status, and again if the failure may have passed by the next moment. What came of it
// counts for the account.
func (a *Account) list(r *refresh, l *listing, status string) *cielo24.Error {
	var found []cielo24.Job
	var failure *cielo24.Error
	var cut bool
	for attempt := 1; ; attempt++ {
		found, cut, failure = a.listOnce(status, a.cfg.Discovery.MaxJobs-l.listed)
		if failure == nil || !failure.Retryable() || failure.RetryAfter > 0 || attempt == maxAttempts || !a.rest(r, attempt) {
			break
		}
	}
	for i := range found {
		l.add(&found[i], a.shard)
	}
	l.cut = l.cut || cut
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case failure != nil && failure.Reason == cielo24.ReasonCanceled:
	case failure != nil && failure.RetryAfter > 0:
		r.tally.add(failure, false)
		a.hold(failure, now)
		a.giveUp(r, failure, now)
	default:
		r.tally.add(failure, false)
		if r.tally.accepted == 1 {
			a.access = a.access.following(r.tally.access(), now)
		}
	}
	return failure
}

// listOnce makes one call. Jobs that came before a failure are good.
func (a *Account) listOnce(status string, most int) (found []cielo24.Job, cut bool, _ *cielo24.Error) {
	release, failure := a.turn(a.ctx, cielo24.EndpointJobList)
	if failure != nil {
		return nil, false, failure
	}
	defer release()
	d := a.cfg.Discovery
	filter := cielo24.ListFilter{Status: status, Username: d.Username, CreatedFrom: a.now().Add(-d.CreatedWithin)}
	_, err := a.api.JobList(a.ctx, filter, cielo24.NewAttempts(2), most, func(job cielo24.Job) { found = append(found, job) })
	cut = len(found) > most
	return found[:min(most, len(found))], cut, asFailure(err)
}

// merge brings the discovered jobs up to date. The account's mutex is held.
func (a *Account) merge(l *listing, now time.Time) {
	explicit := a.jobs[:a.explicit]
	for _, s := range explicit {
		delete(l.jobs, config.CanonicalID(s.ID)) // they have a call of their own
	}
	jobs := slices.Clip(explicit)
	for _, s := range a.jobs[a.explicit:] {
		id := config.CanonicalID(s.ID)
		next := a.relist(s, l, l.jobs[id], now)
		if next != nil {
			jobs = append(jobs, next)
		}
		delete(l.jobs, id)
	}
	for _, id := range l.order {
		if job := l.jobs[id]; job != nil {
			fresh := &JobState{Watched: newWatched(a.cfg.Name, config.Job{ID: job.ID}, SourceDiscovery)}
			jobs = append(jobs, fresh.after(*job, nil, now))
		}
	}
	a.jobs = jobs
}

// relist returns the state of a job that was discovered before; listed is nil if it is no longer in the list, and the
// state nil when it is time for the job to go.
func (a *Account) relist(s *JobState, l *listing, listed *cielo24.Job, now time.Time) *JobState {
	switch {
	case listed != nil:
		next := s.after(*listed, nil, now)
		next.left, next.final = time.Time{}, false
		a.doubt(s, next)
		return next
	case s.left.IsZero() && l.failureFor(s) != nil:
		return s.after(cielo24.Job{}, l.failureFor(s), now)
	case s.left.IsZero():
		gone := *s
		gone.left = now
		return &gone
	case now.Sub(s.left) >= max(a.cfg.SettledInterval, minFarewell), s.final && s.Job == nil:
		return nil
	}
	return s
}

// failureFor returns why the list in which the job would be could not be had, nil if it could: that of its last status.
func (l *listing) failureFor(s *JobState) *cielo24.Error {
	if s.Job != nil {
		return l.failures[s.Job.Status]
	}
	for _, failure := range l.failures {
		return failure
	}
	return nil
}

// logCut logs, once, that there are more jobs than are watched.
func (a *Account) logCut(cut bool) {
	if cut && !a.cut {
		level.Warn(a.logger).Log("msg", "more jobs than max_jobs, the oldest are not watched",
			"max_jobs", a.cfg.Discovery.MaxJobs)
	}
	a.cut = cut
}
