package collector

import (
	"time"

	"cielo24_exporter/cielo24"

	"github.com/go-kit/log/level"
)

// clockSkew is how far the API's clock may differ from ours before the time zone is doubted.
const clockSkew = 5 * time.Minute

// doubts is what speaks against the configured time zone, by job. Dates without an offset that were read in the wrong
// zone are all wrong by the same few hours; two kinds of job show it: one to which something has happened that is still
// to come, and one that was seen to become Complete, but not at the time that its date says.
type doubts struct {
	byJob  map[string]time.Duration // how far ahead of the truth the dates are read
	logged string
}

func (d *doubts) any() bool { return len(d.byJob) > 0 }

// doubt compares the dates of the job with what was seen. The account's mutex is held.
func (a *Account) doubt(before, after *JobState) {
	if after.Err != nil {
		return
	}
	ahead, completed := 0*time.Second, false
	if before.Job != nil && before.Job.Status != cielo24.StatusComplete && after.Job.Status == cielo24.StatusComplete {
		ahead, completed = outside(after.Job.Completed, before.Fetched, after.Fetched)
	}
	if !completed {
		ahead = mostAhead(after.Job, after.Fetched)
	}
	switch {
	case ahead != 0:
		if a.doubts.byJob == nil {
			a.doubts.byJob = map[string]time.Duration{}
		}
		a.doubts.byJob[after.ID] = ahead
	case completed:
		clear(a.doubts.byJob) // seen with our own eyes, and the date is right
	case a.doubts.byJob[after.ID] > 0:
		delete(a.doubts.byJob, after.ID) // what lay ahead has come
	}
}

// forget drops what spoke against the zone by jobs that are no longer watched.
func (d *doubts) forget(watched map[string]*JobState) {
	for id := range d.byJob {
		if watched[id] == nil {
			delete(d.byJob, id)
		}
	}
}

// outside returns how far t lies after to, or before from (negative); 0 if it lies between, give or take clockSkew.
// known is false when there is no date.
func outside(t, from, to time.Time) (ahead time.Duration, known bool) {
	switch {
	case t.IsZero():
		return 0, false
	case t.After(to.Add(clockSkew)):
		return t.Sub(to), true
	case t.Before(from.Add(-clockSkew)):
		return t.Sub(from), true
	}
	return 0, true
}

// mostAhead returns how far the latest event of the job lies in the future, 0 if none does.
func mostAhead(job *cielo24.Job, now time.Time) time.Duration {
	var most time.Duration
	for _, event := range [...]time.Time{job.Created, job.Authorized, job.Started, job.Completed, job.Returned} {
		most = max(most, event.Sub(now))
	}
	if most <= clockSkew {
		return 0
	}
	return most
}

// candidates are the zones proposed, cielo24's own first.
func candidates() []string {
	return []string{
		"America/Los_Angeles", "UTC", "America/New_York", "America/Chicago", "America/Denver", "Europe/London",
		"Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney",
	}
}

// logDoubt logs, when it changes, that the zone is suspect, and which would fit. The account's mutex is held.
func (a *Account) logDoubt() {
	var jobID string
	var ahead time.Duration
	for id, d := range a.doubts.byJob {
		if d.Abs() > ahead.Abs() || d.Abs() == ahead.Abs() && id < jobID {
			jobID, ahead = id, d
		}
	}
	text := ""
	if jobID != "" {
		text = a.proposal(ahead)
	}
	if text == a.doubts.logged {
		return
	}
	a.doubts.logged = text
	if text == "" {
		level.Info(a.logger).Log("msg", "dates of jobs no longer contradict the timezone")
		return
	}
	level.Warn(a.logger).Log("msg", "dates of jobs contradict the timezone, times until due are wrong by hours",
		"timezone", a.cfg.Location, "job_id", jobID, "ahead", ahead.Round(time.Minute), "proposal", text)
}

// proposal names the zone that would move the dates by the least that is enough. Read in a zone further east, the same
// date is an earlier moment.
func (a *Account) proposal(ahead time.Duration) string {
	now := a.now()
	_, configured := now.In(a.cfg.Location).Zone()
	best, least := "the zone that the account's dates are in", time.Duration(1<<63-1)
	for _, name := range candidates() {
		zone, err := time.LoadLocation(name)
		if err != nil {
			continue
		}
		_, offset := now.In(zone).Zone()
		shift := time.Duration(offset-configured) * time.Second
		if (shift > 0) == (ahead > 0) && shift.Abs() >= ahead.Abs()-clockSkew && shift.Abs() < least {
			best, least = name, shift.Abs()
		}
	}
	return "set timezone: " + best
}
