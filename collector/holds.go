package collector

import (
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"
)

// bearsOut is how long after a job was asked to wait another that is asked, too, shows that the API means the account.
const bearsOut = time.Minute

// holds is what the API has asked for with Retry-After. A job waits for its own; the account waits when a list or a login
// was asked to, or a second job bears it out. A gate's mutex guards it.
type holds struct {
	until time.Time      // of the account; zero if there never was one
	err   *cielo24.Error // the answer that asked for it
	jobs  map[config.JobID]request

	lastSuccess uint64 // latest call that the API answered usably, in the order of all calls
}

// request is how a job was asked to wait.
type request struct {
	at    time.Time
	until time.Time
	wait  time.Duration
	last  uint64 // the latest call that had begun by then
	err   *cielo24.Error
}

// ended is a call that has ended.
type ended struct {
	endpoint cielo24.Endpoint
	job      config.JobID
	call     uint64 // its place in the order of all calls
	last     uint64 // the latest that has begun
	err      *cielo24.Error
}

// ended learns how a call ended, and reports whether the account has to wait, or longer than before.
func (h *holds) ended(e ended, now time.Time) (longer bool) {
	if e.err == nil || e.err.RetryAfter <= 0 {
		if e.err.Proof() {
			h.lastSuccess = max(h.lastSuccess, e.call)
		}
		return false
	}
	if e.endpoint != cielo24.EndpointJobInfo {
		return h.hold(now.Add(e.err.RetryAfter), e.err)
	}
	h.forget(now)
	if wait, ok := h.bornOut(e, now); ok {
		longer = h.hold(now.Add(wait), e.err)
	}
	r := request{at: now, until: now.Add(e.err.RetryAfter), wait: e.err.RetryAfter, last: e.last, err: e.err}
	if was := h.jobs[e.job]; was.until.After(r.until) {
		r.until = was.until
	}
	h.jobs[e.job] = r
	return longer
}

// bornOut reports whether another job was asked to wait shortly before e's, and for how long the shorter of the two. After
// a 503, which a single broken job may have, not if a call that began later has succeeded.
func (h *holds) bornOut(e ended, now time.Time) (wait time.Duration, ok bool) {
	for job, r := range h.jobs {
		if job == e.job || now.Sub(r.at) >= bearsOut || r.err.Code != 429 && h.lastSuccess > r.last {
			continue
		}
		wait, ok = max(wait, min(r.wait, e.err.RetryAfter)), true
	}
	return wait, ok
}

// hold makes the account wait. A hold never becomes shorter.
func (h *holds) hold(until time.Time, err *cielo24.Error) (longer bool) {
	if !until.After(h.until) {
		return false
	}
	h.until, h.err = until, err
	return true
}

// forget drops what no longer matters, so that the memory is that of the jobs which wait.
func (h *holds) forget(now time.Time) {
	for job, r := range h.jobs {
		if now.Sub(r.at) >= bearsOut && !now.Before(r.until) {
			delete(h.jobs, job)
		}
	}
}

// refusal returns why a call must not be made now, or nil.
func (h *holds) refusal(endpoint cielo24.Endpoint, job config.JobID, now time.Time) *cielo24.Error {
	until, err := h.until, h.err
	if r := h.jobs[job]; job != "" && r.until.After(until) {
		until, err = r.until, r.err
	}
	if !now.Before(until) {
		return nil
	}
	return &cielo24.Error{
		Endpoint: endpoint, Reason: cielo24.ReasonRateLimited,
		Detail: "paused by the API until " + until.UTC().Format(time.TimeOnly) + " UTC: " + err.Error(),
	}
}
