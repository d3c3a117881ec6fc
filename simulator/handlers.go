package simulator

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
)

// jobInfo answers with one job.
// Source: GET /api/job/info (doc).
func (s *Simulator) jobInfo(w http.ResponseWriter, _ *http.Request, q url.Values) {
	username, refused := s.session(q, "job_id")
	if refused != nil {
		refused.write(w)
		return
	}
	id := canonical(q.Get("job_id"))
	if !validID(id) {
		invalid("job_id must be a hex string").write(w)
		return
	}
	now := s.now()
	e, ok := s.jobs.get(s.jobs.served(id), now)
	switch {
	case !ok:
		notFound().write(w)
	case !s.accounts.mayRead(username, e.job.Username):
		unprivileged("job").write(w)
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(e.render(now, s.clock).json)
	}
}

// jobList answers with all jobs of the account that pass the filters, newest first, without paging.
// Source: GET /api/job/list (doc).
func (s *Simulator) jobList(w http.ResponseWriter, _ *http.Request, q url.Values) {
	username, refused := s.session(q)
	if refused != nil {
		refused.write(w)
		return
	}
	f, refused := newFilter(q, s.clock)
	if refused != nil {
		refused.write(w)
		return
	}
	owned, refused := s.owners(username, q.Get("Username"))
	if refused != nil {
		refused.write(w)
		return
	}
	now := s.now()
	var found []*rendering
	for _, e := range s.jobs.all() {
		if !e.exists(now) || !owned(e.job.Username) {
			continue
		}
		if r := e.render(now, s.clock); f.passes(r) {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b *rendering) int { return b.created.Compare(a.created) })
	writeList(w, username, found)
}

// owners tells whose jobs are listed: those of the account itself, with "*" also those of all its descendants, and with
// a name those of that sub-account only (doc).
func (s *Simulator) owners(username, asked string) (func(owner string) bool, *apiError) {
	switch {
	case asked == "":
		return func(owner string) bool { return owner == "" || owner == username }, nil
	case asked == "*":
		return func(owner string) bool { return s.accounts.mayRead(username, owner) }, nil
	case s.accounts.mayRead(username, asked):
		return func(owner string) bool { return owner == asked }, nil
	}
	return nil, unprivileged("account")
}

// writeList streams the answer, so that a long one is never in memory as a whole.
func writeList(w http.ResponseWriter, username string, found []*rendering) {
	name, err := json.Marshal(username)
	if err != nil {
		panic("simulator: a text does not marshal: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	b := bufio.NewWriterSize(w, 32<<10)
	_, _ = b.WriteString(`{"Username":` + string(name) + `,"ActiveJobs":[`)
	for i, r := range found {
		if i > 0 {
			_ = b.WriteByte(',')
		}
		if _, err := b.Write(r.json); err != nil {
			return // the client has gone
		}
	}
	_, _ = b.WriteString("]}")
	_ = b.Flush()
}
