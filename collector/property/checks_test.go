package property_test

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// shown is what a scrape showed of a job.
type shown struct {
	at        time.Time // the scrape
	micro     int64     // last_success, in microseconds; 0: no values
	number    int       // the call that brought the values
	downSince time.Time // the first scrape of those in a row that showed it down with these values
}

// view is what one scrape shows of one account.
type view struct {
	*exposition
	*account
	h     *harness
	x     *exporter
	r     response
	calls []call
	jobs  map[string]map[string]float64 // series by job_id
}

// checkScrape looks at a scrape.
func (h *harness) checkScrape(x *exporter, r response) {
	if r.Code != http.StatusOK {
		h.fail("scrape", "got status %d, want 200", r.Code)
		return
	}
	if strings.Contains(r.Body.String(), "-secret-") || strings.Contains(r.Body.String(), "-session-") {
		h.fail("secrets", "a secret is in the metrics")
	}
	e, err := parseText(r.Body.String())
	if err != nil {
		h.fail("scrape", "%v", err)
		return
	}
	if len(e.twice) > 0 {
		h.fail("once", "a series is there twice: %s", e.twice[0])
	}
	h.checkExposition(x, r, e)
}

// checkExposition looks at each account.
func (h *harness) checkExposition(x *exporter, r response, e *exposition) {
	snapshots := x.env.Collector.Snapshot()
	for i, a := range x.accounts {
		calls := h.api.record(a.name)
		h.mu.Lock()
		if !r.at.Before(a.latest) && i < len(snapshots) {
			v := &view{exposition: e, account: a, h: h, x: x, r: r, calls: calls, jobs: e.jobs[a.name]}
			for _, check := range []func(){v.watched, v.upOrError, v.values, v.stale, v.counters} {
				check()
			}
			if !snapshots[i].Refreshing {
				for _, check := range []func(){v.outcomes, v.lists} {
					check()
				}
			}
			v.up(snapshots[i].Refreshing)
			a.latest = r.at
			v.remember()
		}
		h.mu.Unlock()
	}
}

func (v *view) fail(check, format string, args ...any) {
	v.h.failLocked(check, "account %s: "+format, append([]any{v.name}, args...)...)
}

// discovered reports whether a list of the account has named the job in this run.
func (v *view) discovered(id string) bool {
	return slices.ContainsFunc(v.calls, func(c call) bool {
		_, in := c.content[canonical(id)]
		return in && c.endpoint == jobList && !c.start.Before(v.x.born)
	})
}

// watched: each series belongs to a watched job, and every watched job has exactly one cielo24_job_up.
func (v *view) watched() {
	s := v.now()
	pinned := map[string]bool{}
	for _, i := range slices.Concat(s.jobs, s.files) {
		pinned[written(i)] = true
		if _, ok := v.jobs[written(i)]["up"]; !ok {
			v.fail("watched", "job %s has no cielo24_job_up", written(i))
		}
	}
	found := 0
	canonicals := map[string]bool{}
	for id, series := range v.jobs {
		if _, ok := series["up"]; !ok {
			v.fail("watched", "job %s has series, but no cielo24_job_up: %v", id, series)
		}
		if canonicals[canonical(id)] {
			v.fail("once", "job %s is there twice", id)
		}
		canonicals[canonical(id)] = true
		if !pinned[id] {
			found++
			if !s.discovery || !v.discovered(id) {
				v.fail("watched", "job %s has series, but nobody watches it", id)
			}
		}
	}
	if s.discovery && found > s.maxJobs {
		v.fail("max_jobs", "got %d discovered jobs, want at most %d", found, s.maxJobs)
	}
	for source, want := range map[string]int{"config": len(s.jobs), "file": len(s.files), "discovery": found} {
		if got, _ := v.value("cielo24_jobs", v.name, "source", source); got != float64(want) {
			v.fail("watched", "cielo24_jobs{source=%q}: got %v, want %d", source, got, want)
		}
	}
}

