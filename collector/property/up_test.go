package property_test

import (
	"math"
	"slices"
	"strings"
	"time"
)

// latestRefresh returns the calls of the account's latest refresh, by start, and whether it can be told which they are: not
// when a reload has changed what is asked for meanwhile.
func (v *view) latestRefresh(refreshing bool) (w window, calls []call, ok bool) {
	switch n := len(v.windows); {
	case refreshing:
		w = window{start: v.began, end: v.r.at}
	case n == 0:
		return w, nil, false
	default:
		w = v.windows[n-1]
	}
	for _, c := range v.calls {
		// The next may begin in the moment in which this one ends.
		if !c.start.Before(w.start) && (refreshing || c.start.Before(w.end)) {
			calls = append(calls, c)
		}
	}
	return w, calls, v.disturbed.Before(w.start)
}

// probing reports whether a probe was under way in w: of the job, or of any if id is "".
func (a *account) probing(w window, id string) bool {
	return slices.ContainsFunc(a.probes, func(p window) bool {
		return (id == "" || p.job == id) && !p.start.After(w.end) && (p.end.IsZero() || !p.end.Before(w.start))
	})
}

// refusedLogin reports whether the call is a login that was refused.
func (c *call) refusedLogin() bool {
	return c.endpoint == login && (c.errorType != "" && c.errorType != "UNHANDLED_ERROR" || c.reason == "unauthorized")
}

// up: cielo24_up is as the contract says, and there is a reason exactly while it is 0.
func (v *view) up(refreshing bool) {
	up, known := v.value("cielo24_up", v.name)
	reason := v.reason(v.name)
	if (reason != "") != (known && up == 0) {
		v.fail("up", "got up %v (known: %v) and reason %q", up, known, reason)
	}
	s := v.now()
	if !s.discovery && len(s.jobs)+len(s.files) == 0 {
		if known {
			v.fail("up", "nothing is watched, and up is %v, want none", up)
		}
		return
	}
	ended := slices.ContainsFunc(v.calls, func(c call) bool { return !c.start.Before(v.x.born) && c.ended(v.r.at) })
	if known && !ended {
		v.fail("up", "no call has ended, and up is %v, want none", up)
	}
	if v.heldAllAlong(refreshing) {
		if !known || up != 0 || reason != "rate_limited" {
			v.fail("up", "the account is held: got up %v (known: %v) and reason %q, want 0 and rate_limited", up, known, reason)
		}
		return
	}
	w, calls, ok := v.latestRefresh(refreshing)
	if !ok || v.heldAt(v.began) {
		return
	}
	v.upOfCalls(w, calls, refreshing)
}

// upOfCalls is what the calls of the latest refresh mean.
func (v *view) upOfCalls(w window, calls []call, refreshing bool) {
	up, known := v.value("cielo24_up", v.name)
	var proof, refusal, failure *call // those that ended last
	maybe := false
	for i := range calls {
		c := &calls[i]
		if !c.ended(v.r.at) || refreshing && c.end.Equal(v.r.at) {
			continue // it may not count yet
		}
		switch {
		case c.endpoint == login && v.probing(w, ""), c.endpoint == jobInfo && v.probing(w, c.job):
			maybe = maybe || c.proof || c.refusedLogin()
		case c.proof:
			proof = later(proof, c)
		case c.refusedLogin():
			refusal = later(refusal, c)
		case !c.usable:
			failure = later(failure, c)
		}
	}
	switch {
	case maybe:
	case proof != nil && refusal == nil:
		if !known || up != 1 {
			v.fail("up", "call %v was usable: got up %v (known: %v), want 1", proof, up, known)
		}
	case proof == nil && refusal != nil && !refreshing:
		if !known || up != 0 {
			v.fail("up", "login %v was refused: got up %v (known: %v), want 0", refusal, up, known)
		}
	case proof == nil && failure != nil && !refreshing:
		if !known || up != 0 {
			v.fail("up", "no call of the refresh %s to %s was usable: got up %v (known: %v), want 0; the last: %v",
				stamp(w.start), stamp(w.end), up, known, failure)
		}
		v.proved(w, calls)
	}
}

// later returns the call that ended later.
func later(a, b *call) *call {
	if a == nil || b.end.After(a.end) {
		return b
	}
	return a
}

