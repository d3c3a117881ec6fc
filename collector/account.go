package collector

import (
	"context"
	"maps"
	"sync"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// API is what an account calls. It must pass every request through the account's gate.
type API interface {
	JobInfo(ctx context.Context, jobID string, attempts *cielo24.Attempts) (cielo24.Job, error)
	JobList(
		ctx context.Context, f cielo24.ListFilter, attempts *cielo24.Attempts, maxJobs int, each func(cielo24.Job),
	) (cielo24.ListResult, error)
	ReloadSecrets() error
	CloseIdleConnections()
}

// Connection is how an account reaches the API: a client, and its session, which outlives the client.
type Connection struct {
	API     API
	Session cielo24.Session
}

// ConnectOptions is what a connection is made of besides an account's settings.
type ConnectOptions struct {
	Context context.Context //nolint:containedctx // the account's life, under which sessions log in
	Gate    cielo24.Gate
	Session cielo24.Session // to go on with; nil: begin one
}

// Options is what all accounts need besides their settings. All but Shard are required.
type Options struct {
	Connect func(config.Account, ConnectOptions) (Connection, error) // must not make a call
	Shard   Shard
	Logger  log.Logger
	Now     func() time.Time
}

// Account watches the jobs of one account of cielo24, at one base URL. It is safe for concurrent use, and lives on when
// its settings change.
type Account struct {
	opts   Options
	logger log.Logger
	gate   *gate

	ctx    context.Context //nolint:containedctx // of its refreshes, which outlive every caller; ends with Close
	cancel context.CancelFunc
	active sync.WaitGroup // refreshes under way

	mu         sync.Mutex
	settings   config.Account
	connection Connection
	epoch      int                    // grows whenever the answers to earlier calls no longer count
	jobs       []*slot                // in the order in which they are shown: first those that are Pinned
	byKey      map[config.JobID]*slot // the same
	lists      map[string]listState   // by status
	truncated  bool
	health     Health
	refresh    *refresh // under way, or nil
	startedAt  time.Time
	finishedAt time.Time
	duration   time.Duration
	changes    changeLog
	zone       zoneEvidence
}

// slot is the place of a watched job: what is known of it now.
type slot struct {
	state   *JobState
	planned *refresh // the latest that was to fetch it
	dropped bool     // it is no longer among the account's jobs
}

// newAccount returns an account that has made no call yet. Close it.
func newAccount(settings config.Account, opts Options) (*Account, error) {
	ctx, cancel := context.WithCancel(context.Background())
	a := &Account{
		opts: opts, logger: log.With(opts.Logger, "account", settings.Name), gate: newGate(opts.Now),
		ctx: ctx, cancel: cancel, settings: settings, byKey: map[config.JobID]*slot{}, lists: map[string]listState{},
	}
	a.gate.onHold = a.logHold
	connection, err := opts.Connect(settings, ConnectOptions{Context: ctx, Gate: a.gate})
	if err != nil {
		cancel()
		return nil, err
	}
	a.connection = connection
	a.gate.configure(settings.Concurrency, settings.RequestsPerSecond)
	a.readWatchList()
	return a, nil
}

// Name is the account's name in the configuration.
func (a *Account) Name() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.settings.Name
}

// is reports whether the account is the one that settings describe, perhaps with other settings.
func (a *Account) is(settings config.Account) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.settings.Name == settings.Name && a.settings.BaseURL.String() == settings.BaseURL.String()
}

// prepare makes the connection that other settings need, or returns the present one if it will do. It changes nothing.
func (a *Account) prepare(settings config.Account) (Connection, error) {
	a.mu.Lock()
	was, connection := a.settings, a.connection
	a.mu.Unlock()
	if was.SameConnection(settings) {
		return connection, nil
	}
	opts := ConnectOptions{Context: a.ctx, Gate: a.gate}
	if was.SameCredentials(settings) {
		opts.Session = connection.Session
	}
	return a.opts.Connect(settings, opts)
}

// reconfigure puts other settings in force, with the connection that prepare returned for them. What they do not touch goes
// on as it is: the session, the gate, the refresh under way, and what is known of the jobs.
func (a *Account) reconfigure(settings config.Account, connection Connection) {
	a.mu.Lock()
	was, old := a.settings, a.connection
	a.settings, a.connection = settings, connection
	if was.Location.String() != settings.Location.String() {
		a.forgetValuesLocked()
	}
	a.forgetListsLocked(was.Discovery)
	a.mu.Unlock()
	a.gate.configure(settings.Concurrency, settings.RequestsPerSecond)
	if connection.API != old.API {
		old.API.CloseIdleConnections()
	}
	a.readWatchList()
}

// forgetValuesLocked forgets what the API said: in another zone, all dates of it are wrong.
func (a *Account) forgetValuesLocked() {
	a.epoch++
	a.zone = zoneEvidence{}
	for _, s := range a.jobs {
		s.state = &JobState{WatchedJob: s.state.WatchedJob, Presence: s.state.Presence, list: s.state.list, call: s.state.call}
	}
}

