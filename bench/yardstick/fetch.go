package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// wire is a job as the API writes it.
type wire struct {
	JobID              string `json:"JobId"`
	JobName            string
	ExternalID         string
	JobStatus          string
	Priority           string
	Fidelity           string
	JobDifficulty      string
	SourceLanguage     string
	TargetLanguage     string
	MediaLengthSeconds any // a number, or "" when it is not known
	CreationDate       string
	AuthorizationDate  string
	StartDate          string
	DueDate            string
	CompletedDate      string
	ReturnDate         string
}

// job is a job as it is written. A date that is not known is the zero time.
type job struct {
	wire

	id          string // as it was asked for
	fetched     time.Time
	mediaLength float64
	measured    bool // mediaLength is known

	created, authorized, started, due, completed, returned time.Time
}

// client asks the API.
type client struct {
	http        *http.Client
	base, token string
	concurrency int
	location    *time.Location
}

// jobs asks for each job, several at a time.
func (c *client) jobs(ctx context.Context, ids []string) ([]job, error) {
	jobs := make([]job, len(ids))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range c.concurrency {
		workers.Go(func() {
			var body bytes.Buffer
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(ids) {
					return
				}
				var w wire
				if err := c.get(ctx, "/api/job/info", "&job_id="+ids[i], &body); err != nil {
					cancel(err)
				} else if err := json.Unmarshal(body.Bytes(), &w); err != nil {
					cancel(err)
				}
				jobs[i] = c.read(w, ids[i])
			}
		})
	}
	workers.Wait()
	return jobs, context.Cause(ctx)
}

// get makes a call and reads its answer into body.
func (c *client) get(ctx context.Context, path, query string, body *bytes.Buffer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path+"?v=1&api_token="+c.token+query, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body.Reset()
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, resp.Status)
	}
	return nil
}

func (c *client) read(w wire, id string) job {
	j := job{
		wire: w, id: id, fetched: time.Now(),
		created: c.date(w.CreationDate), authorized: c.date(w.AuthorizationDate), started: c.date(w.StartDate),
		due: c.date(w.DueDate), completed: c.date(w.CompletedDate), returned: c.date(w.ReturnDate),
	}
	j.mediaLength, j.measured = w.MediaLengthSeconds.(float64)
	return j
}

func (c *client) date(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation("2006-01-02T15:04:05", s, c.location)
	if err != nil {
		return time.Time{}
	}
	return t
}
