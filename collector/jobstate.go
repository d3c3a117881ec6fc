package collector

import (
	"time"

	"cielo24_exporter/cielo24"
)

// Outcome is how the latest attempt to fetch a job ended.
type Outcome int

// The outcomes.
const (
	Pending  Outcome = iota // no attempt has ended yet
	OK                      // the API said how the job is doing
	Failed                  // may pass: the values stay until they are stale
	Rejected                // the API looked at the job and said no: the values are gone
	Skipped                 // not tried, because of a failure that other calls met; the error says which
)

// Presence is why a job is watched.
type Presence int

// The presences.
const (
	Pinned   Presence = iota // named by the configuration or a file
	Listed                   // in the latest job list that was had
	Leaving                  // no longer listed: fetched by job info until it is finished or rejected
	Departed                 // finished, last state known: kept for its retention
	Dropped                  // no longer watched; never seen outside of an account
)

// retention is how long a discovered job that is finished stays visible after it has left its list: long enough for
// Prometheus to count it as complete, whatever the interval of its scrapes, and for a person to see it.
const retention = time.Hour

// callbackWindow is how long after a job's completion a callback may still return it: cielo24 tries three times within
// 30 minutes, then never (doc); twice that, to be sure.
const callbackWindow = time.Hour

// JobState is what is known of a watched job. It never changes once it is made: the next event makes another.
type JobState struct {
	*WatchedJob

	Presence Presence
	Outcome  Outcome
	Err      *cielo24.Error // why the latest attempt gave no values; nil while Outcome is Pending or OK

	Values    *cielo24.Job // what the API said last; nil if it has said nothing, or has since rejected the job
	FetchedAt time.Time    // when the call that brought Values ended
	info      labels       // of cielo24_job_info

	FailingSince time.Time // when the first of the failures in a row ended; zero while there is none

	list         string    // Listed: the status whose list has the job
	call         uint64    // place of the latest call for the job in the order of all calls; 0: there was none
	lastFailed   bool      // the job's own latest call failed in a way that may pass
	waitUntil    time.Time // what the API asked for with Retry-After
	completeSeen time.Time // when the job was first seen Complete; zero while it is not
	seenOpen     bool      // completeSeen is when it became so before our eyes
	departedAt   time.Time
}

// eventKind says what happened to a job.
type eventKind int

// The events. A call that was refused by the API is a failure or a rejection, which its error tells.
const (
	fetched  eventKind = iota // a call brought values
	failed                    // a call brought none
	skipped                   // there was no call, because of a failure that other calls met
	listed                    // a job list has the job, with values
	unlisted                  // the job's list was had whole, and does not have it
)

// event is something that changes a job's state.
type event struct {
	kind   eventKind
	call   uint64         // place of the call in the order of all calls; 0 without a call of the job's own
	values *cielo24.Job   // fetched, listed
	err    *cielo24.Error // failed, skipped
	list   string         // listed: the status of the list
}

// next returns the state that follows s when e happens at now. An answer to a call that began before the latest that is
// known says nothing new.
func (s *JobState) next(e event, now time.Time) *JobState {
	n := *s
	if e.kind == listed && s.Presence != Pinned {
		n.Presence, n.list, n.departedAt = Listed, e.list, time.Time{}
	}
	if e.call != 0 && e.call < s.call {
		return &n
	}
	if e.call != 0 {
		n.call = e.call
	}
	switch e.kind {
	case fetched, listed:
		n.succeeded(e.values, now)
	case failed, skipped:
		n.didNotSucceed(e, now)
	case unlisted:
		if s.Presence == Listed {
			n.Presence = Leaving
		}
	}
	if e.kind == fetched {
		n.departIfFinished(now)
	}
	return &n
}

// departIfFinished is what becomes of a job that is no longer listed when it was fetched.
func (s *JobState) departIfFinished(now time.Time) {
	switch done := s.finished(now); {
	case s.Presence == Leaving && done:
		s.Presence, s.departedAt = Departed, now
	case s.Presence == Departed && !done: // open again, against all expectation
		s.Presence, s.departedAt = Leaving, time.Time{}
	}
}