// reasons returns those of cielo24_job_error.
func reasons(series map[string]float64) []string {
	var all []string
	for name := range series {
		if rest, ok := strings.CutPrefix(name, `error{reason="`); ok {
			all = append(all, strings.TrimSuffix(rest, `"}`))
		}
	}
	return all
}

// upOrError: job_up is 0 if and only if there is exactly one job_error.
func (v *view) upOrError() {
	for id, series := range v.jobs {
		errors := reasons(series)
		if up := series["up"]; up == 1 && len(errors) != 0 || up == 0 && len(errors) != 1 || up != 0 && up != 1 {
			v.fail("up or error", "job %s: got up %v and errors %v", id, up, errors)
		}
		if c := v.lastCall(id); c.rejected && v.pinned(id) && slices.Equal(errors, []string{c.reason}) && len(series) != 2 {
			v.fail("rejected", "job %s: got values although it was rejected by %v: %v", id, &c, series)
		}
	}
}

// lastCall is the last call for the job that has ended.
func (v *view) lastCall(id string) call {
	var last call
	for _, c := range v.calls {
		if c.job == canonical(id) && c.ended(v.r.at) {
			last = c
		}
	}
	return last
}

// pinned reports whether the configuration or a file names the job.
func (v *view) pinned(id string) bool {
	s := v.now()
	return slices.ContainsFunc(slices.Concat(s.jobs, s.files), func(i int) bool { return written(i) == id })
}

// micro is last_success in microseconds; 0 without values.
func micro(series map[string]float64) int64 {
	return int64(math.Round(series["last_success_timestamp_seconds"] * 1e6))
}

// said returns the call that said what is shown of a job at the time that is named, and what it said.
func (v *view) said(id string) (call, bool) {
	series := v.jobs[id]
	at := micro(series)
	for _, c := range v.calls {
		j, ok := c.content[canonical(id)]
		if ok && c.usable && c.end.UnixMicro() == at && difference(values(series), v.want(id, j, c.end)) == "" {
			return c, true
		}
	}
	return call{}, false
}

// values are the series that tell what the API said.
func values(series map[string]float64) map[string]float64 {
	all := map[string]float64{}
	for name, value := range series {
		if name != "up" && !strings.HasPrefix(name, "error") {
			all[name] = value
		}
	}
	return all
}

// want are the series of a job of which the API said j at a time.
func (v *view) want(id string, j job, at time.Time) map[string]float64 {
	s := v.now()
	want := map[string]float64{
		"last_success_timestamp_seconds": float64(at.UnixMicro()) / 1e6, "media_length_seconds": j.media,
	}
	for _, status := range append(statuses(), "unknown") {
		want[fmt.Sprintf("status{status=%q}", status)] = 0
	}
	want[fmt.Sprintf("status{status=%q}", j.status)] = 1
	info := map[string]string{"job_name": j.name, "priority": j.priority}
	if slices.ContainsFunc(s.jobs, func(i int) bool { return written(i) == id }) {
		info["course"] = fmt.Sprintf("c%d", s.label)
	}
	want["info"+write(info)] = 1
	for name, t := range map[string]time.Time{
		"created": j.created, "due": j.due, "completed": j.completed, "returned": j.returned,
	} {
		if name == "due" && j.dueText != "" {
			want[`date_unreadable{date="due"}`] = 1
		} else if !t.IsZero() {
			shifted, _ := time.ParseInLocation(time.DateTime, t.UTC().Format(time.DateTime), s.location())
			want[name+"_timestamp_seconds"] = float64(shifted.Unix())
			if name == "due" {
				want["time_until_due_seconds"] = shifted.Sub(v.r.at).Seconds()
			}
		}
	}
	return want
}

// values: what is shown was said by the API at the time named, and never goes back in time.
func (v *view) values() {
	for id, series := range v.jobs {
		shows := values(series)
		if len(shows) == 0 {
			continue
		}
		c, ok := v.said(id)
		if !ok {
			v.fail("said", "job %s: nothing like this was said at %s:\n%v", id, stamp(time.UnixMicro(micro(series))), shows)
			continue
		}
		if c.start.Before(v.x.born) {
			v.fail("said", "job %s: shows what was said to another exporter", id)
		}
		if was := v.account.jobs[id]; c.number < was.number || micro(series) < was.micro {
			v.fail("back in time", "job %s: shows call #%d, after #%d had been shown", id, c.number, was.number)
		}
	}
}

