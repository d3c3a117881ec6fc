package simulator

import (
	"net/url"
	"strings"
	"time"
)

// filter is what a job must be like to be listed: every condition holds.
type filter []func(*rendering) bool

func (f filter) passes(r *rendering) bool {
	for _, holds := range f {
		if !holds(r) {
			return false
		}
	}
	return true
}

// newFilter reads the filters of a query. Parameters that are empty, or no filters, change nothing.
func newFilter(q url.Values, c clock) (filter, *apiError) {
	var f filter
	f.text(q.Get("JobStatus"), func(r *rendering) string { return r.JobStatus })
	f.text(q.Get("Priority"), func(r *rendering) string { return r.Priority })
	f.text(q.Get("JobDifficulty"), func(r *rendering) string { return r.JobDifficulty })
	f.text(fidelity(q.Get("Fidelity")), func(r *rendering) string { return fidelity(r.Fidelity) })
	if want := q.Get("ExternalID"); want != "" {
		f = append(f, func(r *rendering) bool { return r.ExternalID == want })
	}
	if pattern := q.Get("JobName"); pattern != "" {
		f = append(f, func(r *rendering) bool { return wildcard(pattern, r.JobName) })
	}
	for _, d := range []struct {
		name string
		of   func(*rendering) time.Time
	}{
		{"CreationDate", func(r *rendering) time.Time { return r.created }},
		{"StartDate", func(r *rendering) time.Time { return r.started }},
		{"DueDate", func(r *rendering) time.Time { return r.due }},
		{"CompleteDate", func(r *rendering) time.Time { return r.completed }},
		{"ReturnDate", func(r *rendering) time.Time { return r.returned }},
		{"AuthorizationDate", func(r *rendering) time.Time { return r.authorized }},
	} {
		if err := f.between(q, c, d.name, d.of); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// text adds: a member is want, whatever the case (client).
func (f *filter) text(want string, of func(*rendering) string) {
	if want != "" {
		*f = append(*f, func(r *rendering) bool { return strings.EqualFold(of(r), want) })
	}
}

// between adds: a date is set, and on or after …From, and on or before …To.
func (f *filter) between(q url.Values, c clock, name string, of func(*rendering) time.Time) *apiError {
	if s := q.Get(name + "From"); s != "" {
		from, err := c.parse(s)
		if err != nil {
			return invalid(name + "From: " + err.Error())
		}
		*f = append(*f, func(r *rendering) bool { return !of(r).IsZero() && !of(r).Before(from) })
	}
	if s := q.Get(name + "To"); s != "" {
		to, err := c.parse(s)
		if err != nil {
			return invalid(name + "To: " + err.Error())
		}
		*f = append(*f, func(r *rendering) bool { return !of(r).IsZero() && !of(r).After(to) })
	}
	return nil
}

// fidelity translates the names under which two fidelities are ordered into those that jobs show (doc).
func fidelity(name string) string {
	switch strings.ToUpper(name) {
	case "PREMIUM":
		return "STANDARD"
	case "PROFESSIONAL":
		return "HIGH"
	}
	return name
}

// wildcard reports whether s is like pattern, in which a * stands for anything, or nothing (doc).
func wildcard(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return s == pattern
	}
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, rest, found := strings.Cut(s, part)
		if !found {
			return false
		}
		s = rest
	}
	return true
}
