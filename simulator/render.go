package simulator

import (
	"encoding/json"
	"time"
)

// record is a job as the API writes it, member by member and in the same order (doc).
type record struct {
	JobID              string `json:"JobId"`
	JobName            string
	MediaLengthSeconds any // a number, or "" when it is not known yet (client)
	ExternalID         string
	Priority           string
	Fidelity           string
	JobStatus          string
	SourceLanguage     string
	TargetLanguage     string
	CreationDate       string
	StartDate          string
	DueDate            string
	CompletedDate      string
	ReturnDate         string
	AuthorizationDate  string
	JobDifficulty      string
	ReturnTargets      json.RawMessage
	Options            json.RawMessage
}

// What every job has. Their form is that of the documented example (doc), so that answers are as long as real ones.
const (
	returnTargets = `{"url":[{"callback_url":"https://captions.example.edu/cielo24/job_complete"}]}`
	jobOptions    = `{"customer_approval_tool":{"label":"Customer approval tool","setting":"CIELO24"}}`
)

// rendering is a job in one state: what is served, and what filters look at.
type rendering struct {
	state
	record
	json []byte
}

// render returns the job as it is now. A rendering is used until the job's state changes, so that asking again costs
// next to nothing.
func (e *entry) render(now time.Time, c clock) *rendering {
	if last := e.last.Load(); last != nil && last.covers(now) {
		return last
	}
	var r *rendering
	if e.job.Raw != nil {
		r = renderRaw(&e.job, c)
	} else {
		r = render(&e.job, e.job.at(now, c), c)
	}
	e.last.Store(r) // of two that do so at a time either will do
	return r
}

func render(j *Job, s state, c clock) *rendering {
	r := &rendering{state: s, record: record{
		JobID:              j.ID,
		JobName:            j.Name,
		MediaLengthSeconds: "",
		ExternalID:         j.ExternalID,
		Priority:           j.Priority,
		Fidelity:           j.Fidelity,
		JobStatus:          s.status,
		SourceLanguage:     j.SourceLanguage,
		TargetLanguage:     j.TargetLanguage,
		CreationDate:       c.format(s.created),
		StartDate:          c.format(s.started),
		DueDate:            c.format(s.due),
		CompletedDate:      c.format(s.completed),
		ReturnDate:         c.format(s.returned),
		AuthorizationDate:  c.format(s.authorized),
		JobDifficulty:      j.Difficulty,
		ReturnTargets:      json.RawMessage(returnTargets),
		Options:            json.RawMessage(jobOptions),
	}}
	if j.MediaLength > 0 {
		r.MediaLengthSeconds = j.MediaLength.Seconds()
	}
	data, err := json.Marshal(&r.record)
	if err != nil {
		panic("simulator: a job of texts, numbers and constants does not marshal: " + err.Error())
	}
	r.json = data
	return r
}

// renderRaw reads as much of a payload as filters need. It may be anything, so what can't be read stays empty.
func renderRaw(j *Job, c clock) *rendering {
	r := &rendering{json: j.Raw}
	_ = json.Unmarshal(j.Raw, &r.record)
	r.status = r.JobStatus
	date := func(s string) time.Time {
		t, _ := c.parse(s)
		return t
	}
	r.created = date(r.CreationDate)
	r.authorized = date(r.AuthorizationDate)
	r.started = date(r.StartDate)
	r.due = date(r.DueDate)
	r.completed = date(r.CompletedDate)
	r.returned = date(r.ReturnDate)
	return r
}