// Close ends the refresh under way and waits for it.
func (a *Account) Close() {
	a.cancel()
	a.active.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.connection.API.CloseIdleConnections()
}

// readWatchList brings the jobs of configuration and job files up to date. Jobs that stay keep what is known of them.
func (a *Account) readWatchList() {
	a.mu.Lock()
	files := a.settings.JobFiles
	a.mu.Unlock()
	var fromFiles []config.Job
	if files != nil {
		var problems config.Problems
		fromFiles, problems = files.Read()
		a.logProblems(problems)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if files != a.settings.JobFiles {
		return // a reload has brought others, and reads those itself
	}
	jobs := make([]*slot, 0, len(a.jobs))
	byKey := make(map[config.JobID]*slot, len(a.jobs))
	for _, from := range []struct {
		jobs   []config.Job
		source Source
	}{{a.settings.Jobs, SourceConfig}, {fromFiles, SourceFile}} {
		for _, job := range from.jobs {
			if a.opts.Shard.has(job.Key) {
				byKey[job.Key] = a.pinLocked(job, from.source)
				jobs = append(jobs, byKey[job.Key])
			}
		}
	}
	a.replaceJobsLocked(a.keepDiscoveredLocked(jobs, byKey), byKey)
}

// pinLocked returns the slot of a job that the configuration or a file names.
func (a *Account) pinLocked(job config.Job, source Source) *slot {
	s := a.byKey[job.Key]
	switch {
	case s == nil:
		s = &slot{state: &JobState{WatchedJob: newWatchedJob(a.settings.Name, job, source), Presence: Pinned}}
	case s.state.Presence != Pinned || !s.state.watches(job, source):
		s.state = s.state.watchedAs(newWatchedJob(a.settings.Name, job, source), Pinned)
	}
	return s
}

// keepDiscoveredLocked appends the discovered jobs that are not pinned.
func (a *Account) keepDiscoveredLocked(jobs []*slot, byKey map[config.JobID]*slot) []*slot {
	if a.settings.Discovery == nil {
		return jobs
	}
	for _, s := range a.jobs {
		if key := s.state.Key; s.state.Presence != Pinned && byKey[key] == nil {
			byKey[key] = s
			jobs = append(jobs, s)
		}
	}
	return jobs
}

// replaceJobsLocked puts jobs in the place of those that were watched.
func (a *Account) replaceJobsLocked(jobs []*slot, byKey map[config.JobID]*slot) {
	for _, s := range a.jobs {
		if byKey[s.state.Key] != s {
			s.dropped = true
			a.zone.forget(s.state.Key)
		}
	}
	a.jobs, a.byKey = jobs, byKey
}

// Refresh starts a refresh or joins the one under way, and waits until it is complete or ctx ends.
func (a *Account) Refresh(ctx context.Context) {
	r := a.join() //nolint:contextcheck // a refresh has a lifetime of its own
	select {
	case <-r.done:
	case <-ctx.Done():
	}
}

// Snapshot returns what is known. It makes no call.
func (a *Account) Snapshot() Snapshot {
	until, _ := a.gate.held()
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Snapshot{
		Account: a.settings.Name, StaleAfter: a.settings.StaleAfter, Jobs: make([]*JobState, len(a.jobs)),
		Health: a.health, HeldUntil: until, Truncated: a.truncated,
		RefreshDuration: a.duration, RefreshFinished: a.finishedAt, Refreshing: a.refresh != nil,
		DateOffsetSuspect: a.zone.suspect(),
	}
	for i, slot := range a.jobs {
		s.Jobs[i] = slot.state
	}
	if d := a.settings.Discovery; d != nil {
		s.Discovers = true
		for _, status := range d.Statuses {
			s.Lists = append(s.Lists, a.lists[status].snapshot(status))
		}
	} else if len(a.jobs) == 0 {
		s.Health = Health{} // nothing to watch is no outage
	}
	return s
}

// logHold logs that the API has paused the account.
func (a *Account) logHold(until time.Time, err *cielo24.Error) {
	level.Warn(a.logger).Log("msg", "account paused by the API, no calls until then",
		"until", until.UTC().Format(time.RFC3339), "reason", err.Reason, "err", err)
}

// forgetListsLocked forgets lists that are asked for in another way now.
func (a *Account) forgetListsLocked(was *config.Discovery) {
	d := a.settings.Discovery
	if d == nil {
		clear(a.lists)
		a.truncated = false
		return
	}
	if was != nil && was.Username == d.Username && was.CreatedWithin == d.CreatedWithin {
		asked := map[string]bool{}
		for _, status := range d.Statuses {
			asked[status] = true
		}
		maps.DeleteFunc(a.lists, func(status string, _ listState) bool { return !asked[status] })
		return
	}
	clear(a.lists)
}