// proved: a refresh whose due calls prove nothing asks for the job that was last fetched successfully.
func (v *view) proved(w window, calls []call) {
	if v.now().login || v.anyHold(w) {
		return
	}
	last, at := "", int64(0)
	for id, was := range v.account.jobs {
		if was.micro > at && was.at.Before(w.start) {
			last, at = canonical(id), was.micro
		}
	}
	series, watched := v.account.jobs[last]
	if last == "" || !watched || series.micro != at || time.UnixMicro(at).Before(v.disturbed) {
		return
	}
	for _, c := range calls {
		if c.job == last || c.endpoint == jobList {
			return // asked for, or its list was
		}
	}
	v.fail("proof", "no call of the refresh %s to %s was usable, and job %s, the last that was, was not asked for", stamp(w.start),
		stamp(w.end), last)
}

// outcomes: a job of configuration or file is as its latest call says.
func (v *view) outcomes() {
	w, calls, ok := v.latestRefresh(false)
	if !ok {
		return
	}
	last := map[string]call{}
	for _, c := range calls {
		if c.endpoint == jobInfo {
			last[c.job] = c
		}
	}
	s := v.now()
	for _, i := range slices.Concat(s.jobs, s.files) {
		c, called := last[jobID(i)]
		series := v.jobs[written(i)]
		if !called || !c.ended(v.r.at) || v.probing(window{start: w.start, end: v.r.at}, c.job) || v.heldAt(v.began) {
			continue
		}
		got := strings.Join(reasons(series), "")
		want := c.reason
		if c.badToken && s.login {
			continue // whatever came of the session
		}
		if c.usable && series["up"] != 1 || !c.usable && (series["up"] != 0 || got != want) {
			v.fail("outcome", "job %s: got up %v and reason %q after %v", written(i), series["up"], got, &c)
		}
		if c.usable && micro(series) != c.end.UnixMicro() {
			v.fail("outcome", "job %s: got last success at %s, want that of %v", written(i), stamp(time.UnixMicro(micro(series))), &c)
		}
	}
}

// lists: cielo24_discovery_up is 1 exactly when the latest list was had whole, and odd elements are counted.
func (v *view) lists() {
	_, calls, ok := v.latestRefresh(false)
	s := v.now()
	if !ok || !s.discovery || v.heldAt(v.began) {
		return
	}
	last := map[string]call{}
	for _, c := range calls {
		if c.endpoint == jobList {
			last[c.list] = c
		}
	}
	odd := 0
	for _, status := range s.listed() {
		c, called := last[status]
		if !called {
			return
		}
		odd += c.odd
		got, known := v.value("cielo24_discovery_up", v.name, "status", status)
		if !known || (got == 1) != c.usable {
			v.fail("lists", "cielo24_discovery_up of %s: got %v (known: %v) after %v", status, got, known, &c)
		}
	}
	if got, _ := v.value("cielo24_discovery_unreadable_jobs", v.name); got != float64(odd) {
		v.fail("lists", "cielo24_discovery_unreadable_jobs: got %v, want %d", got, odd)
	}
}

// counters: while no call is under way, the counters are the sums of what the API has said.
func (v *view) counters() {
	want := map[string]float64{}
	unsure := 0 // calls that the exporter gave up: timeout, or canceled
	for _, c := range v.calls {
		switch {
		case c.start.Before(v.x.born):
			continue
		case !c.ended(v.r.at) || c.end.Equal(v.r.at):
			return // it may not be counted yet
		}
		if c.code != 0 {
			want["requests_total code "+c.endpoint+" "+itoa(c.code)]++
		}
		switch {
		case c.usable:
		case c.gone:
			unsure++
		case c.errorType != "":
			want["errors_total error_type "+c.endpoint+" "+c.errorType]++
		default:
			want["failures_total reason "+c.endpoint+" "+c.reason]++
		}
	}
	got := map[string]float64{}
	gaveUp := 0.0
	for _, counter := range []struct{ name, label string }{
		{"requests_total", "code"}, {"errors_total", "error_type"}, {"failures_total", "reason"},
	} {
		for series, value := range v.exposition.values {
			rest, ok := strings.CutPrefix(series, `cielo24_api_`+counter.name+`{account="`+v.name+`",`)
			if !ok || value == 0 {
				continue
			}
			first, second := label(rest, "endpoint"), label(rest, counter.label)
			if counter.label == "reason" && (second == "timeout" || second == "canceled") {
				gaveUp += value
				continue
			}
			got[counter.name+" "+counter.label+" "+first+" "+second] = value
		}
	}
	if d := difference(got, want); d != "" || math.Abs(gaveUp-float64(unsure)) > 0.1 {
		v.fail("counters", "%s; calls that were given up: got %v, want %d", d, gaveUp, unsure)
	}
}

// label is the value of a label in a series.
func label(series, name string) string {
	_, rest, _ := strings.Cut(series, name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
