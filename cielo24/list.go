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

// JobList asks for the jobs of the account, finished ones included, newest first, and calls each with every one as it
// arrives, at most maxJobs times. There is no paging (doc). It reports whether jobs were left out. The error, if any,
// is an *Error; jobs that each was called with before it are good.
func (c *Client) JobList(ctx context.Context, f ListFilter, maxJobs int, each func(Job)) (cut bool, _ error) {
	err := c.withToken(ctx, func(t ticket) *Error {
		return c.do(ctx, request{
			endpoint: EndpointJobList,
			path:     "/api/job/list",
			query:    "v=1&api_token=" + url.QueryEscape(t.token.Reveal()) + f.query(c.opts.Location),
			header:   http.Header{"Accept-Encoding": {"gzip"}},
			limit:    maxError + int64(maxJobs)*maxJobBytes,
			redact:   t.redact,
			read: func(r io.Reader) (err error) {
				cut, err = decodeList(r, maxJobs, func(w *wireJob) {
					if job, err := w.job(c.opts.Location, t.redact); err == nil {
						each(job)
					}
				})
				if err == nil && !cut {
					_, err = io.Copy(io.Discard, r) // so that the connection can be used again
				}
				return err
			},
		})
	})
	return cut, err
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
	for n := 0; d.PeekKind() != jsontext.KindEndArray; n++ {
		if n == maxJobs {
			return true, nil
		}
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
