package web

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/collector"
	"cielo24_exporter/humanize"
)

// group is a kind of jobs that somebody asks for.
type group string

const (
	groupFailed  group = "failed"  // the media, or the API knows no such job
	groupOverdue group = "overdue" // open and past its due date
	groupDue     group = "due"     // open and due within a day
	groupWaiting group = "waiting" // for the customer
	groupOpen    group = "open"    // neither complete nor failed
	groupSilent  group = "silent"  // without an answer at the last call
	groupDone    group = "done"
)

type groupText struct {
	name         group
	label, class string // class if there are any
}

// groups are those that the page counts.
func groups() []groupText {
	return []groupText{
		{groupFailed, "Failed", "bad"},
		{groupOverdue, "Overdue", "bad"},
		{groupDue, "Due within a day", "soon"},
		{groupWaiting, "Waiting for you", "wait"},
		{groupOpen, "Open", "plain"},
		{groupSilent, "Without an answer", "soon"},
		{groupDone, "Complete", "good"},
	}
}

// entry is a job with what its place on the page depends on.
type entry struct {
	state *collector.JobState
	job   *cielo24.Job // what holds of it, or nil
	rank  int          // how urgent it is, 0 the most
	left  time.Duration
}

// The ranks. Within one, the job that is due first comes first.
const (
	rankFailed = iota
	rankOverdue
	rankDue
	rankWaiting
	rankOpen
	rankUnknown
	rankDone
)

func newEntry(state *collector.JobState, staleAfter time.Duration, now time.Time) entry {
	e := entry{state: state, job: state.Shown(now, staleAfter), rank: rankUnknown}
	if e.job != nil && !e.job.Due.IsZero() {
		e.left = e.job.Due.Sub(now)
	}
	switch {
	case e.job == nil && state.Err != nil && state.Err.Rejected(), e.job != nil && e.job.Status == cielo24.StatusMediaFailure:
		e.rank = rankFailed
	case e.job == nil:
	case e.job.Status == cielo24.StatusComplete:
		e.rank = rankDone
	case e.left < 0:
		e.rank = rankOverdue
	case e.left > 0 && e.left < 24*time.Hour:
		e.rank = rankDue
	case e.waits():
		e.rank = rankWaiting
	default:
		e.rank = rankOpen
	}
	return e
}

// waits reports whether nothing goes on until the customer has done something.
func (e *entry) waits() bool {
	return e.job != nil && (e.job.Status == cielo24.StatusAuthorizing || e.job.Status == cielo24.StatusReviewing)
}

// in reports whether the job belongs to the group. It may belong to several.
func (e *entry) in(g group) bool {
	switch g {
	case groupFailed:
		return e.rank == rankFailed
	case groupOverdue:
		return e.rank == rankOverdue
	case groupDue:
		return e.rank == rankDue
	case groupWaiting:
		return e.waits()
	case groupOpen:
		return e.rank >= rankOverdue && e.rank <= rankOpen
	case groupSilent:
		return e.state.Asked && !e.state.Up()
	case groupDone:
		return e.rank == rankDone
	}
	return false
}

func (e *entry) count(counts map[group]int) {
	for _, g := range groups() {
		if e.in(g.name) {
			counts[g.name]++
		}
	}
}

