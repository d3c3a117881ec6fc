package property_test

import (
	"slices"
	"strconv"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// hold is a time in which no call may be made: of the account, or of one job.
type hold struct {
	job        string
	start, end time.Time
}

// holds returns what the API has asked for with Retry-After, by the contract: each job waits for its own; the account at
// once for that of a list or login, and for the shorter of two when a second job asks within a minute: after 429 whatever
// came between, after 503 if no call that began after the first has succeeded.
func holds(calls []call, from time.Time) []hold {
	var all []hold
	asked := map[string]call{}
	byEnd := slices.DeleteFunc(slices.Clone(calls), func(c call) bool { return c.end.IsZero() || c.gone || c.start.Before(from) })
	slices.SortFunc(byEnd, func(a, b call) int { return a.end.Compare(b.end) })
	for _, c := range byEnd {
		if c.retryAfter == 0 {
			continue
		}
		if c.endpoint != jobInfo {
			all = append(all, hold{start: c.end, end: c.end.Add(c.retryAfter)})
			continue
		}
		all = append(all, hold{job: c.job, start: c.end, end: c.end.Add(c.retryAfter)})
		for id, first := range asked {
			if id == c.job || c.end.Sub(first.end) >= time.Minute {
				continue
			}
			succeeded := slices.ContainsFunc(byEnd, func(s call) bool {
				return (s.usable || s.proof) && s.retryAfter == 0 && s.start.After(first.end) && s.end.Before(c.end)
			})
			if first.code == 429 || !succeeded {
				all = append(all, hold{start: c.end, end: c.end.Add(min(first.retryAfter, c.retryAfter))})
			}
		}
		asked[c.job] = c
	}
	return all
}

// heldAt reports whether the account was held at t, for sure or perhaps.
func (v *view) heldAt(t time.Time) bool {
	return slices.ContainsFunc(holds(v.calls, v.x.born), func(h hold) bool {
		return h.job == "" && !h.start.After(t) && !h.end.Before(t)
	})
}

// anyHold reports whether anything was held in w.
func (v *view) anyHold(w window) bool {
	return slices.ContainsFunc(holds(v.calls, v.x.born), func(h hold) bool { return !h.start.After(w.end) && !h.end.Before(w.start) })
}

// heldAllAlong reports whether the latest refresh was to begin under a hold that is still in force, and so made no call.
func (v *view) heldAllAlong(refreshing bool) bool {
	if n := len(v.windows); refreshing || v.now().minInterval > 0 || n > 0 && !v.began.After(v.windows[n-1].end) {
		return false
	}
	return slices.ContainsFunc(holds(v.calls, v.x.born), func(h hold) bool {
		return h.job == "" && h.start.Before(v.began) && h.end.After(v.r.at)
	})
}

// checkCalls looks at the record of the calls of the exporter that has ended.
func (h *harness) checkCalls() {
	x := h.exporter
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range x.accounts {
		var calls []call
		for _, c := range h.api.record(a.name) {
			if !c.start.Before(x.born) {
				calls = append(calls, c)
			}
		}
		w := &wire{account: a, h: h, calls: calls}
		for _, check := range []func(){w.concurrency, w.rate, w.held, w.attempts, w.logins, w.turns, w.intervals} {
			check()
		}
	}
}

// wire is what one exporter has sent for one account.
type wire struct {
	*account
	h     *harness
	calls []call
}

func (w *wire) fail(check, format string, args ...any) {
	w.h.failLocked(check, "account %s: "+format, append([]any{w.name}, args...)...)
}

// inForceAt returns the settings that held at t; both the old and the new ones in the very moment of a reload.
func (a *account) inForceAt(t time.Time) []settings {
	var all []settings
	for i, s := range a.history {
		if !s.since.After(t) && (i+1 == len(a.history) || !a.history[i+1].since.Before(t)) {
			all = append(all, s.settings)
		}
	}
	return all
}

// concurrency: as many calls are under way as concurrency allows, at most. One that ends in the moment in which another
// begins has ended before.
func (w *wire) concurrency() {
	for _, c := range w.calls {
		underWay := 0
		for _, other := range w.calls {
			if !other.start.After(c.start) && other.number <= c.number && (other.end.IsZero() || other.end.After(c.start)) {
				underWay++
			}
		}
		most := 0
		for _, s := range w.inForceAt(c.start) {
			most = max(most, s.concurrency)
		}
		if underWay > most {
			w.fail("concurrency", "%d calls were under way when %v began, want at most %d", underWay, &c, most)
		}
	}
}

// rate: calls follow each other no faster than requests_per_second.
func (w *wire) rate() {
	for i := 1; i < len(w.calls); i++ {
		before, c := w.calls[i-1], w.calls[i]
		rates := map[float64]bool{}
		for _, s := range slices.Concat(w.inForceAt(before.start), w.inForceAt(c.start)) {
			rates[s.perSecond] = true
		}
		perSecond := w.inForceAt(c.start)[0].perSecond
		if len(rates) > 1 || perSecond == 0 {
			continue
		}
		least := time.Duration(float64(time.Second)/perSecond) - time.Microsecond
		if apart := c.start.Sub(before.start); apart < least {
			w.fail("rate", "%v began %s after the call before it, want at least %s", &c, apart, least)
		}
	}
}

// held: nothing is called while the account's hold is in force, nor a job while its own is.
func (w *wire) held() {
	for _, hold := range holds(w.calls, time.Time{}) {
		for _, c := range w.calls {
			if (hold.job == "" || hold.job == c.job) && c.start.After(hold.start) && c.start.Before(hold.end) {
				w.fail("hold", "%v began although the API had asked at %s to wait until %s (job %q)", &c, stamp(hold.start),
					stamp(hold.end), hold.job)
			}
		}
	}
}

// attempts: at most three requests on the wire for a job, or a list, and refresh; as many for each probe.
func (w *wire) attempts() {
	for _, refresh := range w.windows {
		count := map[string][]string{}
		for _, c := range w.calls {
			if c.start.Before(refresh.start) || !c.start.Before(refresh.end) || c.endpoint == login {
				continue
			}
			count[c.job+c.list] = append(count[c.job+c.list], c.String())
			most := 3
			for _, p := range w.probes {
				if p.job == c.job && !p.start.After(refresh.end) && !p.end.Before(refresh.start) {
					most += 3
				}
			}
			if all := count[c.job+c.list]; len(all) > most {
				w.fail("attempts", "in the refresh from %s to %s, want at most %d: %q", stamp(refresh.start), stamp(refresh.end), most, all)
			}
		}
	}
}

// logins: there is none while there is a session that no call was refused with, nor too soon after one that failed.
func (w *wire) logins() {
	var last *call
	for i := range w.calls {
		c := &w.calls[i]
		if c.endpoint != login {
			continue
		}
		if last != nil && last.key == c.key && !w.secretChanged(last.start, c.start) {
			apart := c.start.Sub(last.end)
			switch {
			case last.end.IsZero() || last.gone:
			case last.usable && !w.refusedBetween(last.end, c.start):
				w.fail("logins", "%v, although no token was refused since %v", c, last)
			case last.refusedLogin() && apart < 12*time.Second, !last.usable && apart < 800*time.Millisecond:
				w.fail("logins", "%v, only %s after %v", c, apart, last)
			}
		}
		last = c
	}
}

func (w *wire) secretChanged(from, to time.Time) bool {
	for i := 1; i < len(w.history); i++ {
		s, was := w.history[i], w.history[i-1]
		if (s.secret != was.secret || s.login != was.login) && !s.since.Before(from) && !s.since.After(to) {
			return true
		}
	}
	return false
}

func (w *wire) refusedBetween(from, to time.Time) bool {
	return slices.ContainsFunc(w.calls, func(c call) bool { return c.badToken && !c.end.Before(from) && !c.end.After(to) })
}

// intervals: refreshes begin no sooner after each other than min_interval.
func (w *wire) intervals() {
	for i := 1; i < len(w.windows); i++ {
		before, refresh := w.windows[i-1], w.windows[i]
		least := w.inForceAt(refresh.start)[0].minInterval
		for _, s := range w.inForceAt(refresh.start) {
			least = min(least, s.minInterval)
		}
		if apart := refresh.start.Sub(before.start); apart < least {
			w.fail("min_interval", "refreshes began %s apart at %s, want at least %s", apart, stamp(refresh.start), least)
		}
	}
}
