package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// contestant is an exporter or the yardstick: a process that is asked again and again.
type contestant struct {
	*process
	name   string
	url    string
	client *http.Client
	answer bytes.Buffer // the last one

	walls  []time.Duration
	from   time.Duration // CPU time when the measured rounds began
	cost   time.Duration // CPU time of a round
	memory int           // bytes, at the most
}

func newContestant(name string, p *process, url string) *contestant {
	return &contestant{process: p, name: name, url: url, client: &http.Client{
		Transport: &http.Transport{DisableCompression: true}, Timeout: 2 * time.Minute,
	}}
}

// ask asks once, and returns how long that took up to the last byte.
func (c *contestant) ask(ctx context.Context) (time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, http.NoBody)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept", "text/plain; version=0.0.4")
	req.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "120")
	c.answer.Reset()
	begun := time.Now()
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := c.answer.ReadFrom(resp.Body); err != nil {
		return 0, err
	}
	took := time.Since(begun)
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: %s", resp.Status, &c.answer)
	}
	return took, nil
}

// begin begins to count.
func (c *contestant) begin() (err error) {
	c.walls = nil
	c.from, err = c.cpu()
	return err
}

// end ends it. What the garbage collector did behind the answers counts too, and what it does only every few rounds
// counts for each: so the CPU time is a mean.
func (c *contestant) end() error {
	to, err := c.cpu()
	if err != nil {
		return err
	}
	c.cost = (to - c.from) / time.Duration(len(c.walls))
	c.memory, err = c.peak()
	return err
}

// wall returns the median of the rounds.
func (c *contestant) wall() time.Duration {
	sorted := slices.Sorted(slices.Values(c.walls))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// seriesOfJobs are lines of an answer, sorted.
type seriesOfJobs []string

// jobs returns the IDs that occur.
func (s seriesOfJobs) jobs() map[string]bool {
	ids := map[string]bool{}
	for _, line := range s {
		ids[jobID(line)] = true
	}
	return ids
}

// of returns the series of the jobs that are in ids.
func (s seriesOfJobs) of(ids map[string]bool) seriesOfJobs {
	return slices.DeleteFunc(s, func(line string) bool { return !ids[jobID(line)] })
}

func jobID(line string) string {
	_, rest, _ := strings.Cut(line, `job_id="`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// series returns the series of jobs in the last answer, sorted, with their values where these do not depend on the
// moment of the call.
func (c *contestant) series() seriesOfJobs {
	var all seriesOfJobs
	for line := range strings.Lines(c.answer.String()) {
		if !strings.HasPrefix(line, "cielo24_job_") {
			continue
		}
		if strings.HasPrefix(line, "cielo24_job_time_until_due_seconds{") ||
			strings.HasPrefix(line, "cielo24_job_last_success_timestamp_seconds{") {
			line = line[:strings.LastIndexByte(line, ' ')]
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}

// difference says how the last answers differ, or "".
func difference(a, b seriesOfJobs) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%d series of the exporter, %d of the yardstick, first difference: %q, %q", len(a), len(b), a[i], b[i])
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("%d series of the exporter, %d of the yardstick", len(a), len(b))
	}
	return ""
}
