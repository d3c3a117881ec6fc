package property_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"cielo24_exporter/collector"
)

// checkTargets: /sd is 503 until every list was had once, and never empty or shorter because the API failed.
func (h *harness) checkTargets(x *exporter, a *account, r response) {
	snapshots := x.env.Collector.Snapshot()
	if len(snapshots) == 0 {
		return // the exporter has ended meanwhile
	}
	refreshing := snapshots[slices.Index(x.accounts, a)].Refreshing
	calls := h.api.record(a.name)
	h.mu.Lock()
	defer h.mu.Unlock()
	v := &view{account: a, h: h, x: x, r: r, calls: calls}
	missing := v.missingLists()
	if r.Code == http.StatusServiceUnavailable {
		switch {
		case a.sdKnown:
			v.fail("targets", "got 503, after the jobs had been known")
		case len(missing) == 0 && !refreshing && v.wholeSince(v.disturbed):
			v.fail("targets", "got 503, although every list was had once")
		}
		return
	}
	if r.Code != http.StatusOK {
		v.fail("targets", "got status %d, want 200 or 503", r.Code)
		return
	}
	if len(missing) > 0 {
		v.fail("targets", "got 200, although the lists of %v were never had, want 503", missing)
	}
	var groups []struct {
		Targets []string
		Labels  map[string]string
	}
	if err := json.Unmarshal(r.Body.Bytes(), &groups); err != nil {
		v.fail("targets", "%v", err)
	}
	now := map[string]time.Time{}
	for _, g := range groups {
		now[strings.Join(g.Targets, "")] = r.at
	}
	v.targets(now)
	a.sdKnown = true
}

// targets: none has gone without a reason.
func (v *view) targets(now map[string]time.Time) {
	s := v.now()
	for _, i := range slices.Concat(s.jobs, s.files) {
		if _, ok := now[written(i)]; !ok {
			v.fail("targets", "job %s of the configuration is not a target", written(i))
		}
	}
	for id, since := range v.account.targets {
		if _, ok := now[id]; !ok && since.After(v.disturbed) && !v.mayGo(id, since) {
			v.fail("targets", "job %s is no longer a target since %s, and the API has not said that it is gone", id, stamp(since))
		}
	}
	v.account.targets = now
}

// mayGo reports whether the API has said something by which a discovered job may have left: a list without it, or a
// rejection; or it was finished for long enough.
func (v *view) mayGo(id string, since time.Time) bool {
	return slices.ContainsFunc(v.calls, func(c call) bool {
		if c.end.Before(since.Add(-2 * time.Hour)) {
			return false
		}
		_, in := c.content[canonical(id)]
		return c.job == canonical(id) && c.rejected || c.endpoint == jobList && c.usable && !in
	})
}

// wholeSince reports whether a whole refresh has begun and ended after t.
func (v *view) wholeSince(t time.Time) bool {
	n := len(v.windows)
	return n > 0 && v.windows[n-1].start.After(t)
}

// missingLists returns the statuses whose list was never had in this run.
func (v *view) missingLists() []string {
	return slices.DeleteFunc(slices.Clone(v.now().listed()), func(status string) bool {
		return slices.ContainsFunc(v.calls, func(c call) bool {
			return c.endpoint == jobList && c.list == status && (c.usable || c.rejected) && !c.start.Before(v.x.born)
		})
	})
}

// checkProbe: a probe says what the API said to it.
func (h *harness) checkProbe(a *account, s step, r response) {
	if r.Code != http.StatusOK {
		h.fail("probe", "got status %d, want 200: %s", r.Code, r.Body)
		return
	}
	calls := h.api.record(a.name)
	success := strings.Contains(r.Body.String(), "\nprobe_success 1\n")
	answered := slices.ContainsFunc(calls, func(c call) bool {
		return c.job == jobID(s.job) && c.usable && c.end.Equal(r.at)
	})
	if success && !answered {
		h.fail("probe", "job %02d: got success, although no call for it was answered at %s", s.job, stamp(r.at))
	}
}

// checkNothingChanged: a reload that changes nothing for an account changes nothing at all.
func (h *harness) checkNothingChanged(a *account, before []collector.Snapshot, calls int) {
	after := h.exporter.env.Collector.Snapshot()
	for i := range before {
		if before[i].Account == a.name && !reflect.DeepEqual(before[i], after[i]) {
			h.fail("reload", "account %s: a reload that changes nothing changed what is known from\n%+v\nto\n%+v", a.name, before[i], after[i])
		}
	}
	if n := len(h.api.record(a.name)); n != calls {
		h.fail("reload", "account %s: a reload that changes nothing made %d calls", a.name, n-calls)
	}
}

// beWell ends all faults, waits until nothing is left of them, and scrapes: everything is exactly what the API says.
func (h *harness) beWell() {
	h.requests.Wait()
	h.endFaults()
	sleep(2*time.Hour + 137*time.Nanosecond) // holds end within an hour, back-offs within minutes, retention after an hour
	x := h.exporter
	r := h.get(x, step{wait: 10 * time.Minute}, "/metrics")
	h.checkScrape(x, r)
	e, err := parseText(r.Body.String())
	if err != nil {
		return // was told
	}
	for _, a := range x.accounts {
		calls := h.api.record(a.name)
		h.mu.Lock()
		v := &view{exposition: e, account: a, h: h, x: x, r: r, calls: calls, jobs: e.jobs[a.name]}
		v.well()
		h.mu.Unlock()
	}
}

// well: everything is what the API says now.
func (v *view) well() {
	s := v.now()
	if s.minInterval > 0 && v.windows == nil {
		return
	}
	if up, _ := v.value("cielo24_up", v.name); up != 1 && len(v.jobs) > 0 {
		v.fail("well", "cielo24_up is %v (%s), want 1", up, v.reason(v.name))
	}
	for id, series := range v.jobs {
		j, exists := v.h.api.job(canonical(id))
		shows := values(series)
		switch settled := s.settled > 0 && (series[`status{status="Media Failure"}`] == 1 || series[`status{status="Complete"}`] == 1); {
		case settled:
		case !exists:
			if got := strings.Join(reasons(series), ""); got != "ITEM_NOT_FOUND" {
				v.fail("well", "job %s does not exist: got reason %q, want ITEM_NOT_FOUND", id, got)
			}
		case series["up"] != 1:
			v.fail("well", "job %s: got up %v (%v), want 1", id, series["up"], reasons(series))
		default:
			want := v.want(id, j, time.UnixMicro(micro(series)))
			if d := difference(shows, want); d != "" {
				v.fail("well", "job %s is not as the API says: %s", id, d)
			}
		}
	}
	v.allListed()
}

// allListed: every job in a list is watched.
func (v *view) allListed() {
	s := v.now()
	ids := map[string]bool{}
	for id := range v.jobs {
		ids[canonical(id)] = true
	}
	v.h.api.mu.Lock()
	listed := 0
	var missing []string
	for id, j := range v.h.api.jobs {
		if slices.Contains(s.listed(), j.status) {
			listed++
			if !ids[id] {
				missing = append(missing, id)
			}
		}
	}
	v.h.api.mu.Unlock()
	if s.discovery && s.maxJobs >= fleet && len(missing) > 0 {
		v.fail("well", "jobs %v are listed, and not watched", missing)
	}
}
