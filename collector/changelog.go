package collector

import (
	"maps"
	"slices"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// maxJobLines bounds the log lines about single jobs after one refresh; the rest is one line with their number. Ten show
// what is going on, and an outage of thousands of jobs does not flood the log.
const maxJobLines = 10

// line is a log line that is still to be written, since nothing is logged while a mutex is held: a reader of the log that
// stops must not stop scrapes.
type line struct {
	level   func(log.Logger) log.Logger
	message string
	keyvals []any
}

func info(message string, keyvals ...any) line { return line{level.Info, message, keyvals} }
func warn(message string, keyvals ...any) line { return line{level.Warn, message, keyvals} }

// log writes lines.
func (a *Account) log(lines []line) {
	for _, l := range lines {
		l.level(a.logger).Log(append([]any{"msg", l.message}, l.keyvals...)...)
	}
}

// changeLog is what was logged last, so that the same failure is logged when it begins, when it changes and when it ends,
// and not at every scrape. An account's mutex guards it.
type changeLog struct {
	reached    bool   // the API has been reached
	health     string // the reason why it could not be used
	secrets    string
	files      string
	truncated  bool
	jobs       map[config.JobID]string // reason by job
	lists      map[string]string       // reason by status
	unreadable map[string]int          // jobs by name of the date
}

// view is what the change log looks at.
type view struct {
	jobs       []*slot
	health     Health
	lists      map[string]listState
	truncated  bool
	staleAfter time.Duration
	maxJobs    int
}

func (a *Account) viewLocked() view {
	v := view{
		jobs: a.jobs, health: a.health, lists: a.lists, truncated: a.truncated, staleAfter: a.settings.StaleAfter,
	}
	if a.settings.Discovery != nil {
		v.maxJobs = a.settings.Discovery.MaxJobs
	}
	return v
}

// compare returns what is new since the last look.
func (c *changeLog) compare(v view, now time.Time) []line {
	shared := c.health // a failure that all jobs shared and that was logged once
	return slices.Concat(c.healthLines(v), c.listLines(v), c.jobLines(v, shared, now), c.dateLines(v, now))
}

func (c *changeLog) healthLines(v view) []line {
	if !v.health.Known || v.health.Reason == c.health && (c.reached || !v.health.Up) {
		return nil
	}
	c.health, c.reached = v.health.Reason, v.health.Up
	if v.health.Up {
		return []line{info("API reached, credentials accepted")}
	}
	return []line{{level.Error, "API not usable, jobs keep their last values until they are stale", []any{
		"reason", v.health.Reason, "err", v.health.Detail, "stale_after", v.staleAfter,
	}}}
}

func (c *changeLog) listLines(v view) []line {
	var lines []line
	was := c.lists
	c.lists = map[string]string{}
	for _, status := range slices.Sorted(maps.Keys(v.lists)) {
		l := v.lists[status]
		if l.err == nil {
			if was[status] != "" {
				lines = append(lines, info("job list fetched again", "status", status, "was", was[status]))
			}
			continue
		}
		c.lists[status] = l.err.Reason
		if was[status] != l.err.Reason {
			lines = append(lines, warn("job list fetch failed, its jobs keep their last values until they are stale",
				"status", status, "reason", l.err.Reason, "err", l.err))
		}
	}
	if v.truncated && !c.truncated {
		lines = append(lines, warn("more jobs than max_jobs, the oldest are not watched", "max_jobs", v.maxJobs))
	}
	c.truncated = v.truncated
	return lines
}

// jobLines tell of single jobs, but not of a failure that the account or their list shares.
func (c *changeLog) jobLines(v view, shared string, now time.Time) []line {
	was := c.jobs
	c.jobs = map[config.JobID]string{}
	var lines []line
	more := 0
	for _, s := range v.jobs {
		state := s.state
		reason := state.Reason()
		if state.Outcome == Pending {
			reason = ""
		}
		if reason != "" {
			c.jobs[state.Key] = reason
		}
		before := was[state.Key]
		switch {
		case reason == before, reason != "" && reason == v.health.Reason, reason == "" && before == shared:
		case state.Err != nil && state.Err.Endpoint == cielo24.EndpointJobList:
		case len(lines) >= maxJobLines:
			more++
		default:
			lines = append(lines, jobLine(state, before, v.staleAfter, now))
		}
	}
	if more > 0 {
		lines = append(lines, warn("more jobs whose fetches began or ceased to fail", "jobs", more))
	}
	return lines
}

// jobLine says that the fetches of a job have begun to fail, fail for another reason, or succeed again.
func jobLine(s *JobState, was string, staleAfter time.Duration, now time.Time) line {
	switch {
	case s.Err == nil:
		return info("job fetched again", "job_id", s.ID, "was", was)
	case s.Outcome == Rejected:
		return warn("job rejected by the API, its values are gone", "job_id", s.ID, "reason", s.Err.Reason, "err", s.Err)
	case s.Visible(now, staleAfter) != nil:
		return warn("job fetch failed, showing its last values", "job_id", s.ID, "reason", s.Err.Reason, "err", s.Err,
			"age", now.Sub(s.FetchedAt).Truncate(time.Second))
	}
	return warn("job fetch failed, no values yet", "job_id", s.ID, "reason", s.Err.Reason, "err", s.Err)
}

// dateLines tell of dates that cannot be read, once for each name of a date.
func (c *changeLog) dateLines(v view, now time.Time) []line {
	was := c.unreadable
	c.unreadable = map[string]int{}
	example := map[string][]any{}
	for _, s := range v.jobs {
		values := s.state.Visible(now, v.staleAfter)
		if values == nil {
			continue
		}
		for _, d := range values.Unreadable {
			c.unreadable[d.Name]++
			example[d.Name] = []any{"job_id", s.state.ID, "text", d.Text}
		}
	}
	var lines []line
	for _, name := range slices.Sorted(maps.Keys(c.unreadable)) {
		if was[name] == 0 {
			lines = append(lines, warn("job dates cannot be read, left out",
				append([]any{"date", name, "jobs", c.unreadable[name]}, example[name]...)...))
		}
	}
	return lines
}

// reloadSecrets reads secrets from their files again, and logs when that begins or ceases to fail.
func (a *Account) reloadSecrets() {
	a.mu.Lock()
	api := a.connection.API
	a.mu.Unlock()
	text := ""
	if err := api.ReloadSecrets(); err != nil {
		text = err.Error()
	}
	a.mu.Lock()
	was := a.changes.secrets
	a.changes.secrets = text
	a.mu.Unlock()
	switch text {
	case was:
	case "":
		a.log([]line{info("secret file readable again")})
	default:
		a.log([]line{warn("secret file cannot be read, using the last secret", "err", text)})
	}
}

// logProblems logs when job files begin to have problems, have others, and have none any more.
func (a *Account) logProblems(problems config.Problems) {
	text := ""
	if len(problems) > 0 {
		text = problems.Error()
	}
	a.mu.Lock()
	was := a.changes.files
	a.changes.files = text
	a.mu.Unlock()
	if text == was {
		return
	}
	var lines []line
	for i, p := range problems {
		if i == maxJobLines {
			lines = append(lines, warn("more problems in job files", "problems", len(problems)-i))
			break
		}
		lines = append(lines, warn("problem in a job file, using its last good jobs", "problem", p.String()))
	}
	if len(problems) == 0 {
		lines = []line{info("job files have no problems any more")}
	}
	a.log(lines)
}
