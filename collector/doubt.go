package collector

import (
	"maps"
	"time"

	"cielo24_exporter/cielo24"

	"github.com/go-kit/log/level"
)

// slack is how far a date may lie from where it should before the time zone is doubted: clocks differ, and a status may
// change some minutes after the date that goes with it. Zones differ by half an hour at least.
const slack = 20 * time.Minute

// doubts is what speaks against the configured time zone, by job. Dates without an offset that were read in the wrong
// zone are all wrong by the same few hours; two kinds of job show it: one to which something has happened that is still
// to come, and one that was seen to become Complete, but not at the time that its date says.
type doubts struct {
	byJob  map[string]contradiction
	logged time.Duration // the largest that was logged; 0 while there is none
}

// contradiction is a date that is read too far ahead of the truth.
type contradiction struct {
	ahead time.Duration
	date  time.Time
}

func (d *doubts) any() bool { return len(d.byJob) > 0 }

func (d *doubts) clone() doubts { return doubts{maps.Clone(d.byJob), d.logged} }

// doubt compares the dates of the job with what was seen. The account's mutex is held.
func (a *Account) doubt(before, after *JobState) {
	if after.Err != nil {
		return
	}
	if before.Job != nil && before.Job.Status != cielo24.StatusComplete && after.Job.Status == cielo24.StatusComplete {
		if ahead, known := outside(after.Job.Completed, before.Fetched, after.Fetched); known && ahead == 0 {
			clear(a.doubts.byJob) // seen with our own eyes, and the date is right
			return
		} else if known {
			a.doubts.add(after.ID, contradiction{ahead, after.Job.Completed})
			return
		}
	}
	latest := latestEvent(after.Job)
	if ahead := latest.Sub(after.Fetched); ahead > slack {
		a.doubts.add(after.ID, contradiction{ahead, latest})
	} else if was, ok := a.doubts.byJob[after.ID]; ok && was.date.After(latest) {
		delete(a.doubts.byJob, after.ID) // that date was wrong, and is no longer there
	}
}

// add notes a contradiction. That a date ceases to lie ahead proves nothing; the largest is nearest to the truth.
func (d *doubts) add(jobID string, c contradiction) {
	if d.byJob == nil {
		d.byJob = map[string]contradiction{}
	}
	if was, ok := d.byJob[jobID]; !ok || c.ahead.Abs() > was.ahead.Abs() {
		d.byJob[jobID] = c
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

// outside returns how far t lies after to, or before from (negative); 0 if it lies between, give or take slack.
// known is false when there is no date.
func outside(t, from, to time.Time) (ahead time.Duration, known bool) {
	switch {
	case t.IsZero():
		return 0, false
	case t.After(to.Add(slack)):
		return t.Sub(to), true
	case t.Before(from.Add(-slack)):
		return t.Sub(from), true
	}
	return 0, true
}

// latestEvent returns when something happened to the job last.
func latestEvent(job *cielo24.Job) time.Time {
	var latest time.Time
	for _, event := range [...]time.Time{job.Created, job.Authorized, job.Started, job.Completed, job.Returned} {
		if event.After(latest) {
			latest = event
		}
	}
	return latest
}

// candidates are the zones proposed, cielo24's own first.
func candidates() []string {
	return []string{
		"America/Los_Angeles", "UTC", "America/New_York", "America/Chicago", "America/Denver", "Europe/London",
		"Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney",
	}
}

// logDoubt logs that the zone is suspect, and which would fit: when that begins, when a date is further off than any
// before, and when it ends. The account's mutex is held.
func (a *Account) logDoubt() {
	var jobID string
	var ahead time.Duration
	for id, d := range a.doubts.byJob {
		if d.ahead.Abs() > ahead.Abs() || d.ahead.Abs() == ahead.Abs() && id < jobID {
			jobID, ahead = id, d.ahead
		}
	}
	switch {
	case jobID == "" && a.doubts.logged != 0:
		a.doubts.logged = 0
		level.Info(a.logger).Log("msg", "dates of jobs no longer contradict the timezone")
	case ahead.Abs() > a.doubts.logged.Abs()+slack:
		a.doubts.logged = ahead
		level.Warn(a.logger).Log("msg", "dates of jobs contradict the timezone, times until due are wrong",
			"timezone", a.cfg.Location, "job_id", jobID, "ahead", ahead.Round(time.Minute), "proposal", a.proposal(ahead))
	}
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
		if (shift > 0) == (ahead > 0) && shift.Abs() >= ahead.Abs()-slack && shift.Abs() < least {
			best, least = name, shift.Abs()
		}
	}
	return "set timezone: " + best
}
