package collector

import (
	"testing"
	"time"

	"cielo24_exporter/cielo24"
)

func at(minutes int) time.Time {
	return time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
}

func jobIn(status string) *cielo24.Job { return &cielo24.Job{Status: status} }

func rejection() *cielo24.Error {
	return &cielo24.Error{Endpoint: cielo24.EndpointJobInfo, Code: 400, ErrorType: "ITEM_NOT_FOUND", Reason: "ITEM_NOT_FOUND"}
}

func serverError(retryAfter time.Duration) *cielo24.Error {
	return &cielo24.Error{
		Endpoint: cielo24.EndpointJobInfo, Code: 503, Reason: cielo24.ReasonHTTP5xx, RetryAfter: retryAfter,
	}
}

// step is an event at a minute, and what the state must be after it.
type step struct {
	minute   int
	e        event
	outcome  Outcome
	presence Presence
	values   bool
	next     time.Time // zero: now
}

// stories are the table of a job's state, event by event.
func stories() map[string]struct {
	presence Presence
	settled  time.Duration
	steps    []step
} {
	open, done, media := jobIn(cielo24.StatusInProcess), jobIn(cielo24.StatusComplete), jobIn(cielo24.StatusMediaFailure)
	returned := &cielo24.Job{Status: cielo24.StatusComplete, Returned: at(0)}
	get := func(call uint64, j *cielo24.Job) event { return event{kind: fetched, call: call, values: j} }
	fail := func(call uint64, err *cielo24.Error) event { return event{kind: failed, call: call, err: err} }
	skip := event{kind: skipped, err: serverError(0)}
	list := func(call uint64, j *cielo24.Job) event {
		return event{kind: listed, call: call, values: j, list: cielo24.StatusInProcess}
	}
	gone := event{kind: unlisted}
	none := time.Time{}
	type story = struct {
		presence Presence
		settled  time.Duration
		steps    []step
	}
	return map[string]story{
		"a failure keeps the values": {Pinned, 0, []step{
			{0, get(1, open), OK, Pinned, true, none},
			{1, fail(2, serverError(0)), Failed, Pinned, true, none},
			{2, skip, Skipped, Pinned, true, none},
			{3, get(3, open), OK, Pinned, true, none},
		}},
		"a rejection drops the values": {Pinned, 0, []step{
			{0, get(1, open), OK, Pinned, true, none},
			{1, fail(2, rejection()), Rejected, Pinned, false, none},
			{2, skip, Skipped, Pinned, false, none},
		}},
		"a job waits for its own Retry-After, and never less": {Pinned, 0, []step{
			{0, fail(1, serverError(30*time.Minute)), Failed, Pinned, false, at(30)},
			{1, fail(2, serverError(time.Minute)), Failed, Pinned, false, at(30)},
			{2, fail(3, serverError(time.Hour)), Failed, Pinned, false, at(62)},
			{3, get(4, open), OK, Pinned, true, none},
		}},
		"an answer to an earlier call says nothing new": {Pinned, 0, []step{
			{0, get(5, open), OK, Pinned, true, none},
			{1, fail(4, rejection()), OK, Pinned, true, none},
			{2, fail(6, rejection()), Rejected, Pinned, false, none},
			{3, get(5, open), Rejected, Pinned, false, none},
		}},
		"a finished job settles": {Pinned, time.Hour, []step{
			{0, get(1, open), OK, Pinned, true, none},
			{1, get(2, media), OK, Pinned, true, at(61)},
			{2, get(3, open), OK, Pinned, true, none},
			{3, get(4, returned), OK, Pinned, true, at(63)},
		}},
		"a complete job settles when no callback can come any more": {Pinned, 24 * time.Hour, []step{
			{0, get(1, open), OK, Pinned, true, none},
			{1, get(2, done), OK, Pinned, true, none},
			{60, get(3, done), OK, Pinned, true, none},
			{61, get(4, done), OK, Pinned, true, at(61 + 24*60)},
		}},
		"a failure unsettles": {Pinned, time.Hour, []step{
			{0, get(1, media), OK, Pinned, true, at(60)},
			{1, fail(2, serverError(0)), Failed, Pinned, true, none},
		}},
		"a listed job has no calls of its own": {Listed, 0, []step{
			{0, list(1, open), OK, Listed, true, never()},
			{1, event{kind: failed, call: 2, err: serverError(time.Hour)}, Failed, Listed, true, never()},
			{2, list(3, open), OK, Listed, true, never()},
		}},
		"a job that leaves its list is fetched until it is finished": {Listed, time.Hour, []step{
			{0, list(1, open), OK, Listed, true, never()},
			{1, gone, OK, Leaving, true, none},
			{2, get(2, open), OK, Leaving, true, none},
			{3, fail(3, serverError(0)), Failed, Leaving, true, none},
			{4, get(4, returned), OK, Departed, true, never()},
			{5, list(5, open), OK, Listed, true, never()},
		}},
		"a job that leaves its list and is rejected is dropped": {Listed, 0, []step{
			{0, list(1, open), OK, Listed, true, never()},
			{1, gone, OK, Leaving, true, none},
			{2, fail(2, rejection()), Rejected, Dropped, false, never()},
		}},
		"a pinned job stays pinned": {Pinned, 0, []step{
			{0, gone, Pending, Pinned, false, none},
			{1, list(1, open), OK, Pinned, true, none},
			{2, fail(2, rejection()), Rejected, Pinned, false, none},
		}},
		"an old list brings back a job, but not its old values": {Leaving, 0, []step{
			{0, get(9, returned), OK, Departed, true, never()},
			{1, list(8, open), OK, Listed, true, never()},
		}},
	}
}

