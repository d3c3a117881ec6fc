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
	jobs    map[string]*cielo24.Job // by canonical ID
	order   []string                // canonical IDs, as listed
	cut     bool                    // there are more jobs than max_jobs
	failure *cielo24.Error          // of the last list that could not be had
}

// discover finds jobs through the API's job list, one call a status. Listed jobs take their values from the list.
func (a *Account) discover(r *refresh) {
	if a.cfg.Discovery == nil {
		return
	}
	var l listing
	l.jobs = map[string]*cielo24.Job{}
	for _, status := range a.cfg.Discovery.Statuses {
		failure := a.list(r, &l, status)
		if a.ctx.Err() != nil {
			return
		}
		if failure != nil {
			l.failure = failure
			if failure.ErrorType == "" {
				break // it has nothing to do with the status
			}
		}
	}
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if l.failure == nil {
		r.tally.add(nil)
		a.access = a.access.following(r.tally.access(), now)
	} else {
		r.tally.add(l.failure)
		a.askedToWait = now.Add(l.failure.RetryAfter)
	}
	a.merge(&l, now)
	a.logCut(l.cut)
}

// list asks for the jobs in one status, and again if the failure may have passed by the next moment.
func (a *Account) list(r *refresh, l *listing, status string) *cielo24.Error {
	for attempt := 1; ; attempt++ {
		if a.pace.Wait(a.ctx) != nil {
			return &cielo24.Error{Endpoint: cielo24.EndpointJobList, Reason: cielo24.ReasonCanceled}
		}
		failure := a.listOnce(l, status)
		if failure == nil || !failure.Retryable() || failure.RetryAfter > 0 || attempt == maxAttempts || !a.rest(r, attempt) {
			return failure
		}
	}
}

func (a *Account) listOnce(l *listing, status string) *cielo24.Error {
	d := a.cfg.Discovery
	filter := cielo24.ListFilter{Status: status, Username: d.Username, CreatedFrom: a.now().Add(-d.CreatedWithin)}
	cut, err := a.api.JobList(a.ctx, filter, d.MaxJobs-len(l.jobs), func(job cielo24.Job) {
		id := config.CanonicalID(job.ID)
		if config.CheckJobID(job.ID) != nil || !a.shard.has(id) {
			return
		}
		if l.jobs[id] == nil {
			l.order = append(l.order, id)
		}
		l.jobs[id] = &job
	})
	l.cut = l.cut || cut
	return asFailure(err)
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
	case l.failure != nil && s.left.IsZero():
		return s.after(cielo24.Job{}, l.failure, now)
	case s.left.IsZero():
		gone := *s
		gone.left = now
		return &gone
	case now.Sub(s.left) >= max(a.cfg.SettledInterval, minFarewell), s.final && s.Job == nil:
		return nil
	}
	return s
}

// logCut logs, once, that there are more jobs than are watched.
func (a *Account) logCut(cut bool) {
	if cut && !a.cut {
		level.Warn(a.logger).Log("msg", "more jobs than max_jobs, the oldest are not watched",
			"max_jobs", a.cfg.Discovery.MaxJobs)
	}
	a.cut = cut
}
