package collector

import (
	"context"
	"hash/fnv"
	"maps"
	"slices"
	"sync"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"

	"github.com/go-kit/log"
	"golang.org/x/time/rate"
)

// API is what an account asks.
type API interface {
	JobInfo(ctx context.Context, jobID string, a *cielo24.Attempts) (cielo24.Job, error)
	JobList(ctx context.Context, f cielo24.ListFilter, a *cielo24.Attempts, maxJobs int, each func(cielo24.Job)) (cielo24.ListResult, error)
	ReloadSecrets() error
	CloseIdleConnections()
}

// Shard is the share of the jobs that this exporter watches: those whose ID falls to Index of Total. The zero value is
// all of them.
type Shard struct{ Index, Total int }

// has reports whether a job belongs to the shard. The hash is of the ID alone, so that it is the same everywhere.
func (s Shard) has(jobID string) bool {
	if s.Total <= 1 {
		return true
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(config.CanonicalID(jobID)))
	return h.Sum64()%uint64(s.Total) == uint64(s.Index) //nolint:gosec // both are checked where the flags are read
}

// AccountOptions is what an account needs besides its configuration.
type AccountOptions struct {
	API    API
	Shard  Shard
	Logger log.Logger
	Now    func() time.Time
}

// Account watches the jobs of one account.
type Account struct {
	cfg    config.Account
	api    API
	shard  Shard
	logger log.Logger
	now    func() time.Time
	pace   *rate.Limiter
	turns  chan struct{} // one element for each call under way

	ctx    context.Context //nolint:containedctx // of its refreshes, which outlive every caller; ends with Close
	cancel context.CancelFunc
	done   sync.WaitGroup // refreshes under way

	mu          sync.Mutex
	jobs        []*JobState // first the explicit ones, then those that were discovered
	explicit    int         // how many were configured
	cut         bool        // more were discovered than may be
	access      Access
	current     *refresh // under way, or nil
	begun       time.Time
	ended       time.Time
	duration    time.Duration
	askedToWait time.Time      // the API does not want to be called before
	waiting     *cielo24.Error // in which it said so
	troubles    troubles
	doubts      doubts
}

