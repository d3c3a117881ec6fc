package property_test

import (
	"slices"
	"time"
)

// breakerLimit is how many failures in a row end a refresh, at least.
const breakerLimit = 20

// turns: in a refresh whose breaker stays closed every due job gets its call, and no due job is passed over by one that has
// waited less, failed ones aside.
func (w *wire) turns() {
	for _, refresh := range w.windows {
		s, ok := w.undisturbed(refresh)
		if !ok {
			continue
		}
		first := map[string]call{}  // in this refresh
		before := map[string]call{} // the latest before it
		for _, c := range w.calls {
			switch _, had := first[c.job]; {
			case c.job == "":
			case c.start.Before(refresh.start):
				before[c.job] = c
			case c.start.Before(refresh.end) && !had:
				first[c.job] = c
			}
		}
		var due []string
		for _, i := range slices.Concat(s.jobs, s.files) {
			c := before[jobID(i)]
			probed := c.gone && w.probing(window{start: c.start, end: c.end}, c.job) // says more of the probe's client than of the job
			if w.pinnedUntil(i, refresh.start) && w.due(c, refresh, s) && !probed {
				due = append(due, jobID(i))
			}
		}
		for _, id := range due {
			c, called := first[id]
			if !called {
				w.fail("turns", "job %s got no call in the refresh from %s to %s", id, stamp(refresh.start), stamp(refresh.end))
				return
			}
			if passed := passedOver(id, due, first, before); len(passed) >= s.concurrency {
				w.fail("turns", "%v came after %v, of jobs whose last calls were later than its own, #%d; concurrency %d", &c, passed,
					before[id].number, s.concurrency)
			}
		}
	}
}

// passedOver returns the calls of due jobs that were made before that of a job that has waited longer. Jobs that workers hold
// at the same time, as many as concurrency allows, may reach the wire in any order.
func passedOver(id string, due []string, first, before map[string]call) []string {
	var passed []string
	if before[id].failed() && before[id].number != 0 {
		return nil
	}
	for _, other := range due {
		if o := first[other]; before[id].start.Before(before[other].start) && first[id].start.After(o.start) {
			passed = append(passed, o.String())
		}
	}
	return passed
}

// pinnedUntil reports whether the configuration or a file has named the job all along. One that was listed before has been
// waiting since its list was fetched.
func (w *wire) pinnedUntil(i int, t time.Time) bool {
	return !slices.ContainsFunc(w.history, func(s inForce) bool {
		return s.since.Before(t) && !slices.Contains(s.jobs, i) && !slices.Contains(s.files, i)
	})
}

// undisturbed returns the settings of a refresh, and whether nothing but the state of its jobs decided who was called.
func (w *wire) undisturbed(refresh window) (settings, bool) {
	at := w.inForceAt(refresh.start)
	if len(at) != 1 || len(w.inForceAt(refresh.end)) != 1 || !w.inForceSince(refresh) {
		return settings{}, false
	}
	failures := 0
	for _, c := range w.calls {
		if c.start.After(refresh.end) || !c.end.IsZero() && c.end.Before(refresh.start) {
			continue
		}
		if c.endpoint == login || c.badToken {
			return settings{}, false
		}
		if !c.proof {
			failures++
		}
	}
	held := slices.ContainsFunc(holds(w.calls, time.Time{}), func(h hold) bool {
		return !h.start.After(refresh.end) && !h.end.Before(refresh.start)
	})
	return at[0], failures < breakerLimit && !held && !w.probing(refresh, "") && w.hasSession(refresh.start)
}

// inForceSince reports whether there was no reload in the refresh, nor since the last call before it.
func (w *wire) inForceSince(refresh window) bool {
	return !slices.ContainsFunc(w.history[1:], func(s inForce) bool {
		return !s.since.Before(refresh.start) && !s.since.After(refresh.end)
	})
}

// hasSession reports whether there is a token at t.
func (w *wire) hasSession(t time.Time) bool {
	if !w.inForceAt(t)[0].login {
		return true
	}
	has := false
	for _, c := range w.calls {
		if c.start.Before(t) && c.endpoint == login {
			has = c.usable
		} else if c.start.Before(t) && c.badToken {
			has = false
		}
	}
	for i := 1; i < len(w.history); i++ {
		if w.history[i].secret != w.history[i-1].secret && !w.history[i].since.After(t) {
			return false // not worth a model
		}
	}
	return has
}

// due reports whether a job whose last call before the refresh was c is due for sure.
func (w *wire) due(c call, refresh window, s settings) bool {
	switch {
	case c.number == 0:
		return true
	case c.end.IsZero() || !c.end.Before(refresh.start):
		return false // still under way
	}
	j := c.content[c.job]
	return s.settled == 0 || !c.usable || j.status != "Media Failure" && j.status != "Complete"
}
