package collector

import (
	"maps"
	"time"

	"cielo24_exporter/config"

	"github.com/go-kit/log/level"
)

// maxJobLines bounds the log lines about single jobs after one refresh; the rest is one line with their number.
const maxJobLines = 10

// troubles is what was logged last, so that the same failure is logged when it begins, when it changes and when it
// ends, and not at every scrape.
type troubles struct {
	reached bool   // the API has been reached
	access  string // the reason why it could not be used
	secrets string
	files   string
	jobs    map[string]string // job ID → reason
}

func (t troubles) clone() troubles {
	t.jobs = maps.Clone(t.jobs)
	return t
}

// logSecrets logs that a secret can't be read again.
func (a *Account) logSecrets(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	a.mu.Lock()
	was := a.troubles.secrets
	a.troubles.secrets = text
	a.mu.Unlock()
	switch text {
	case was:
	case "":
		level.Info(a.logger).Log("msg", "secret can be read again")
	default:
		level.Warn(a.logger).Log("msg", "secret can't be read, using the last one", "err", text)
	}
}

// logProblems logs what is wrong with job files.
func (a *Account) logProblems(problems config.Problems) {
	text := ""
	if len(problems) > 0 {
		text = problems.Error()
	}
	a.mu.Lock()
	was := a.troubles.files
	a.troubles.files = text
	a.mu.Unlock()
	switch text {
	case was:
	case "":
		level.Info(a.logger).Log("msg", "job files are well again")
	default:
		for i, p := range problems {
			if i == maxJobLines {
				level.Warn(a.logger).Log("msg", "more problems in job files", "problems", len(problems)-i)
				break
			}
			level.Warn(a.logger).Log("msg", "problem in a job file, using its last good jobs", "problem", p.String())
		}
	}
}

// logTroubles compares the state after a refresh with what was logged last. The account's mutex is held.
func (a *Account) logTroubles(now time.Time) {
	shared := a.troubles.access // a failure that all jobs shared and that was logged once
	if a.access.Known && (a.access.Reason != shared || !a.troubles.reached && a.access.Up) {
		a.troubles.access, a.troubles.reached = a.access.Reason, a.access.Up
		if a.access.Up {
			level.Info(a.logger).Log("msg", "API reached, credentials accepted")
		} else {
			level.Error(a.logger).Log("msg", "API not usable, jobs keep their last values for a while",
				"reason", a.access.Reason, "err", a.access.Detail, "stale_after", a.cfg.StaleAfter)
		}
	}
	was := a.troubles.jobs
	a.troubles.jobs = map[string]string{}
	lines, more := 0, 0
	for _, s := range a.jobs {
		reason := ""
		if s.Err != nil {
			reason = s.Err.Reason
			a.troubles.jobs[s.ID] = reason
		}
		if reason == was[s.ID] || reason != "" && reason == a.access.Reason || reason == "" && was[s.ID] == shared {
			continue
		}
		lines++
		if lines > maxJobLines {
			more++
			continue
		}
		a.logJob(s, was[s.ID], now)
	}
	if more > 0 {
		level.Warn(a.logger).Log("msg", "more jobs whose calls began or ceased to fail", "jobs", more)
	}
}

// logJob logs that a job has begun to fail, fails for another reason, or answers again.
func (a *Account) logJob(s *JobState, was string, now time.Time) {
	logger := level.Warn(a.logger)
	switch {
	case s.Err == nil:
		level.Info(a.logger).Log("msg", "job answers again", "job_id", s.ID, "was", was)
	case s.Err.JobRejected():
		logger.Log("msg", "job rejected by the API, its values are gone", "job_id", s.ID,
			"reason", s.Err.Reason, "err", s.Err)
	case s.Shown(now, a.cfg.StaleAfter) != nil:
		logger.Log("msg", "job not answered, showing its last values", "job_id", s.ID,
			"reason", s.Err.Reason, "err", s.Err, "age", age(s.Fetched, now))
	default:
		logger.Log("msg", "job not answered, nothing known of it", "job_id", s.ID,
			"reason", s.Err.Reason, "err", s.Err)
	}
}

// age is how long ago t was, in whole seconds.
func age(t, now time.Time) time.Duration { return now.Sub(t).Truncate(time.Second) }