// NewAccount returns an account that has not asked the API for anything yet. Close it.
func NewAccount(cfg config.Account, opts AccountOptions) *Account {
	pace := rate.NewLimiter(rate.Inf, 1)
	if cfg.RequestsPerSecond > 0 {
		pace = rate.NewLimiter(rate.Limit(cfg.RequestsPerSecond), 1)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := &Account{
		cfg: cfg, api: opts.API, shard: opts.Shard, now: opts.Now, pace: pace, turns: make(chan struct{}, cfg.Concurrency),
		ctx: ctx, cancel: cancel,
		logger: log.With(opts.Logger, "account", cfg.Name),
	}
	a.watch()
	return a
}

// Inherit takes over what old knows of the jobs that both watch, so that a reload while the API is away loses nothing. In
// another time zone all dates would be wrong. Call it before the first scrape.
func (a *Account) Inherit(old *Account) {
	if a.cfg.Name != old.cfg.Name || a.cfg.BaseURL.String() != old.cfg.BaseURL.String() {
		return
	}
	old.mu.Lock()
	defer old.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.access, a.ended, a.duration = old.access, old.ended, old.duration
	a.askedToWait, a.waiting = old.askedToWait, old.waiting
	a.troubles = old.troubles.clone()
	if a.cfg.Location.String() == old.cfg.Location.String() {
		a.inheritJobs(old)
	}
}

// inheritJobs takes over what old knows of jobs. Both mutexes are held.
func (a *Account) inheritJobs(old *Account) {
	known := byID(old.jobs)
	for i, s := range a.jobs {
		if k, ok := known[s.ID]; ok {
			a.jobs[i] = k.watchedAs(s.Watched)
		}
	}
	if a.cfg.Discovery != nil {
		a.inheritDiscovered(old)
	}
	a.doubts = old.doubts.clone()
	a.doubts.forget(byID(a.jobs))
}

// inheritDiscovered takes over the jobs that old has discovered. Both mutexes are held.
func (a *Account) inheritDiscovered(old *Account) {
	configured := map[string]bool{}
	for _, s := range a.jobs {
		configured[config.CanonicalID(s.ID)] = true
	}
	for _, s := range old.jobs[old.explicit:] {
		if !configured[config.CanonicalID(s.ID)] && a.shard.has(s.ID) {
			a.jobs = append(a.jobs, s)
		}
	}
}

// Close cancels the refresh under way and waits for it to end.
func (a *Account) Close() {
	a.cancel()
	a.done.Wait()
	a.api.CloseIdleConnections()
}

// watch brings the list of jobs up to date. Jobs that stay keep what is known of them.
func (a *Account) watch() {
	var fromFiles []config.Job
	if a.cfg.JobFiles != nil {
		var problems config.Problems
		fromFiles, problems = a.cfg.JobFiles.Read()
		a.logProblems(problems)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	known := byID(a.jobs)
	jobs := make([]*JobState, 0, len(a.cfg.Jobs)+len(fromFiles))
	jobs = a.appendWatched(jobs, a.cfg.Jobs, SourceConfig, known)
	jobs = a.appendWatched(jobs, fromFiles, SourceFile, known)
	a.jobs, a.explicit = a.keepDiscovered(jobs, known), len(jobs)
	if a.doubts.any() {
		a.doubts.forget(byID(a.jobs))
	}
}

// appendWatched appends the jobs of one source that belong to the shard.
func (a *Account) appendWatched(
	to []*JobState, jobs []config.Job, source Source, known map[string]*JobState,
) []*JobState {
	for _, job := range jobs {
		if !a.shard.has(job.ID) {
			continue
		}
		state := known[job.ID]
		switch {
		case state == nil:
			state = &JobState{Watched: newWatched(a.cfg.Name, job, source)}
		case state.Source != source || !maps.Equal(state.Labels, job.Labels):
			state = state.watchedAs(newWatched(a.cfg.Name, job, source))
		}
		to = append(to, state)
	}
	return to
}

// keepDiscovered appends the discovered jobs that have not been configured since.
func (a *Account) keepDiscovered(explicit []*JobState, known map[string]*JobState) []*JobState {
	if a.cfg.Discovery == nil {
		return explicit
	}
	configured := map[string]bool{}
	for _, s := range explicit {
		configured[config.CanonicalID(s.ID)] = true
	}
	jobs := slices.Clip(explicit)
	for _, s := range a.jobs {
		if s.Source == SourceDiscovery && known[s.ID] == s && !configured[config.CanonicalID(s.ID)] {
			jobs = append(jobs, s)
		}
	}
	return jobs
}

func newWatched(account string, job config.Job, source Source) *Watched {
	return &Watched{
		Account: account, ID: job.ID, Labels: job.Labels, Source: source,
		labels: newLabels("account", account, "job_id", job.ID),
	}
}

func byID(jobs []*JobState) map[string]*JobState {
	m := make(map[string]*JobState, len(jobs))
	for _, s := range jobs {
		m[s.ID] = s
	}
	return m
}

// Scrape begins a refresh or joins the one under way, waits until it is complete or ctx ends, and returns what is
// known by then.
func (a *Account) Scrape(ctx context.Context) Snapshot {
	r := a.join(ctx)
	select {
	case <-r.done:
		return a.snapshot(false)
	case <-ctx.Done():
		return a.snapshot(true)
	}
}

// Peek returns what is known without asking the API.
func (a *Account) Peek() Snapshot { return a.snapshot(false) }

// snapshot copies what is known. impatient says that a scrape has waited for the refresh under way as long as it
// could: an API that has not answered a single call by then counts as away.
func (a *Account) snapshot(impatient bool) Snapshot {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Snapshot{
		Account: a.cfg.Name, StaleAfter: a.cfg.StaleAfter, Jobs: append([]*JobState(nil), a.jobs...),
		Discovers: a.cfg.Discovery != nil, Truncated: a.cut,
		Access: a.access, RefreshDuration: a.duration, RefreshEnded: a.ended, Refreshing: a.current != nil,
	}
	if impatient && a.current != nil {
		access := a.current.tally.access()
		if !access.Known {
			access = Access{Known: true, Reason: cielo24.ReasonTimeout, Detail: "no call has ended within the scrape"}
		}
		a.access = a.access.following(access, now)
		s.Access = a.access
	}
	s.DateOffsetSuspect = a.doubts.any()
	return s
}
