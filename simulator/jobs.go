package simulator

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// canonical is the form in which IDs are kept: dashes and capitals are tolerated on lookup.
func canonical(id string) string { return strings.ToLower(strings.ReplaceAll(id, "-", "")) }

// maxID bounds an ID; real ones have 32 digits (doc).
const maxID = 64

// validID reports whether a canonical ID is a hex string (doc).
func validID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// jobs are all jobs of all accounts.
type jobs struct {
	mu      sync.RWMutex
	byID    map[string]*entry
	order   []*entry
	aliases map[string]string
}

// entry is a job and its last rendering.
type entry struct {
	job  Job // never changes
	last atomic.Pointer[rendering]
}

func newJobs() *jobs { return &jobs{byID: make(map[string]*entry), aliases: make(map[string]string)} }

// add adds a job; one with the same ID gives up its place to it.
func (js *jobs) add(j Job, now time.Time) error {
	if err := j.normalize(now); err != nil {
		return err
	}
	e := &entry{job: j}
	js.mu.Lock()
	defer js.mu.Unlock()
	if old, ok := js.byID[j.ID]; ok {
		js.order[slices.Index(js.order, old)] = e
	} else {
		js.order = append(js.order, e)
	}
	js.byID[j.ID] = e
	return nil
}

// remove reports whether there was such a job.
func (js *jobs) remove(id string) bool {
	id = canonical(id)
	js.mu.Lock()
	defer js.mu.Unlock()
	e, ok := js.byID[id]
	if ok {
		delete(js.byID, id)
		at := slices.Index(js.order, e)
		js.order = slices.Delete(js.order, at, at+1)
	}
	return ok
}

func (js *jobs) addAlias(asked, served string) {
	js.mu.Lock()
	defer js.mu.Unlock()
	js.aliases[canonical(asked)] = canonical(served)
}

// served returns the ID of the job that is served to whoever asks for a canonical ID.
func (js *jobs) served(asked string) string {
	js.mu.RLock()
	defer js.mu.RUnlock()
	if id, ok := js.aliases[asked]; ok {
		return id
	}
	return asked
}

// get returns the job with a canonical ID if there is one by now.
func (js *jobs) get(id string, now time.Time) (*entry, bool) {
	js.mu.RLock()
	defer js.mu.RUnlock()
	e, ok := js.byID[id]
	return e, ok && e.exists(now)
}

// all returns the jobs in the order in which they were added.
func (js *jobs) all() []*entry {
	js.mu.RLock()
	defer js.mu.RUnlock()
	return slices.Clone(js.order)
}

func (js *jobs) ids() []string {
	entries := js.all()
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.job.ID
	}
	return ids
}

// exists: a job is not there before it is created.
func (e *entry) exists(now time.Time) bool { return !now.Before(e.job.Created) }
