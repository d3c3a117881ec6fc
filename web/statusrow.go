package web

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/humanize"
)

// rank is how urgent a job is, the lowest the most. Within a rank, the job that is due first comes first.
type rank int

const (
	rankFailed rank = iota
	rankRejected
	rankOverdue
	rankDue
	rankWaiting
	rankFailing // without values
	rankOpen
	rankPending
	rankComplete
)

func (r *row) urgency(now time.Time) rank {
	switch {
	case r.rejected:
		return rankRejected
	case r.pending && r.job == nil:
		return rankPending
	case r.job == nil:
		return rankFailing
	case r.job.Status == cielo24.StatusMediaFailure:
		return rankFailed
	case r.job.Status == cielo24.StatusComplete:
		return rankComplete
	case !r.job.Due.IsZero() && r.job.Due.Before(now):
		return rankOverdue
	case !r.job.Due.IsZero() && r.job.Due.Before(now.Add(24*time.Hour)):
		return rankDue
	case r.waits():
		return rankWaiting
	}
	return rankOpen
}

// waits reports whether nothing goes on until the customer has done something.
func (r *row) waits() bool {
	return r.job != nil && (r.job.Status == cielo24.StatusAuthorizing || r.job.Status == cielo24.StatusReviewing)
}

// open reports whether the job is neither complete nor failed. One with an unknown status counts as open.
func (r *row) open() bool {
	return r.job != nil && r.job.Status != cielo24.StatusComplete && r.job.Status != cielo24.StatusMediaFailure
}

// failing reports whether the last fetch of the job did not succeed, which is so of rejected jobs, too.
func (r *row) failing() bool { return !r.pending && r.reason != "" }

// status is what the page calls the state of the job.
func (r *row) status() string {
	switch {
	case r.rank == rankRejected:
		return "Rejected"
	case r.rank == rankPending:
		return "Not fetched yet"
	case r.rank == rankFailing:
		return "Fetch failing"
	case r.job.Status == cielo24.StatusUnknown:
		return "Unknown: " + cmp.Or(r.job.RawStatus, "none")
	}
	return r.job.Status
}

// problem says why the last fetch of the job did not succeed, or nothing.
func (r *row) problem() string {
	switch {
	case !r.failing():
		return ""
	case r.job == nil:
		return sentence(explain(r.reason))
	}
	return "Fetch failing: " + explain(r.reason)
}

// label returns a label as the page shows it.
func label(name, value string) string { return name + ": " + value }

// texts are those by which the job is found: what is shown of it.
func (r *row) texts() []string {
	texts := []string{r.account, r.id, r.status(), r.problem()}
	if r.job != nil {
		texts = append(texts, r.job.Name, r.job.ExternalID)
	}
	for name, value := range r.labels {
		texts = append(texts, label(name, value), name+"="+value)
	}
	return texts
}

// sortByUrgency sorts by rank; within it the one that is due first, those without a due date last, and complete ones by
// when they were completed, the latest first.
func sortByUrgency(rows []*row) {
	slices.SortStableFunc(rows, func(a, b *row) int {
		switch {
		case a.rank != b.rank:
			return cmp.Compare(a.rank, b.rank)
		case a.job == nil || b.job == nil:
			return 0 // as configured
		case a.rank == rankComplete:
			return b.job.Completed.Compare(a.job.Completed)
		case a.job.Due.IsZero():
			return cmp.Compare(1, boolean(b.job.Due.IsZero()))
		case b.job.Due.IsZero():
			return -1
		}
		return a.job.Due.Compare(b.job.Due)
	})
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// rowView is a job in words.
type rowView struct {
	Key                      string // tells it from all others on the page
	Account, ID, Name, Probe string
	ExternalID               string
	Status, StatusClass      string
	Due, DueClass, DueDate   string
	Length, Languages        string
	Difficulty, Fetched      string
	Problem, Detail          string
	Unreadable               []string // dates that cannot be read, as the API writes them
	Labels                   []string
}

func (r *row) view(now time.Time) rowView {
	v := rowView{
		Key: r.account + "/" + r.id, Account: r.account, ID: r.id,
		Probe:  "./probe?" + url.Values{"account": {r.account}, "job_id": {r.id}, "debug": {"true"}}.Encode(),
		Status: r.status(), StatusClass: r.statusClass(), Problem: r.problem(), Detail: r.detail, Fetched: "never",
	}
	for _, name := range slices.Sorted(maps.Keys(r.labels)) {
		v.Labels = append(v.Labels, label(name, r.labels[name]))
	}
	if !r.fetched.IsZero() {
		v.Fetched = humanize.Relative(r.fetched, now)
	}
	if r.job == nil {
		return v
	}
	v.Name, v.ExternalID, v.Difficulty = r.job.Name, r.job.ExternalID, r.job.Difficulty
	v.Languages = r.job.SourceLanguage
	if r.job.TargetLanguage != r.job.SourceLanguage {
		v.Languages = strings.TrimSpace(r.job.SourceLanguage + " → " + r.job.TargetLanguage)
	}
	if r.job.MediaLengthSeconds != nil {
		v.Length = humanize.Duration(*r.job.MediaLengthSeconds)
	}
	for _, d := range r.job.Unreadable {
		v.Unreadable = append(v.Unreadable, "Date cannot be read: "+label(d.Name, d.Text))
	}
	v.Due, v.DueDate = r.due(now)
	switch r.rank {
	case rankOverdue:
		v.DueClass = "bad"
	case rankDue:
		v.DueClass = "soon"
	}
	return v
}

// due says how long the job has, or since when it is complete, and the date for it.
func (r *row) due(now time.Time) (text, date string) {
	due, completed := r.job.Due, r.job.Completed
	switch {
	case r.rank == rankComplete && !completed.IsZero():
		return "complete " + humanize.Relative(completed, now), shortDate(completed, now)
	case due.IsZero():
		return "", ""
	case r.rank == rankComplete:
		return "", shortDate(due, now)
	case r.rank == rankOverdue:
		return humanize.Duration(humanize.Until(now, due)) + " overdue", shortDate(due, now)
	case due.Before(now):
		return "was due " + humanize.Relative(due, now), shortDate(due, now)
	}
	return humanize.Relative(due, now), shortDate(due, now)
}

// shortDate names the year only of a date in another one.
func shortDate(t, now time.Time) string {
	if t.Year() != now.In(t.Location()).Year() {
		return t.Format("2 Jan 2006 15:04 MST")
	}
	return t.Format("Mon 2 Jan 15:04 MST")
}

// statusClass is the color of the status.
func (r *row) statusClass() string {
	switch {
	case r.rank == rankRejected || r.rank == rankFailed:
		return "bad"
	case r.rank == rankPending:
		return "none"
	case r.waits():
		return "wait"
	case r.rank == rankComplete:
		return "good"
	case r.job != nil && r.job.Status != cielo24.StatusUnknown:
		return "plain"
	}
	return "soon"
}
