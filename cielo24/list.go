package cielo24

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
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
				cut, err := decodeList(r, maxJobs, func(w *wireJob) {
					if job, err := w.job(c.opts.Location, t.redact); err == nil {
						result.Read++
						each(job)
					} else {
						result.Unreadable++
					}
				})
				result.Whole = err == nil && !cut
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
	errNotList   = errors.New("the body is not valid JSON")
	errNoJobList = errors.New("the body is a JSON object without a job list")
)

// decodeList reads {"Username": …, "ActiveJobs": [job, …]} as a stream, one job in memory at a time.
func decodeList(r io.Reader, maxJobs int, each func(*wireJob)) (cut bool, _ error) {
	// A value has to be in memory as a whole, so each is bounded; the list as a whole is bounded by the number of jobs.
	bounded := &boundedReader{r: r, left: maxJobInfo}
	cut, err := decodeObjectWithList(jsontext.NewDecoder(bounded, tolerant()), func() { bounded.left = maxJobInfo }, maxJobs, each)
	if errors.Is(bounded.err, errTooLarge) {
		err = errTooLarge
	}
	return cut, err
}

// decodeObjectWithList looks for the list. next is called before every value that may be large.
func decodeObjectWithList(d *jsontext.Decoder, next func(), maxJobs int, each func(*wireJob)) (cut bool, _ error) {
	if t, err := d.ReadToken(); err != nil || t.Kind() != jsontext.KindBeginObject {
		return false, errNotList
	}
	for d.PeekKind() == jsontext.KindString {
		key, err := d.ReadToken()
		if err != nil {
			return false, errNotList
		}
		if key.String() == "ActiveJobs" {
			return decodeJobs(d, next, maxJobs, each)
		}
		if d.SkipValue() != nil {
			return false, errNotList
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return false, errNotList
	}
	return false, errNoJobList
}

// decodeJobs reads the list itself.
func decodeJobs(d *jsontext.Decoder, next func(), maxJobs int, each func(*wireJob)) (cut bool, _ error) {
	if t, err := d.ReadToken(); err != nil || t.Kind() != jsontext.KindBeginArray {
		return false, errNoJobList
	}
	for d.PeekKind() != jsontext.KindEndArray {
		next()
		var w wireJob
		if err := json.UnmarshalDecode(d, &w); err != nil {
			return false, errNotList
		}
		each(&w)
	}
	if _, err := d.ReadToken(); err != nil {
		return false, errNotList
	}
	return false, nil
}
