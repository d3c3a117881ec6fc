package collector

import (
	"time"

	"cielo24_exporter/cielo24"
)

// tally counts how the calls of one refresh ended, to tell a bad job from an API that is away or shuts the account out.
type tally struct {
	accepted int // the API looked at the job, whatever it said of it
	failed   map[string]int
	sample   map[string]*cielo24.Error
	row      int            // jobs in a row whose calls failed unexpectedly
	lost     *cielo24.Error // for which the rest was given up
}

// add counts one call; err is nil if it succeeded. expected says that the job failed last time, too.
func (t *tally) add(err *cielo24.Error, expected bool) {
	if err == nil || err.JobRejected() {
		t.accepted++
		t.row = 0
		return
	}
	if !expected && general(err.Reason) {
		t.row++
	}
	if t.failed == nil {
		t.failed, t.sample = map[string]int{}, map[string]*cielo24.Error{}
	}
	t.failed[err.Reason]++
	t.sample[err.Reason] = err
}

// general reports whether a failure has nothing to do with a single job.
func general(reason string) bool {
	switch reason {
	case cielo24.ReasonInvalidBody, cielo24.ReasonTooLarge, cielo24.ReasonHTTP4xx, cielo24.ErrorTypeOther:
		return false
	}
	return true
}

// hopeless reports whether asking for the rest would only burn time: enough calls have failed in ways that have nothing
// to do with a single job, and none has succeeded; or that many jobs in a row that had been well.
func (t *tally) hopeless(concurrency int) bool {
	enough := max(2*concurrency, 20)
	if t.accepted > 0 {
		return t.row >= enough
	}
	n := 0
	for reason, failed := range t.failed {
		if general(reason) {
			n += failed
		}
	}
	return n >= enough
}

// access derives the account's state from the calls so far. One job that the API looked at proves the access, unless it
// was lost since; without one, refused credentials explain more than the most frequent other failure.
func (t *tally) access() Access {
	switch {
	case t.lost != nil && t.lost.RetryAfter > 0:
		return noAccess(t.lost)
	case t.accepted > 0 && t.lost == nil:
		return Access{Known: true, Up: true}
	}
	var worst string
	for reason, n := range t.failed {
		if t.sample[reason].CredentialsRefused() {
			worst = reason
			break
		}
		if worst == "" || n > t.failed[worst] || n == t.failed[worst] && reason < worst {
			worst = reason
		}
	}
	if worst == "" {
		return Access{}
	}
	return noAccess(t.sample[worst])
}

// noAccess is the state for which err stands.
func noAccess(err *cielo24.Error) Access {
	return Access{Known: true, Reason: err.Reason, Detail: err.Error()}
}

// following returns next with the moment since which it holds: that of a if nothing changed.
func (a Access) following(next Access, now time.Time) Access {
	next.Since = now
	if a.Known && a.Up == next.Up && a.Reason == next.Reason {
		next.Since = a.Since
	}
	return next
}
