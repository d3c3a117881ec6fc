package simulator

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// The endpoints, as faults and call counts name them.
const (
	endpointJobInfo = "job_info"
	endpointJobList = "job_list"
	endpointLogin   = "login"
)

// Options is what a Simulator can be told. The zero value is fine.
type Options struct {
	// Now is the clock. The default is time.Now.
	Now func() time.Time
	// Location is the zone in which dates are written, without saying so (client). The default is America/Los_Angeles.
	Location *time.Location
	// Speed is how many times faster than in reality jobs move on: a stage of 24 h lasts 24 h/Speed, and due dates
	// come nearer alike. The default is 1.
	Speed float64
	// TokenLifetime is how long a token lives without a call. The default is an hour (doc).
	TokenLifetime time.Duration
}

// Simulator is an http.Handler: the API, and the controls described in the package comment. It is safe for concurrent
// use.
type Simulator struct {
	now      func() time.Time
	clock    clock
	accounts *accounts
	jobs     *jobs
	faults   *faults
	calls    *calls
	mux      *http.ServeMux

	closing sync.Once
	closed  chan struct{}
}

// New returns an API with no accounts and no jobs.
func New(opts Options) *Simulator {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Location == nil {
		opts.Location = pacific()
	}
	if opts.Speed <= 0 {
		opts.Speed = 1
	}
	if opts.TokenLifetime <= 0 {
		opts.TokenLifetime = time.Hour
	}
	s := &Simulator{
		now:      opts.Now,
		clock:    clock{location: opts.Location, speed: opts.Speed},
		accounts: newAccounts(opts.TokenLifetime),
		jobs:     newJobs(),
		faults:   newFaults(),
		calls:    newCalls(),
		mux:      http.NewServeMux(),
		closed:   make(chan struct{}),
	}
	s.route()
	return s
}

// pacific is the zone from which cielo24's own client converts dates (client). A program without time zone data gets
// its standard time.
func pacific() *time.Location {
	if location, err := time.LoadLocation("America/Los_Angeles"); err == nil {
		return location
	}
	return time.FixedZone("PST", -8*60*60)
}

// route says what is answered where. The mux answers 404 and 405 by itself.
func (s *Simulator) route() {
	s.mux.Handle("GET /api/job/info", s.endpoint(endpointJobInfo, s.jobInfo))
	s.mux.Handle("GET /api/job/list", s.endpoint(endpointJobList, s.jobList))
	s.mux.Handle("GET /api/account/login", s.endpoint(endpointLogin, s.login))
	s.mux.Handle("POST /api/account/login", s.endpoint(endpointLogin, s.login))
	s.routeControls()
}

// ServeHTTP answers a call of the API, or of the controls.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Close lets go of the requests that wait because of a fault, and of those to come: hanging ones lose their connection,
// late ones are answered at once. Everything else goes on.
func (s *Simulator) Close() { s.closing.Do(func() { close(s.closed) }) }

// answerFunc answers a call; q is its query.
type answerFunc func(w http.ResponseWriter, r *http.Request, q url.Values)

// endpoint counts calls and lets faults have their way before answer does its work.
func (s *Simulator) endpoint(name string, answer answerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked := ""
		if name == endpointJobInfo {
			asked = canonical(q.Get("job_id"))
		}
		s.calls.count(name, asked)
		c := call{endpoint: name, asked: asked, served: s.jobs.served(asked), badToken: func() bool {
			return name != endpointLogin && !s.accounts.knows(q.Get("api_token"), s.now())
		}}
		if name == endpointJobList {
			c.jobStatus = q.Get("JobStatus")
		}
		f, ok := s.faults.match(c)
		if !ok {
			answer(w, r, q)
			return
		}
		s.inject(f, w, r, func(w http.ResponseWriter, r *http.Request) { answer(w, r, q) })
	}
}

// wait waits for d and reports whether ctx lasted as long. After Close nobody waits.
func (s *Simulator) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.closed:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// AddUser adds an account, or replaces the one of that name.
func (s *Simulator) AddUser(u User) { s.accounts.addUser(u) }

// AddToken begins a session with a token that is known beforehand. Like any other it ends when it is not used for
// Options.TokenLifetime.
func (s *Simulator) AddToken(token, username string) { s.accounts.addToken(token, username, s.now()) }

// ExpireTokens ends all sessions.
func (s *Simulator) ExpireTokens() { s.accounts.expire() }

// AddJob adds a job, or replaces the one with its ID. It panics when the job can't be meant: an ID that is no hex
// string could never be asked for.
func (s *Simulator) AddJob(j Job) {
	if err := s.jobs.add(j, s.now()); err != nil {
		panic("simulator: " + err.Error())
	}
}

// RemoveJob removes a job. Removing what is not there does nothing.
func (s *Simulator) RemoveJob(id string) { s.jobs.remove(id) }

// Jobs returns the IDs of all jobs in the order in which they were added.
func (s *Simulator) Jobs() []string { return s.jobs.ids() }

// AddAlias answers calls for the job asked with the job served. The documentation's own example does: it asks for 64be…
// and gets d4fb… (doc).
func (s *Simulator) AddAlias(asked, served string) { s.jobs.addAlias(asked, served) }

// SetFault makes calls for a job fail, or with an empty jobID every call. It replaces the fault that was set for the
// same job, endpoint and job status. When several match a call, the one for its job wins, then the one for its status,
// and then the one for its endpoint; so a fault that does nothing exempts a job, or a list. It panics when the fault can't
// be meant.
func (s *Simulator) SetFault(jobID string, f Fault) {
	if err := s.faults.set(jobID, f); err != nil {
		panic("simulator: " + err.Error())
	}
}

// ClearFaults ends all faults. Calls that already suffer from one go on suffering.
func (s *Simulator) ClearFaults() { s.faults.clear() }

// Calls returns how many calls of an endpoint have come: job_info, job_list or login.
func (s *Simulator) Calls(endpoint string) int { return s.calls.ofEndpoint(endpoint) }

// JobCalls returns how many job_info calls have come for the ID, as it was asked for.
func (s *Simulator) JobCalls(jobID string) int { return s.calls.ofJob(canonical(jobID)) }
