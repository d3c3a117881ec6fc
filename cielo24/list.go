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
)

// ListFilter narrows a job list. Zero members do not narrow.
// Source: GET /api/job/list (doc).
type ListFilter struct {
	Status      string    // one of Statuses
	CreatedFrom time.Time // jobs created then or later
	Username    string    // a sub-account, or "*" for all
}

// maxJobBytes bounds a job list: jobs asked for times this many bytes. A job in a list has about 730 (doc).
const maxJobBytes = 8 << 10

// ListResult is what came of a job list.
type ListResult struct {
	Read       int  // jobs that each was called with
	Unreadable int  // elements of the list that are no job
	Whole      bool // the list was read to its end
}

// JobList asks for the jobs of the account, finished ones included, newest first, and calls each with every one as it
// arrives. There is no paging (doc). An element that is no job costs only itself. maxJobs bounds the size of the answer,
// not the number of jobs. Attempts and error are as with JobInfo; jobs that each was called with before an error are
// good.
func (c *Client) JobList(ctx context.Context, f ListFilter, a *Attempts, maxJobs int, each func(Job)) (ListResult, error) {
	var result ListResult
	err := c.withToken(ctx, EndpointJobList, a, func(t *ticket) request {
		return request{
			endpoint: EndpointJobList,
			path:     "/api/job/list",
			query:    "v=1&api_token=" + url.QueryEscape(t.token.Reveal()) + f.query(c.opts.Location),
			header:   http.Header{"Accept-Encoding": {"gzip"}},
			limit:    maxError + int64(maxJobs)*maxJobBytes,
			redact:   t.redact,
			read: func(r io.Reader) error {
				err := decodeList(r, func(w *wireJob) {
					job, err := w.job(c.opts.Location, t.redact)
					if err != nil {
						result.Unreadable++
						return
					}
					result.Read++
					each(job)
				})
				result.Whole = err == nil
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

var (
	errNotJSON   = errors.New("the body is not valid JSON")
	errNoJobList = errors.New("the body is a JSON object without a job list")
)

// decodeList reads {"Username": …, "ActiveJobs": [job, …]} as a stream, one job in memory at a time, and calls each with
// every element: nil stands for one that is not an object or too large. Its error is a refusal, or says in what way the
// body is not a list.
func decodeList(r io.Reader, each func(*wireJob)) error {
	v := newValues(r)
	if found, err := v.opens('{'); !found {
		return ended(err)
	}
	var o listObject
	for end := byte(','); end == ','; {
		key, colon, err := v.next()
		switch {
		case err != nil:
			return ended(err)
		case colon == '}':
			return o.err()
		case colon != ':':
			return errNotJSON
		}
		name := strings.ToLower(strings.Trim(string(key), `"`))
		if name == "activejobs" {
			found, err := v.opens('[')
			switch {
			case err != nil:
				return ended(err)
			case found:
				return decodeJobs(v, each)
			}
		}
		var value []byte
		if value, end, err = v.next(); err != nil {
			return ended(err)
		}
		o.set(name, value)
	}
	return o.err()
}

// listObject is what stands beside, or in place of, the list.
type listObject struct {
	wireError
	empty bool // null or "" stands for the list
}

// set takes a member. What is not valid JSON is no member.
func (o *listObject) set(name string, value []byte) {
	switch name {
	case "activejobs":
		o.empty = string(value) == "null" || string(value) == `""`
	case "errortype":
		_ = json.Unmarshal(value, &o.ErrorType, tolerant())
	case "errorcomment":
		_ = json.Unmarshal(value, &o.ErrorComment, tolerant())
	}
}

// err is what an object without a list is.
func (o *listObject) err() error {
	switch {
	case o.ErrorType.given():
		return refusal{o.wireError}
	case o.empty:
		return nil
	}
	return errNoJobList
}

// decodeJobs reads the list itself, behind its opening bracket.
func decodeJobs(v *values, each func(*wireJob)) error {
	switch empty, err := v.opens(']'); {
	case err != nil:
		return ended(err)
	case empty:
		return nil
	}
	for {
		value, end, err := v.next()
		switch {
		case err != nil:
			return ended(err)
		case end != ',' && end != ']':
			return errNotJSON
		}
		var w *wireJob
		if len(value) > 0 && value[0] == '{' && json.Unmarshal(value, &w, tolerant()) != nil {
			w = nil
		}
		each(w)
		if end == ']' {
			return nil
		}
	}
}
