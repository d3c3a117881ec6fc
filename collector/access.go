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
}

// add counts one call; err is nil if it succeeded.
func (t *tally) add(err *cielo24.Error) {
	if err == nil || err.Rejected() {
		t.accepted++
		return
	}
	if t.failed == nil {
		t.failed, t.sample = map[string]int{}, map[string]*cielo24.Error{}
	}
	t.failed[err.Reason]++
	t.sample[err.Reason] = err
}

// hopeless reports whether enough calls have failed, in ways that have nothing to do with a single job, and not one has
// succeeded, so that asking for the rest would only burn time.
func (t *tally) hopeless(concurrency int) bool {
	if t.accepted > 0 {
		return false
	}
	n := 0
	for reason, failed := range t.failed {
		switch reason {
		case cielo24.ReasonInvalidBody, cielo24.ReasonTooLarge, cielo24.ReasonHTTP4xx, cielo24.OtherErrorType:
		default:
			n += failed
		}
	}
	return n >= max(2*concurrency, 20)
}

// access derives the account's state from the calls so far. One job that the API looked at proves the access; without
// one, refused credentials explain more than the most frequent other failure.
func (t *tally) access() Access {
	if t.accepted > 0 {
		return Access{Known: true, Up: true}
	}
	var worst string
	for reason, n := range t.failed {
		if t.sample[reason].Refused() {
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
	return Access{Known: true, Reason: worst, Detail: t.sample[worst].Error()}
}

// following returns next with the moment since which it holds: that of a if nothing changed.
func (a Access) following(next Access, now time.Time) Access {
	next.Since = now
	if a.Known && a.Up == next.Up && a.Reason == next.Reason {
		next.Since = a.Since
	}
	return next
}