// sortByUrgency sorts by rank; within it the one that is due first, those without a due date last, and finished ones by
// when they were finished, the latest first.
func sortByUrgency(entries []entry) {
	slices.SortStableFunc(entries, func(a, b entry) int {
		if c := cmp.Compare(a.rank, b.rank); c != 0 {
			return c
		}
		switch {
		case a.job == nil || b.job == nil:
			return cmp.Compare(boolean(a.job == nil), boolean(b.job == nil))
		case a.rank == rankDone:
			return b.job.Completed.Compare(a.job.Completed)
		case a.job.Due.IsZero() != b.job.Due.IsZero():
			return cmp.Compare(boolean(a.job.Due.IsZero()), boolean(b.job.Due.IsZero()))
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

// jobRow is a job in words.
type jobRow struct {
	Account, ID, Name, Probe string
	Status, StatusClass      string
	Due, DueClass, DueDate   string
	Length, Languages        string
	Difficulty, Answered     string
	Problem, Detail          string
	Labels                   []string
}

func newJobRow(e *entry, now time.Time) jobRow {
	row := jobRow{
		Account: e.state.Account, ID: e.state.ID, Status: "Not known", StatusClass: "none", Answered: "never",
		Probe: "/probe?" + url.Values{"account": {e.state.Account}, "job_id": {e.state.ID}, "debug": {"true"}}.Encode(),
	}
	for _, name := range slices.Sorted(maps.Keys(e.state.Labels)) {
		row.Labels = append(row.Labels, name+": "+e.state.Labels[name])
	}
	if err := e.state.Err; err != nil {
		row.Problem, row.Detail = sentence(inWords(err.Reason)), err.Error()
	}
	if !e.state.Fetched.IsZero() && e.job != nil {
		row.Answered = humanize.Relative(e.state.Fetched, now)
	}
	if e.job == nil {
		return row
	}
	row.Name, row.Difficulty = e.job.Name, e.job.Difficulty
	row.Status, row.StatusClass = e.job.Status, statusClass(e.job.Status)
	if e.job.Status == cielo24.StatusUnknown {
		row.Status = "Unknown: " + cmp.Or(e.job.RawStatus, "none")
	}
	row.Languages = e.job.SourceLanguage
	if e.job.TargetLanguage != e.job.SourceLanguage {
		row.Languages += " → " + e.job.TargetLanguage
	}
	if e.job.MediaLengthSeconds != nil {
		row.Length = humanize.Duration(*e.job.MediaLengthSeconds)
	}
	row.due(e, now)
	return row
}

// due says in words how long the job has.
func (row *jobRow) due(e *entry, now time.Time) {
	if !e.job.Due.IsZero() {
		row.DueDate = e.job.Due.Format("Mon 2 Jan 15:04 MST")
	}
	switch {
	case e.rank == rankDone && !e.job.Completed.IsZero():
		row.Due, row.DueDate = "done "+humanize.Relative(e.job.Completed, now), e.job.Completed.Format("Mon 2 Jan 15:04 MST")
	case e.rank == rankDone || e.job.Due.IsZero():
	case e.left < 0 && e.rank == rankFailed:
		row.Due = "was due " + humanize.Relative(e.job.Due, now)
	case e.left < 0:
		row.Due, row.DueClass = humanize.Duration(humanize.Until(now, e.job.Due))+" overdue", "bad"
	case e.rank == rankDue:
		row.Due, row.DueClass = humanize.Relative(e.job.Due, now), "soon"
	default:
		row.Due = humanize.Relative(e.job.Due, now)
	}
}

// statusClass is the colour of a status.
func statusClass(status string) string {
	switch status {
	case cielo24.StatusAuthorizing, cielo24.StatusReviewing:
		return "wait"
	case cielo24.StatusPending, cielo24.StatusInProcess:
		return "plain"
	case cielo24.StatusComplete:
		return "good"
	case cielo24.StatusMediaFailure:
		return "bad"
	}
	return "soon"
}

// inWords says what a reason means to somebody who looks after captions.
func inWords(reason string) string {
	words := map[string]string{
		cielo24.ErrorTypeBadAPIToken: "the token is not accepted any more",
		"LOGIN_INVALID":              "the user name, key or password is refused",
		"ITEM_NOT_FOUND":             "no such job at cielo24; is the ID right?",
		"ACCOUNT_UNPRIVILEGED":       "this account may not see it",
		"UNHANDLED_ERROR":            "an error of cielo24's own",
		cielo24.ReasonTimeout:        "no answer in time",
		cielo24.ReasonConnection:     "no connection to cielo24",
		cielo24.ReasonTLS:            "no trusted connection to cielo24",
		cielo24.ReasonDNS:            "the host name of cielo24 has no address",
		cielo24.ReasonRedirect:       "the API has moved; is base_url right?",
		cielo24.ReasonRateLimited:    "asked to wait by cielo24",
		cielo24.ReasonHTTP4xx:        "something other than cielo24's API answers",
		cielo24.ReasonHTTP5xx:        "trouble at cielo24",
		cielo24.ReasonInvalidBody:    "the answer makes no sense",
		cielo24.ReasonTooLarge:       "the answer is too large",
	}
	return cmp.Or(words[reason], "refused by cielo24: "+reason)
}