// succeeded takes the values of an answer.
func (s *JobState) succeeded(values *cielo24.Job, now time.Time) {
	if was := s.Values; values.Status != cielo24.StatusComplete {
		s.completeSeen, s.seenOpen = time.Time{}, false
	} else if s.completeSeen.IsZero() {
		s.completeSeen, s.seenOpen = now, was != nil
	}
	s.info = s.infoFor(values)
	s.Outcome, s.Err, s.Values, s.FetchedAt = OK, nil, values, now
	s.FailingSince, s.lastFailed, s.waitUntil = time.Time{}, false, time.Time{}
}

// didNotSucceed notes why there are no new values.
func (s *JobState) didNotSucceed(e event, now time.Time) {
	s.Err = e.err
	if s.FailingSince.IsZero() {
		s.FailingSince = now
	}
	switch {
	case e.kind == skipped:
		s.Outcome = Skipped
	case e.err.JobRejected():
		s.Outcome, s.lastFailed = Rejected, false
		s.Values, s.FetchedAt, s.info = nil, time.Time{}, ""
		s.completeSeen, s.seenOpen, s.waitUntil = time.Time{}, false, time.Time{}
		if s.Presence == Leaving {
			s.Presence = Dropped
		}
	default:
		s.Outcome = Failed
		if s.Presence == Listed {
			break // it was its list that failed
		}
		s.lastFailed = true
		if e.err.RetryAfter > 0 {
			s.waitUntil = later(s.waitUntil, now.Add(e.err.RetryAfter)) // a wait never becomes shorter
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// never is when a job is fetched that has no calls of its own.
func never() time.Time { return time.Unix(1<<40, 0) }

// nextFetch is when the job is to be fetched by job info next; what is past is now. settled is the account's
// settled_interval.
func (s *JobState) nextFetch(settled time.Duration) time.Time {
	switch {
	case s.Presence >= Listed && s.Presence != Leaving:
		return never()
	case s.Presence == Pinned && s.Outcome == OK && s.finished(s.FetchedAt):
		return s.FetchedAt.Add(settled)
	}
	return s.waitUntil
}

// finished reports whether nothing more can happen to the job: it is Media Failure, or Complete and returned, or
// Complete for so long that no callback can come any more.
func (s *JobState) finished(now time.Time) bool {
	switch {
	case s.Values == nil:
		return false
	case s.Values.Status == cielo24.StatusMediaFailure:
		return true
	case s.Values.Status != cielo24.StatusComplete:
		return false
	case !s.Values.Returned.IsZero():
		return true
	}
	from := s.completeSeen
	switch completed := s.Values.Completed; {
	case s.seenOpen:
		from = later(from, completed)
	case !completed.IsZero() && !completed.After(s.completeSeen):
		from = completed
	}
	return now.Sub(from) >= callbackWindow
}

// before reports whether the job is fetched before o when both are due: what failed by its own last call comes after
// what did not, and else what has waited longest comes first.
func (s *JobState) before(o *JobState) bool {
	if s.lastFailed != o.lastFailed {
		return o.lastFailed
	}
	return s.call < o.call
}

// Up reports whether the latest attempt succeeded.
func (s *JobState) Up() bool { return s.Outcome == OK }

// ReasonPending is the reason of a job for which no attempt has ended yet.
const ReasonPending = "pending"

// Reason says why the job is not up: ReasonPending, a known ErrorType, cielo24.ErrorTypeOther or one of
// cielo24.Reasons; "" while it is up.
func (s *JobState) Reason() string {
	switch {
	case s.Outcome == Pending:
		return ReasonPending
	case s.Err != nil:
		return s.Err.Reason
	}
	return ""
}

// Visible returns the values that hold at now: those that the API said last, or nil when it has said nothing, has since
// rejected the job, or when no attempt has succeeded for staleAfter.
func (s *JobState) Visible(now time.Time, staleAfter time.Duration) *cielo24.Job {
	if !s.FailingSince.IsZero() && now.Sub(s.FailingSince) >= staleAfter {
		return nil
	}
	return s.Values
}

// watchedAs returns the same state of a job that is now watched in another way.
func (s *JobState) watchedAs(w *WatchedJob, presence Presence) *JobState {
	n := *s
	n.WatchedJob, n.Presence, n.list, n.departedAt = w, presence, "", time.Time{}
	if n.Values != nil {
		n.info = (&JobState{WatchedJob: w}).infoFor(n.Values)
	}
	return &n
}
