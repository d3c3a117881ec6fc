package cielo24

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
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

	Created, Authorized, Started, Due, Completed, Returned time.Time
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

	wireError // an error in an answer that should be a job
}

// wireError is the body of an answer with status 400. Source: doc.
type wireError struct {
	ErrorType    text
	ErrorComment text
}

// decodeJob reads the body of a job info answer. Its error says in what way the body is no job.
func decodeJob(body []byte, loc *time.Location, r redactor) (Job, error) {
	var w wireJob
	if err := decodeObject(body, &w); err != nil {
		return Job{}, err
	}
	if w.ErrorType != "" {
		return Job{}, fmt.Errorf("the body is an error, %s, not a job", w.ErrorType.label(r))
	}
	return w.job(loc, r)
}

// job turns what arrived into a Job without secrets. An object without anything that tells jobs apart or says how one
// is doing is some other object.
func (w *wireJob) job(loc *time.Location, r redactor) (Job, error) {
	if w.JobID == "" && w.JobStatus == "" && w.JobName == "" && w.CreationDate == "" && w.DueDate == "" {
		return Job{}, errors.New("the body is a JSON object without a single field of a job")
	}
	return Job{
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
		Created:            ParseDate(string(w.CreationDate), loc),
		Authorized:         ParseDate(string(w.AuthorizationDate), loc),
		Started:            ParseDate(string(w.StartDate), loc),
		Due:                ParseDate(string(w.DueDate), loc),
		Completed:          ParseDate(string(w.CompletedDate), loc),
		Returned:           ParseDate(string(w.ReturnDate), loc),
	}, nil
}

// decodeObject reads body into v if it is one JSON object, and says in a reader's words what else it is.
func decodeObject(body []byte, v any) error {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if len(body) == 0 {
		return errors.New("the body is empty")
	}
	switch body[0] {
	case '{':
	case '<':
		return errors.New("the body is HTML or XML, not JSON")
	case '[':
		return errors.New("the body is a JSON list, not an object")
	default:
		return errors.New("the body is not a JSON object")
	}
	if err := json.Unmarshal(body, v, tolerant()); err != nil {
		return errors.New("the body is not valid JSON")
	}
	return nil
}

// tolerant reads what is not quite JSON as encoding/json has always done.
func tolerant() json.Options {
	return json.JoinOptions(json.MatchCaseInsensitiveNames(true), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// text accepts any JSON value: a string as it is, a number or boolean as its digits or letters, anything else as "".
type text string

// UnmarshalJSONFrom fails only for what is no JSON.
func (t *text) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	s, err := scalar(d)
	*t = text(s)
	return err
}

// label returns t fit for labels, pages and logs. Secrets go first: a cut could leave half of one.
func (t text) label(r redactor) string { return oneLine(r.scrub(string(t))) }

// number accepts any JSON value: a number, or a string that is one. What is neither, or negative or infinite, is
// absent.
type number struct{ value *float64 }

// UnmarshalJSONFrom fails only for what is no JSON.
func (n *number) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	n.value = nil
	s, err := scalar(d)
	if f, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil && f >= 0 && !math.IsInf(f, 0) {
		n.value = &f
	}
	return err
}

// scalar reads a value and returns the text of a string, number or boolean, and "" for null, objects and lists.
func scalar(d *jsontext.Decoder) (string, error) {
	switch d.PeekKind() {
	case jsontext.KindNull, jsontext.KindBeginObject, jsontext.KindBeginArray:
		return "", d.SkipValue()
	}
	token, err := d.ReadToken()
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

// oneLine bounds a text of the API for labels, pages and logs: valid UTF-8, no control characters, at most maxText
// bytes, visibly cut.
func oneLine(s string) string {
	if strings.IndexFunc(s, unicode.IsControl) >= 0 || !utf8.ValidString(s) {
		s = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return ' '
			}
			return r
		}, strings.ToValidUTF8(s, "\uFFFD"))
	}
	s = strings.TrimSpace(s)
	if len(s) <= maxText {
		return s
	}
	const ellipsis = "…"
	cut := maxText - len(ellipsis)
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ellipsis
}
