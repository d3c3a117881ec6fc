package collector

import (
	"time"

	"cielo24_exporter/cielo24"
)

// Source says how a job came to be watched.
type Source string

// The sources of jobs.
const (
	SourceConfig    Source = "config"    // jobs in the configuration
	SourceFile      Source = "file"      // job_files
	SourceDiscovery Source = "discovery" // job/list
)

// sources returns all of them.
func sources() []Source { return []Source{SourceConfig, SourceFile, SourceDiscovery} }

// Watched is a job to ask the API for.
type Watched struct {
	Account string
	ID      string            // as configured; the API may answer with another
	Labels  map[string]string // joined onto cielo24_job_info
	Source  Source

	labels labels // account and job_id
}

// JobState is what is known of a watched job. It never changes once it is made; the next answer makes another.
type JobState struct {
	*Watched

	Job     *cielo24.Job // the last good answer, nil if there was none or the API has since rejected the job
	Fetched time.Time    // when Job was fetched
	info    labels       // of cielo24_job_info

	Asked        bool           // the job has been asked for
	Err          *cielo24.Error // of the last call, nil if it succeeded
	FailingSince time.Time      // when the first of the failed calls in a row failed
	givenUp      bool           // Err is of other jobs: the refresh ended before this one was asked for

	left  time.Time // when a discovered job was no longer in the list; zero while it is
	final bool      // the state that the job had when it left has been fetched
}

// Up reports whether the last call succeeded.
func (s *JobState) Up() bool { return s.Asked && s.Err == nil }

// Shown returns the job whose values hold at now: the last answer, or nil when there is none or when calls have been
// failing for longer than staleAfter.
func (s *JobState) Shown(now time.Time, staleAfter time.Duration) *cielo24.Job {
	if s.Err != nil && now.Sub(s.FailingSince) >= staleAfter {
		return nil
	}
	return s.Job
}

// watchedAs returns the same state of a job that is now watched in another way.
func (s *JobState) watchedAs(w *Watched) *JobState {
	next := *s
	next.Watched = w
	if next.Job != nil {
		next.info = (&JobState{Watched: w}).infoFor(next.Job)
	}
	return &next
}

// wanted reports whether the job needs a call of its own: not while it is in a list, and once when it has left.
func (s *JobState) wanted() bool { return s.Source != SourceDiscovery || !s.left.IsZero() && !s.final }

// after returns the state that follows s when a call ended at now with job or err.
func (s *JobState) after(job cielo24.Job, err *cielo24.Error, now time.Time) *JobState {
	next := &JobState{Watched: s.Watched, Asked: true, left: s.left}
	if err == nil {
		next.Job, next.Fetched, next.final = &job, now, !s.left.IsZero()
		next.info = s.infoFor(&job)
		return next
	}
	next.Job, next.Fetched, next.info, next.Err, next.FailingSince = s.Job, s.Fetched, s.info, err, now
	if s.Err != nil {
		next.FailingSince = s.FailingSince
	}
	if err.JobRejected() {
		next.Job, next.final = nil, !s.left.IsZero()
	}
	return next
}

// notAsked returns the state that follows s when it could not be asked for, because of a failure that other calls met.
func (s *JobState) notAsked(failure *cielo24.Error, now time.Time) *JobState {
	next := s.after(cielo24.Job{}, failure, now)
	next.givenUp = true
	return next
}

// settled reports whether the job is done, for better or worse.
func (s *JobState) settled() bool {
	return s.Err == nil && s.Job != nil &&
		(s.Job.Status == cielo24.StatusComplete || s.Job.Status == cielo24.StatusMediaFailure)
}

// Snapshot is what is known of an account at one moment.
type Snapshot struct {
	Account    string
	StaleAfter time.Duration
	Jobs       []*JobState // in the order of the configuration
	Access     Access

	RefreshDuration time.Duration // of the last complete refresh
	RefreshEnded    time.Time     // zero before the first is complete
	Refreshing      bool          // a refresh is under way

	Discovers bool // jobs are discovered
	Truncated bool // there are more than max_jobs

	DateOffsetSuspect bool
}

// Access says whether the API is reached and lets the account in.
type Access struct {
	Known  bool // false until a call has ended
	Up     bool
	Reason string // while Up is false: an ErrorType or one of cielo24.Reasons
	Detail string // while Up is false: the error that stands for the others
	Since  time.Time
}
