package collector

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"
)

// minBelieved is how many jobs a list had that comes empty and is not believed at once: an account with so many open jobs
// has hardly finished all of them between two scrapes, and a list that lost its jobs would drop every one.
const minBelieved = 20

// harvest is what the job lists of one refresh have brought.
type harvest struct {
	settings   config.Discovery
	connection Connection
	epoch      int
	lists      map[string]*list // by status; each is written by whoever fetches it

	mu    sync.Mutex // guards what follows, which the lists write side by side
	jobs  map[config.JobID]found
	order []config.JobID // in which they came
	away  *cielo24.Error // there is no connection to the API at all
}

// found is a job in a list.
type found struct {
	id     string       // as the list writes it
	values *cielo24.Job // nil if the job is beyond max_jobs
	status string       // of the list
	call   uint64
}

// list is how one list ended.
type list struct {
	call   uint64 // of the latest attempt; 0: there was none
	jobs   int
	unread int // jobs whose ID is none
	result cielo24.ListResult
	err    *cielo24.Error
	ended  time.Time // the latest attempt; zero if there was none
	late   bool      // credentials were refused that a reload has replaced meanwhile
}

// discover finds jobs through the API's job lists, one a status, side by side. Listed jobs take their values from there.
func (a *Account) discover(r *refresh) {
	a.mu.Lock()
	d := a.settings.Discovery
	h := &harvest{
		connection: a.connection, epoch: a.epoch, jobs: map[config.JobID]found{}, lists: map[string]*list{},
	}
	a.mu.Unlock()
	if d == nil {
		return
	}
	h.settings = *d
	var all sync.WaitGroup
	for _, status := range d.Statuses {
		l := &list{}
		h.lists[status] = l
		all.Go(func() { a.fetchList(r, h, listCall{status: status, list: l}) })
	}
	all.Wait()
	if a.ctx.Err() == nil {
		a.reap(h)
	}
}

// listCall is a list to fetch.
type listCall struct {
	status string
	list   *list
}

// fetchList fetches the jobs in one status, and again if the failure may have passed by the next moment.
func (a *Account) fetchList(r *refresh, h *harvest, c listCall) {
	attempts := cielo24.NewAttempts(maxAttempts)
	for tries := 1; ; tries++ {
		if c.list.err = h.noConnection(); c.list.err != nil {
			return
		}
		a.fetchListOnce(r, h, c, attempts)
		h.learn(c.list.err)
		if !c.list.err.Retryable() || attempts.Left() == 0 || !sleepBeforeRetry(a.ctx, tries) {
			return
		}
	}
}

// fetchListOnce makes one attempt. What came of it counts for the account.
func (a *Account) fetchListOnce(r *refresh, h *harvest, c listCall, attempts *cielo24.Attempts) {
	d, l := h.settings, c.list
	filter := cielo24.ListFilter{Status: c.status, Username: d.Username}
	if c.status == cielo24.StatusComplete || c.status == cielo24.StatusMediaFailure {
		filter.CreatedFrom = a.opts.Now().Add(-d.CreatedWithin) // open jobs are listed whatever their age
	}
	from := &caller{}
	l.jobs, l.unread = 0, 0
	result, err := h.connection.API.JobList(asCaller(a.ctx, from), filter, attempts, d.MaxJobs, func(job cielo24.Job) {
		l.jobs++
		if !h.add(found{id: job.ID, values: &job, status: c.status, call: from.call}) {
			l.unread++
		}
	})
	now := a.opts.Now()
	l.call, l.result, l.err, l.ended = from.call, result, asError(cielo24.EndpointJobList, err), now
	if from.call == 0 && (l.err == nil || l.err.Endpoint != cielo24.EndpointLogin) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if l.late = l.err.CredentialsRefused() && h.connection.Session != a.connection.Session; !l.late {
		a.recordLocked(r, l.err, now)
	}
}

// noConnection returns why no list can be had at all, nil while one may.
func (h *harvest) noConnection() *cielo24.Error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.away
}

// learn notes an outage: no connection at all, which no other list will get, either.
func (h *harvest) learn(err *cielo24.Error) {
	if err == nil || err.Code != 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err.Reason == cielo24.ReasonDNS || err.Reason == cielo24.ReasonTLS {
		h.away = err
	}
}

// add adds a job, unless its ID is none. Of a job in two lists, the record of the call that began last counts.
func (h *harvest) add(f found) bool {
	key, err := config.ParseJobID(f.id)
	if err != nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	was, twice := h.jobs[key]
	if !twice {
		h.order = append(h.order, key)
	}
	if !twice || was.call <= f.call {
		h.jobs[key] = f
	}
	if n := len(h.order); n >= 2*h.settings.MaxJobs && n%h.settings.MaxJobs == 0 {
		h.cutLocked(nil) // so that memory is bounded by max_jobs, and not by what an API has
	}
	return true
}

// cutLocked takes the values of jobs that are beyond max_jobs, together with others that are held already.
func (h *harvest) cutLocked(others []candidate) (cut []candidate) {
	candidates := others
	for _, key := range h.order {
		if f := h.jobs[key]; f.values != nil {
			candidates = append(candidates, candidate{key: key, created: f.values.Created})
		}
	}
	cut = overflow(candidates, h.settings.MaxJobs)
	for _, c := range cut {
		if f, ok := h.jobs[c.key]; ok {
			f.values = nil
			h.jobs[c.key] = f
		}
	}
	return cut
}

// candidate is a job that discovery may hold.
type candidate struct {
	key      config.JobID
	departed bool
	created  time.Time
}

// overflow returns the jobs that are beyond maxJobs: those in retention first, then the oldest, one without a readable
// date last.
func overflow(candidates []candidate, maxJobs int) []candidate {
	if len(candidates) <= maxJobs {
		return nil
	}
	slices.SortStableFunc(candidates, func(x, y candidate) int {
		switch {
		case x.departed != y.departed:
			return cmp.Compare(boolean(y.departed), boolean(x.departed))
		case x.created.IsZero() != y.created.IsZero():
			return cmp.Compare(boolean(x.created.IsZero()), boolean(y.created.IsZero()))
		}
		return x.created.Compare(y.created)
	})
	return candidates[:len(candidates)-maxJobs]
}