// stale: a job that fails keeps its values for stale_after, and no longer.
func (v *view) stale() {
	s := v.now()
	for id, series := range v.jobs {
		was, known := v.account.jobs[id]
		at := micro(series)
		switch {
		case series["up"] == 1 || at == 0:
		case known && was.micro == at && !was.downSince.IsZero() && v.r.at.Sub(was.downSince) >= s.staleAfter:
			v.fail("stale", "job %s: has failed for at least %s and still has values, want none after %s", id,
				v.r.at.Sub(was.downSince), s.staleAfter)
		case s.staleAfter == 0:
			v.fail("stale", "job %s: has failed and still has values, although stale_after is 0", id)
		}
		lasted := time.UnixMicro(was.micro)
		if !known || was.micro == 0 || at != 0 || v.r.at.Sub(lasted) >= s.staleAfter || !v.disturbed.Before(lasted) {
			continue
		}
		if !v.rejectedSince(id, lasted) {
			v.fail("kept", "job %s: lost its values %s after they were fetched, want them kept for %s; now %v", id,
				v.r.at.Sub(lasted), s.staleAfter, series)
		}
	}
}

// rejectedSince reports whether the API has rejected the job.
func (v *view) rejectedSince(id string, t time.Time) bool {
	return slices.ContainsFunc(v.calls, func(c call) bool {
		return c.job == canonical(id) && c.rejected && !c.end.Before(t)
	})
}

// remember notes what was shown.
func (v *view) remember() {
	for id := range v.account.jobs {
		if _, ok := v.jobs[id]; !ok {
			delete(v.account.jobs, id)
		}
	}
	for id, series := range v.jobs {
		now := shown{at: v.r.at, micro: micro(series)}
		was := v.account.jobs[id]
		if c, ok := v.said(id); ok {
			now.number = c.number
		}
		if series["up"] == 0 {
			now.downSince = v.r.at
			if was.micro == now.micro && !was.downSince.IsZero() {
				now.downSince = was.downSince
			}
		}
		v.account.jobs[id] = now
	}
}

// compareFormats scrapes in all formats at once: they join one refresh, and must say the same.
func (h *harness) compareFormats(x *exporter, s step) {
	s.wait += 1111 * time.Nanosecond // so that no call ends in the very moment in which they give up waiting
	var all sync.WaitGroup
	responses := make([]response, 3)
	for i, accept := range []string{
		"text/plain", "application/openmetrics-text; version=1.0.0",
		"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
	} {
		all.Go(func() { responses[i] = h.get(x, s, "/metrics", "Accept", accept) })
	}
	all.Wait()
	text, err := parseText(responses[0].Body.String())
	if err != nil {
		h.fail("scrape", "%v", err)
		return
	}
	openMetrics, err := parseText(responses[1].Body.String())
	if err != nil {
		h.fail("scrape", "%v", err)
		return
	}
	protobuf, err := parseProtobuf(responses[2].Body.Bytes())
	if err != nil {
		h.fail("scrape", "%v", err)
		return
	}
	if !responses[0].at.Equal(responses[1].at) || !responses[0].at.Equal(responses[2].at) {
		h.fail("joins", "three scrapes of one moment ended at %s, %s and %s, want the same", stamp(responses[0].at),
			stamp(responses[1].at), stamp(responses[2].at))
	}
	if d := difference(openMetrics.values, text.values); d != "" {
		h.fail("formats", "OpenMetrics, compared with text: %s", d)
	}
	if d := difference(protobuf.values, text.values); d != "" {
		h.fail("formats", "protobuf, compared with text: %s", d)
	}
	h.checkExposition(x, responses[0], text)
}
