package cielo24

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ListFilter narrows a job list. Zero members do not narrow.
// Source: GET /api/job/list (doc).
type ListFilter struct {
	Status      string    // one of Statuses
	CreatedFrom time.Time // jobs created then or later
	Username    string    // a sub-account, or "*" for all
}

// ListResult is what came of a job list.
type ListResult struct {
	Read       int  // jobs that were found
	Unreadable int  // elements of the list that are no job
	Whole      bool // the list was read to its end
}

// maxElement bounds an element of a job list, in bytes, since each is in memory as a whole: more than any job has, whose
// Options may be long, and so little that the lists of all statuses side by side need not much.
const maxElement = 4 << 20

// maxJobBytes bounds a job list: jobs expected times this many bytes. A job in a list has about 730 (doc).
const maxJobBytes = 8 << 10

// JobList asks for the jobs of the account, finished ones included, newest first, and calls each with every one as it
// arrives. There is no paging (doc). An element that is no job costs only itself. maxJobs bounds the size of the answer,
// not the number of jobs. Attempts and error are as with JobInfo; jobs that each was called with before an error are
// good.
func (c *Client) JobList( //nolint:revive // a callback comes last, and a struct for the rest would say less
	ctx context.Context, f ListFilter, a *Attempts, maxJobs int, each func(Job),
) (ListResult, error) {
	var result ListResult
	err := c.withToken(ctx, EndpointJobList, a, func(t *ticket) request {
		return request{
			endpoint: EndpointJobList,
			path:     "/api/job/list",
			query:    "v=1&api_token=" + url.QueryEscape(t.token.Reveal()) + f.query(c.opts.Location),
			header:   http.Header{"Accept-Encoding": {"gzip"}},
			limit:    maxError + int64(maxJobs)*maxJobBytes,
			redact:   t.redact,
			read: func(r io.Reader) (err error) {
				result, err = readList(r, c.opts.Location, t.redact, each)
				return err
			},
		}
	})
	if err != nil {
		return result, err
	}
	return result, nil
}

// query writes the filter; dates are in the zone in which the API writes its own.
func (f ListFilter) query(loc *time.Location) string {
	q := url.Values{}
	if f.Status != "" {
		q.Set("JobStatus", f.Status)
	}
	if !f.CreatedFrom.IsZero() {
		q.Set("CreationDateFrom", f.CreatedFrom.In(loc).Format("2006-01-02T15:04:05"))
	}
	if f.Username != "" {
		q.Set("Username", f.Username)
	}
	if len(q) == 0 {
		return ""
	}
	return "&" + q.Encode()
}

// readList reads {"Username": …, "ActiveJobs": [job, …]} as it arrives, one job in memory at a time. Its error is a
// refusal, or says in what way the body is no list or where it ends too early.
func readList(r io.Reader, loc *time.Location, redact redactor, each func(Job)) (ListResult, error) {
	var result ListResult
	err := readElements(newScanner(r), func(element []byte) {
		if job, err := decodeElement(element, loc, redact); err == nil {
			result.Read++
			each(job)
		} else {
			result.Unreadable++
		}
	})
	result.Whole = err == nil
	return result, err
}

// decodeElement reads an element of a list; nil is one beyond the bound.
func decodeElement(element []byte, loc *time.Location, redact redactor) (Job, error) {
	var w wireJob
	if err := decodeObject(element, &w); err != nil {
		return Job{}, err
	}
	return w.job(loc, redact)
}

var errNoJobList = errors.New("the body is a JSON object without a job list")

// readElements reads the members of the body up to the end of the job list. In an answer that has none, or null or ""
// for it, an ErrorType anywhere is what counts.
func readElements(s *scanner, each func([]byte)) error {
	if err := enterObject(s); err != nil {
		return err
	}
	var w wireError
	seen, empty := false, false
	for {
		name, err := nextMember(s)
		if err != nil {
			return err
		}
		switch {
		case name == "":
			return endOfMembers(w, empty)
		case name == "activejobs" && !seen:
			var list bool
			seen = true
			if list, empty, err = readJobs(s, each); list {
				return err
			}
		case name == "errortype":
			err = member(s, &w.ErrorType)
		case name == "errorcomment":
			err = member(s, &w.ErrorComment)
		default:
			_, err = s.cut(0)
		}
		if err != nil {
			return notJSON(err)
		}
	}
}

// endOfMembers says what an answer without a list of jobs is.
func endOfMembers(w wireError, empty bool) error {
	switch {
	case w.ErrorType.given():
		return refusal{w}
	case empty:
		return nil
	}
	return errNoJobList
}

// enterObject takes the bracket with which the body begins.
func enterObject(s *scanner) error {
	if mark, err := s.r.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = s.r.Discard(len(mark))
	}
	b, err := s.peek()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if err := looksLikeObject(b); err != nil {
		return err
	}
	s.skip()
	return nil
}

// nextMember takes the name of a member and its colon. It returns "" at the end of the object, and a name that matches
// however it is written.
func nextMember(s *scanner) (string, error) {
	for {
		switch b, err := s.peek(); {
		case err != nil:
			return "", notJSON(err)
		case b == ',':
			s.skip()
		case b == '}':
			return "", nil
		case b == '"':
			return memberName(s)
		default:
			return "", errNotJSON
		}
	}
}

// maxName bounds the name of a member that matters, in bytes, escapes included.
const maxName = 256

func memberName(s *scanner) (string, error) {
	quoted, err := s.cut(maxName)
	if err != nil {
		return "", notJSON(err)
	}
	name, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil || len(name) == 0 {
		name = []byte("?")
	}
	if b, err := s.peek(); err != nil || b != ':' {
		return "", notJSON(err)
	}
	s.skip()
	// As the decoder of jobs matches names.
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(string(name))), nil
}

// readJobs reads the value of ActiveJobs: a list, null or "" for an empty one, or something else.
func readJobs(s *scanner, each func([]byte)) (list, empty bool, _ error) {
	b, err := s.peek()
	if err != nil {
		return false, false, err
	}
	if b != '[' {
		value, err := s.cut(len(`null`))
		return false, string(value) == `null` || string(value) == `""`, err
	}
	s.skip()
	for element := false; ; {
		switch b, err := s.peek(); {
		case err != nil:
			return true, false, notJSON(err)
		case b == ']':
			// What follows matters no more, but the connection can be used again.
			_, _ = io.Copy(io.Discard, s.r)
			return true, false, nil
		case b == ',':
			if !element {
				each(nil)
			}
			s.skip()
			element = false
		default:
			value, err := s.cut(maxElement)
			if err != nil {
				return true, false, notJSON(err)
			}
			each(value)
			element = true
		}
	}
}

// member reads the value of a member that is a text; one that is huge is not.
func member(s *scanner, into any) error {
	value, err := s.cut(maxError)
	if err != nil || value == nil {
		return err
	}
	if json.Unmarshal(value, into, tolerant()) != nil {
		return errNotJSON
	}
	return nil
}

// notJSON is what an error of the scanner says of the body, unless the reading itself failed.
func notJSON(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return errNotJSON
	}
	return err
}
