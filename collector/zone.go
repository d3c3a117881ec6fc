package collector

import (
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"
)

// tolerance is how far a date may lie from where it should before the time zone is doubted: clocks differ, and a status may
// change some minutes after the date that goes with it. Zones differ by half an hour at least.
const tolerance = 20 * time.Minute

// maxOffset is how far apart two zones can be: UTC-12 and UTC+14. A date that is further off is wrong for another reason.
const maxOffset = 26 * time.Hour

// zoneEvidence is what speaks against the configured time zone, by job. Dates without an offset that were read in the wrong
// zone are all wrong by the same few hours; two kinds of job show it: one to which something has happened that is still
// to come, and one that was seen to become Complete, but not at the time that its date says.
type zoneEvidence struct {
	byJob  map[config.JobID]offset
	logged time.Duration // the largest that was logged; 0 while there is none
}

// offset is a date that is read too far ahead of the truth.
type offset struct {
	by   time.Duration
	date time.Time
	id   string // of the job, as it is written
}

func (z *zoneEvidence) suspect() bool { return len(z.byJob) > 0 }

// compare looks at the dates of a job that was fetched.
func (z *zoneEvidence) compare(before, after *JobState) {
	if after.Values == nil || after.Values == before.Values {
		return
	}
	if by, known := completedOff(before, after); known {
		if by == 0 {
			clear(z.byJob) // seen with our own eyes, and the date is right
		} else {
			z.add(after, offset{by, after.Values.Completed, after.ID})
		}
		return
	}
	latest := latestEvent(after.Values)
	if by := latest.Sub(after.FetchedAt); by > tolerance && by <= maxOffset {
		z.add(after, offset{by, latest, after.ID})
	} else if was, ok := z.byJob[after.Key]; ok && was.date.After(latest) {
		delete(z.byJob, after.Key) // that date was wrong, and is no longer there
	}
}

// completedOff returns how far the date of completion of a job that was seen to become Complete is ahead of that moment,
// 0 if it is right; known is false when it shows nothing.
func completedOff(before, after *JobState) (by time.Duration, known bool) {
	date := after.Values.Completed
	if before.Values == nil || before.Values.Status == cielo24.StatusComplete ||
		after.Values.Status != cielo24.StatusComplete || date.IsZero() || after.Values.CompletedHasOffset {
		return 0, false
	}
	by = outside(date, before.FetchedAt, after.FetchedAt)
	// In the night when clocks go back an hour comes twice, and a date in it may mean either.
	for _, other := range [...]time.Duration{-time.Hour, time.Hour} {
		if t := date.Add(other); t.Format(time.DateTime) == date.Format(time.DateTime) &&
			outside(t, before.FetchedAt, after.FetchedAt) == 0 {
			by = 0
		}
	}
	return by, by.Abs() <= maxOffset
}

// add notes what speaks against the zone. That a date ceases to lie ahead proves nothing; the largest is nearest to the
// truth.
func (z *zoneEvidence) add(s *JobState, o offset) {
	if z.byJob == nil {
		z.byJob = map[config.JobID]offset{}
	}
	if was, ok := z.byJob[s.Key]; !ok || o.by.Abs() > was.by.Abs() {
		z.byJob[s.Key] = o
	}
}

// forget drops what spoke against the zone by a job that is no longer watched.
func (z *zoneEvidence) forget(job config.JobID) { delete(z.byJob, job) }

// outside returns how far t lies after to, or before from (negative); 0 if it lies between, within the tolerance.
func outside(t, from, to time.Time) time.Duration {
	switch {
	case t.After(to.Add(tolerance)):
		return t.Sub(to)
	case t.Before(from.Add(-tolerance)):
		return t.Sub(from)
	}
	return 0
}

// latestEvent returns when something happened to the job last, by the dates that depend on the zone.
func latestEvent(job *cielo24.Job) time.Time {
	var latest time.Time
	for _, d := range cielo24.Dates() {
		if at := d.Time(job); d.Name != "due" && at.After(latest) && !d.HasOffset(job) {
			latest = at
		}
	}
	return latest
}

// candidateZones are the zones proposed, cielo24's own first.
func candidateZones() []string {
	return []string{
		"America/Los_Angeles", "UTC", "America/New_York", "America/Chicago", "America/Denver", "Europe/London",
		"Europe/Berlin", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney",
	}
}

// changes returns what to log: that the zone is suspect, and which would fit, when that begins and when a date is further
// off than any before; and when it ends.
func (z *zoneEvidence) changes(configured *time.Location, now time.Time) []line {
	var worst offset
	for _, o := range z.byJob {
		if o.by.Abs() > worst.by.Abs() || o.by.Abs() == worst.by.Abs() && o.id < worst.id {
			worst = o
		}
	}
	switch {
	case worst.id == "" && z.logged != 0:
		z.logged = 0
		return []line{info("job dates agree with the timezone again")}
	case worst.by.Abs() > z.logged.Abs()+tolerance:
		z.logged = worst.by
		return []line{warn("job dates contradict the timezone, times until due are wrong",
			"timezone", configured, "job_id", worst.id, "ahead", worst.by.Round(time.Minute),
			"proposal", proposal(worst.by, configured, now))}
	}
	return nil
}

// proposal names the zone that would move the dates by the least that is enough. Read in a zone further east, the same
// date is an earlier moment.
func proposal(ahead time.Duration, from *time.Location, now time.Time) string {
	_, configured := now.In(from).Zone()
	best, least := "the zone that the account's dates are in", time.Duration(1<<63-1)
	for _, name := range candidateZones() {
		zone, err := time.LoadLocation(name)
		if err != nil {
			continue
		}
		_, seconds := now.In(zone).Zone()
		shift := time.Duration(seconds-configured) * time.Second
		if (shift > 0) == (ahead > 0) && shift.Abs() >= ahead.Abs()-tolerance && shift.Abs() < least {
			best, least = name, shift.Abs()
		}
	}
	return "set timezone: " + best
}
