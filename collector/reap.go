package collector

import (
	"reflect"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"
)

// listState is what is known of one list of jobs.
type listState struct {
	known  bool           // it was had once at least, or the API has refused it
	ended  bool           // an attempt has ended
	whole  bool           // the latest was had whole
	err    *cielo24.Error // why the latest was not had
	jobs   int            // how many it had when it was last believed
	empty  bool           // the latest came empty where many were expected, and was not believed
	unread int            // elements of the latest that are no job, or whose ID is none
}

func (l listState) snapshot(status string) List {
	return List{Status: status, Known: l.known, Ended: l.ended, Whole: l.whole, UnreadableJobs: l.unread}
}

// after returns the state that follows l when its list ended so.
func (l listState) after(o *list) listState {
	n := listState{
		ended: true, known: l.known, whole: o.err == nil && o.result.Whole, err: o.err, jobs: l.jobs,
		unread: o.result.Unreadable + o.unread,
	}
	n.known = l.known || n.whole || o.err.ListRefused()
	switch {
	case !n.whole:
		n.empty = l.empty
	case o.jobs == 0 && l.jobs > minBelieved && !l.empty:
		n.empty = true
	default:
		n.jobs = o.jobs
	}
	return n
}

// reap brings the discovered jobs up to date with what the lists of a refresh have brought.
func (a *Account) reap(h *harvest) {
	now := a.opts.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if d := a.settings.Discovery; h.epoch != a.epoch || d == nil || !reflect.DeepEqual(*d, h.settings) {
		return // a reload has made it worthless
	}
	for _, l := range h.lists {
		if l.late {
			return // the next refresh asks with the new credentials
		}
	}
	failed := false
	for status, l := range h.lists {
		a.lists[status] = a.lists[status].after(l)
		failed = failed || l.err != nil
	}
	cut := a.cutLocked(h, now)
	a.truncated = len(cut) > 0 || h.anyCut() || a.truncated && failed
	a.mergeLocked(h, cut, now)
}

// anyCut reports whether jobs were beyond max_jobs.
func (h *harvest) anyCut() bool {
	for _, f := range h.jobs {
		if f.values == nil {
			return true
		}
	}
	return false
}

// cutLocked finds what is beyond max_jobs of all that discovery would hold.
func (a *Account) cutLocked(h *harvest, now time.Time) map[config.JobID]bool {
	var held []candidate
	for _, s := range a.jobs {
		state := s.state
		if _, again := h.jobs[state.Key]; again || state.Presence == Pinned || state.retired(now) {
			continue
		}
		c := candidate{key: state.Key, departed: state.Presence == Departed}
		if state.Values != nil {
			c.created = state.Values.Created
		}
		held = append(held, c)
	}
	for _, s := range a.jobs {
		if s.state.Presence != Pinned {
			break
		}
		delete(h.jobs, s.state.Key) // it has calls of its own
	}
	cut := map[config.JobID]bool{}
	for _, c := range h.cutLocked(held) {
		cut[c.key] = true
	}
	return cut
}

// retired reports whether the retention of a job that has departed is over.
func (s *JobState) retired(now time.Time) bool {
	return s.Presence == Departed && now.Sub(s.departedAt) >= retention
}

// mergeLocked tells every discovered job what the lists say of it, and adds those that are new.
func (a *Account) mergeLocked(h *harvest, cut map[config.JobID]bool, now time.Time) {
	jobs := make([]*slot, 0, len(a.jobs))
	byKey := make(map[config.JobID]*slot, len(a.jobs))
	keep := func(s *slot) {
		jobs = append(jobs, s)
		byKey[s.state.Key] = s
	}
	for _, s := range a.jobs {
		key := s.state.Key
		f, found := h.jobs[key]
		switch {
		case s.state.Presence == Pinned:
			keep(s)
			continue
		case cut[key], found && f.values == nil, s.state.retired(now):
			continue
		case found:
			a.updateLocked(s, event{kind: listed, call: f.call, values: f.values, list: f.status}, h.endOf(f.status, now))
		case s.state.Presence == Listed:
			if e, ok := a.missing(h, s.state); ok {
				a.updateLocked(s, e, h.endOf(s.state.list, now))
			}
		}
		keep(s)
	}
	for _, key := range h.order {
		f := h.jobs[key]
		if f.values == nil || byKey[key] != nil || !a.opts.Shard.has(key) {
			continue
		}
		w := newWatchedJob(a.settings.Name, config.Job{ID: f.id, Key: key}, SourceDiscovery)
		state := &JobState{WatchedJob: w, Presence: Listed}
		e := event{kind: listed, call: f.call, values: f.values, list: f.status}
		s := &slot{state: state.next(e, h.endOf(f.status, now))}
		a.zone.compare(state, s.state)
		keep(s)
	}
	a.replaceJobsLocked(jobs, byKey)
}

// endOf returns when the list of a status ended, which may be long before the last of them did; now without such a list.
func (h *harvest) endOf(status string, now time.Time) time.Time {
	if l, asked := h.lists[status]; asked && !l.ended.IsZero() {
		return l.ended
	}
	return now
}

// missing is what it means for a listed job that no list has it; false if it means nothing.
func (a *Account) missing(h *harvest, s *JobState) (event, bool) {
	l, asked := h.lists[s.list]
	switch {
	case !asked: // that status is no longer listed
		return event{kind: unlisted}, true
	case l.err != nil && (l.call == 0 || l.err.Endpoint == cielo24.EndpointLogin):
		return event{kind: skipped, err: l.err}, true
	case l.err != nil:
		return event{kind: failed, call: l.call, err: l.err}, true
	}
	return event{kind: unlisted}, l.result.Whole && !a.lists[s.list].empty
}
