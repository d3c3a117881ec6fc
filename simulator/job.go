package simulator

import (
	"encoding/json"
	"fmt"
	"time"
)

// The statuses of a job, as the API writes them (doc).
const (
	statusAuthorizing  = "Authorizing"
	statusPending      = "Pending"
	statusInProcess    = "In Process"
	statusReviewing    = "Reviewing"
	statusComplete     = "Complete"
	statusMediaFailure = "Media Failure"
)

// Job is a job and what will become of it. Texts are served as they are, so an empty one is served empty. As JSON its
// durations are strings like "48h".
type Job struct {
	ID             string `json:"id"` // hex digits; dashes and capitals are dropped
	Name           string `json:"name,omitempty"`
	ExternalID     string `json:"external_id,omitempty"`
	Priority       string `json:"priority,omitempty"`   // STANDARD, PRIORITY (doc)
	Fidelity       string `json:"fidelity,omitempty"`   // MECHANICAL, STANDARD, HIGH (doc)
	Difficulty     string `json:"difficulty,omitempty"` // Good, Bad, Unknown (doc)
	SourceLanguage string `json:"source_language,omitempty"`
	TargetLanguage string `json:"target_language,omitempty"`
	Username       string `json:"username,omitempty"` // the account it belongs to; empty: every account's

	MediaLength time.Duration `json:"media_length,omitempty"` // 0: not known yet
	Created     time.Time     `json:"created,omitzero"`       // zero: when it is added; before, there is no such job
	Turnaround  time.Duration `json:"turnaround,omitempty"`   // from authorization to the due date, before Speed; 0: never due
	Due         time.Time     `json:"due,omitzero"`           // a due date that Turnaround and Speed have no say in

	Life        []Stage `json:"life,omitempty"`         // what it goes through, the last one for good; empty: StandardLife
	Repeat      bool    `json:"repeat,omitempty"`       // created anew when its last stage is over
	NotReturned bool    `json:"not_returned,omitempty"` // complete, but its callback has not been delivered

	Raw json.RawMessage `json:"raw,omitempty"` // served word for word instead, if set
}

// Stage is a status and how long a job stays in it, before Speed.
type Stage struct {
	Status string        `json:"status"`
	For    time.Duration `json:"for,omitempty"`
}

// defaultTurnaround is that of priority STANDARD (doc).
const defaultTurnaround = 48 * time.Hour

// StandardLife is the way of a job that is complete well before its due date, or whose media turns out to be broken.
// The last stage lasts a while too, for jobs that Repeat.
func StandardLife(turnaround time.Duration, mediaFailure bool) []Stage {
	life := []Stage{
		{statusAuthorizing, turnaround / 24},
		{statusPending, turnaround / 8},
	}
	if mediaFailure {
		return append(life, Stage{statusInProcess, turnaround / 24}, Stage{statusMediaFailure, turnaround / 4})
	}
	return append(life, Stage{statusInProcess, turnaround / 2}, Stage{statusReviewing, turnaround / 8}, Stage{statusComplete, turnaround / 4})
}

// normalize checks a job and fills in what was left out.
func (j *Job) normalize(now time.Time) error {
	j.ID = canonical(j.ID)
	if !validID(j.ID) {
		return fmt.Errorf("id: not a job ID: %.100q (expected hex digits)", j.ID)
	}
	if j.MediaLength < 0 || j.Turnaround < 0 {
		return fmt.Errorf("job %s: media_length and turnaround must not be negative", j.ID)
	}
	for _, stage := range j.Life {
		if stage.For < 0 {
			return fmt.Errorf("job %s: the duration of a stage must not be negative", j.ID)
		}
	}
	if j.Created.IsZero() {
		j.Created = now
	}
	j.Created = j.Created.Truncate(time.Microsecond) // as it is written, so that it is what a filter finds
	if len(j.Life) == 0 {
		turnaround := j.Turnaround
		if turnaround == 0 {
			turnaround = defaultTurnaround
		}
		j.Life = StandardLife(turnaround, false)
	}
	return nil
}

// state is a job between two moments at which it changes.
type state struct {
	from, until time.Time // a zero until: for good
	status      string
	// Zero for what has not happened.
	created, authorized, started, due, completed, returned time.Time
}

// covers reports whether the state is that of the moment.
func (s *state) covers(now time.Time) bool {
	return !now.Before(s.from) && (s.until.IsZero() || now.Before(s.until))
}

// at returns the job's state. It depends on nothing but the time; now is not before Created.
func (j *Job) at(now time.Time, c clock) state {
	begin, end := j.Created, time.Time{}
	if period := j.period(c); j.Repeat && period > 0 {
		begin = begin.Add(now.Sub(begin).Truncate(period))
		end = begin.Add(period)
	}
	s := state{created: begin, from: begin}
	for i, stage := range j.Life {
		j.enter(&s, stage.Status, c)
		s.until = s.from.Add(c.scale(stage.For))
		if i == len(j.Life)-1 {
			s.until = end
		}
		if s.covers(now) {
			break
		}
		s.from = s.until
	}
	return s
}

// enter sets the dates of a job that reaches status at s.from.
func (j *Job) enter(s *state, status string, c clock) {
	s.status = status
	if status != statusAuthorizing && s.authorized.IsZero() {
		s.authorized = s.from
		if j.Turnaround > 0 {
			s.due = s.from.Add(c.scale(j.Turnaround))
		}
		if !j.Due.IsZero() {
			s.due = j.Due
		}
	}
	switch status {
	case statusAuthorizing, statusPending, statusMediaFailure:
	default:
		if s.started.IsZero() {
			s.started = s.from
		}
	}
	s.completed, s.returned = time.Time{}, time.Time{}
	if status == statusComplete {
		s.completed = s.from
		if !j.NotReturned {
			s.returned = s.from
		}
	}
}

// period is how long one life takes.
func (j *Job) period(c clock) (period time.Duration) {
	for _, stage := range j.Life {
		period += c.scale(stage.For)
	}
	return period
}
