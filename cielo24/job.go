package cielo24

import (
	"errors"
	"time"
)

// Job is what the API says about one job. A text the API did not give is empty, a date it did not give is the zero
// time.
type Job struct {
	ID         string // as the API writes it, which is not always the ID that was asked for (doc)
	Name       string
	ExternalID string

	Status    string // one of Statuses, or StatusUnknown
	RawStatus string // as the API wrote it

	Priority       string // STANDARD, PRIORITY; older: ECONOMY, CRITICAL, HIGH
	Fidelity       string // MECHANICAL, STANDARD, HIGH, PREMIUM, PROFESSIONAL, EXTERNAL
	Difficulty     string // Good, Bad, Unknown
	SourceLanguage string // RFC 5646
	TargetLanguage string // RFC 5646

	MediaLengthSeconds *float64 // nil until the API knows it

	// In the configured zone, or in the one that the API wrote. DateFields tell which.
	Created, Authorized, Started, Due, Completed, Returned time.Time

	CreatedHasOffset, AuthorizedHasOffset, StartedHasOffset bool
	DueHasOffset, CompletedHasOffset, ReturnedHasOffset     bool

	Unreadable []UnreadableDate // in the order of Dates, nil if there is none
}

// maxText bounds a text of the API, in bytes. What is longer is cut, and ends in "…".
const maxText = 256

// wireJob is a job as it arrives. Every value may be a number, a numeric string, "", null or absent, so every member
// has a type that accepts them all: one odd field never loses the job. Names match in any case.
type wireJob struct {
	JobID      text `json:"JobId"`
	JobName    text
	ExternalID text

	JobStatus      text
	Priority       text
	Fidelity       text
	JobDifficulty  text
	SourceLanguage text
	TargetLanguage text

	MediaLengthSeconds number

	CreationDate      text
	AuthorizationDate text
	StartDate         text
	DueDate           text
	CompletedDate     text
	ReturnDate        text

	wireError
}

// wireError is what the API says when it refuses (doc).
type wireError struct {
	ErrorType    text
	ErrorComment text
}

// refusal is a wireError in place of what was asked for.
type refusal struct{ wireError }

func (refusal) Error() string { return "the body is an error" }

// decodeJob reads the body of a job info answer. Its error is a refusal, or says in what way the body is no job.
func decodeJob(body []byte, loc *time.Location, r redactor) (Job, error) {
	var w wireJob
	if err := decodeObject(body, &w); err != nil {
		return Job{}, err
	}
	if w.JobID == "" && w.JobStatus == "" && w.ErrorType.given() {
		return Job{}, refusal{w.wireError}
	}
	return w.job(loc, r)
}

// job turns what arrived into a Job without secrets. An object without anything that tells jobs apart or says how one
// is doing is some other object.
func (w *wireJob) job(loc *time.Location, r redactor) (Job, error) {
	if w.JobID == "" && w.JobStatus == "" && w.JobName == "" && w.CreationDate == "" && w.DueDate == "" {
		return Job{}, errors.New("the body is a JSON object without a single field of a job")
	}
	job := Job{
		ID:                 w.JobID.label(r),
		Name:               w.JobName.label(r),
		ExternalID:         w.ExternalID.label(r),
		Status:             ParseStatus(string(w.JobStatus)),
		RawStatus:          w.JobStatus.label(r),
		Priority:           w.Priority.label(r),
		Fidelity:           w.Fidelity.label(r),
		Difficulty:         w.JobDifficulty.label(r),
		SourceLanguage:     w.SourceLanguage.label(r),
		TargetLanguage:     w.TargetLanguage.label(r),
		MediaLengthSeconds: w.MediaLengthSeconds.value,
	}
	read := func(name string, t text) (time.Time, bool) {
		d := ParseDate(string(t), loc)
		if d.Unreadable {
			job.Unreadable = append(job.Unreadable, UnreadableDate{Name: name, Text: t.label(r)})
		}
		return d.Time, d.HasOffset
	}
	job.Created, job.CreatedHasOffset = read("created", w.CreationDate)
	job.Authorized, job.AuthorizedHasOffset = read("authorized", w.AuthorizationDate)
	job.Started, job.StartedHasOffset = read("started", w.StartDate)
	job.Due, job.DueHasOffset = read("due", w.DueDate)
	job.Completed, job.CompletedHasOffset = read("completed", w.CompletedDate)
	job.Returned, job.ReturnedHasOffset = read("returned", w.ReturnDate)
	return job, nil
}