func TestJobState_Stories(t *testing.T) {
	for name, story := range stories() {
		t.Run(name, func(t *testing.T) {
			s := &JobState{WatchedJob: &WatchedJob{}, Presence: story.presence}
			for i, step := range story.steps {
				before := *s
				after := s.next(step.e, at(step.minute))
				if s.Outcome != before.Outcome || s.Presence != before.Presence || s.Values != before.Values {
					t.Fatalf("step %d: next has changed the state that it was called on", i)
				}
				s = after
				next := s.nextFetch(story.settled)
				if due := !next.After(at(step.minute)); due != step.next.IsZero() || !due && !next.Equal(step.next) {
					t.Errorf("step %d: got next fetch %v, want %v (zero is now)", i, next, step.next)
				}
				if s.Outcome != step.outcome || s.Presence != step.presence || (s.Values != nil) != step.values {
					t.Errorf("step %d: got outcome %d, presence %d, values %t, want %d, %d, %t", i, s.Outcome, s.Presence,
						s.Values != nil, step.outcome, step.presence, step.values)
				}
				if (s.Err == nil) != (s.Outcome == OK || s.Outcome == Pending) || s.Up() != (s.Reason() == "") {
					t.Errorf("step %d: got outcome %d with error %v and reason %q", i, s.Outcome, s.Err, s.Reason())
				}
			}
		})
	}
}

func TestJobState_FinishedCompleteJobs(t *testing.T) {
	tests := map[string]struct {
		sawOpen   bool
		completed time.Time
		from      int // minute from which it is finished, when it was seen Complete at minute 10
	}{
		"seen to become Complete": {true, at(9), 10 + 60},
		"whose date is ahead":     {true, at(40), 40 + 60},
		"without a date":          {true, time.Time{}, 10 + 60},
		"first seen so":           {false, at(-30), -30 + 60},
		"first seen so, long ago": {false, at(-3000), 10},
		"first seen so, ahead":    {false, at(40), 10 + 60},
		"first seen so, no date":  {false, time.Time{}, 10 + 60},
	}
	for name, test := range tests {
		s := &JobState{WatchedJob: &WatchedJob{}}
		if test.sawOpen {
			s = s.next(event{kind: fetched, call: 1, values: jobIn(cielo24.StatusReviewing)}, at(0))
		}
		job := &cielo24.Job{Status: cielo24.StatusComplete, Completed: test.completed}
		s = s.next(event{kind: fetched, call: 2, values: job}, at(10))
		s = s.next(event{kind: fetched, call: 3, values: job}, at(11)) // changes nothing
		if test.from > 10 && s.finished(at(test.from).Add(-time.Second)) {
			t.Errorf("%s: got finished before minute %d", name, test.from)
		}
		if !s.finished(at(test.from)) {
			t.Errorf("%s: got not finished at minute %d", name, test.from)
		}
	}
	if s := (&JobState{}); s.finished(at(0)) {
		t.Error("a job without values: got finished")
	}
}

func TestJobState_VisibleUntilStale(t *testing.T) {
	s := &JobState{WatchedJob: &WatchedJob{}}
	if s.Visible(at(0), time.Minute) != nil || s.Reason() != ReasonPending || s.Up() {
		t.Errorf("pending: got values %v, reason %q, up %t", s.Visible(at(0), time.Minute), s.Reason(), s.Up())
	}
	s = s.next(event{kind: fetched, call: 1, values: jobIn(cielo24.StatusPending)}, at(0))
	if s.Visible(at(1000), time.Minute) == nil {
		t.Error("OK: got no values, want those of the last fetch, however old")
	}
	s = s.next(event{kind: failed, call: 2, err: serverError(0)}, at(10))
	s = s.next(event{kind: failed, call: 3, err: serverError(0)}, at(14)) // stale since the first failure
	for minute, want := range map[int]bool{14: true, 15: false, 16: false} {
		if got := s.Visible(at(minute), 5*time.Minute) != nil; got != want {
			t.Errorf("failing since minute 10, at minute %d: got visible %t, want %t", minute, got, want)
		}
	}
	if got := s.FetchedAt; !got.Equal(at(0)) {
		t.Errorf("got fetched at %v, want the last success", got)
	}
}

func TestJobState_Order(t *testing.T) {
	get := func(call uint64) *JobState {
		return (&JobState{WatchedJob: &WatchedJob{}}).next(event{kind: fetched, call: call, values: jobIn("Pending")}, at(0))
	}
	fail := func(call uint64) *JobState {
		return get(1).next(event{kind: failed, call: call, err: serverError(0)}, at(1))
	}
	skip := event{kind: skipped, err: serverError(0)}
	ordered := []*JobState{
		{WatchedJob: &WatchedJob{}}, // never fetched
		get(3), get(4).next(skip, at(2)), get(5).next(event{kind: failed, call: 6, err: rejection()}, at(2)), get(7),
		fail(2), fail(8).next(skip, at(2)), fail(9),
	}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := a.before(b); got != (i < j) {
				t.Errorf("place %d before place %d: got %t", i, j, got)
			}
		}
	}
}
