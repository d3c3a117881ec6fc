package web

import (
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cielo24_exporter/humanize"
)

// page is what the template shows.
type page struct {
	Style          template.CSS
	Script         template.JS
	Version        string
	TelemetryPath  string // relative, as every link is
	Now            string
	Progress       string // what is still being fetched
	Pace           pace
	Tiles          []tile
	Accounts       []accountView
	Query          query
	Filtered       bool
	Statuses       []string
	Jobs           []rowView
	Watched        int // jobs in all
	Found          int // jobs that match the query
	From, To       int // of those, counted from 1; 0 when there is none
	Previous, Next string
}

// pace is how often an open page is brought up to date, in seconds.
type pace struct {
	Script  int // what has changed, by the script
	Browser int // the whole page, by a browser that runs no scripts
}

// paceOf is quick while jobs are being fetched.
func paceOf(accounts []account) pace {
	for _, a := range accounts {
		if a.refreshing || a.refreshed.IsZero() {
			return pace{Script: 2, Browser: 5}
		}
	}
	return pace{Script: 15, Browser: 60}
}

// page says how things are at now. Only the jobs on the page are put into words.
func (p *statusPage) page(accounts []account, rows []row, q query, now time.Time) page {
	found := q.filter(rows)
	sortByUrgency(found)
	result := page{
		Style:   template.CSS(statusCSS), //nolint:gosec // a file of this package
		Script:  template.JS(statusJS),   //nolint:gosec // the same
		Version: p.opts.Version, TelemetryPath: "." + p.opts.TelemetryPath,
		Now: now.UTC().Format("2006-01-02 15:04:05 MST"), Progress: progress(accounts, rows), Pace: paceOf(accounts),
		Tiles: tiles(rows, q), Query: q, Filtered: q.filters(), Statuses: statuses(),
		Watched: len(rows), Found: len(found),
	}
	for i := range accounts {
		result.Accounts = append(result.Accounts, accounts[i].view(now))
	}
	from, to := q.bounds(len(found))
	for _, r := range found[from:to] {
		result.Jobs = append(result.Jobs, r.view(now))
	}
	if from < to {
		result.From, result.To = from+1, to
	}
	if from > 0 {
		result.Previous = q.link(from/perPage, q.Show)
	}
	if to < len(found) {
		result.Next = q.link(from/perPage+2, q.Show)
	}
	return result
}

// progress says what is still being fetched.
func progress(accounts []account, rows []row) string {
	var pending int
	for i := range rows {
		if rows[i].pending {
			pending++
		}
	}
	var underWay, unlisted bool
	for _, a := range accounts {
		underWay = underWay || a.refreshing
		unlisted = unlisted || a.discovers && a.refreshed.IsZero()
	}
	switch {
	case pending > 0 && !underWay:
		return fmt.Sprintf("%d of %s not fetched yet.", pending, jobs(len(rows)))
	case pending > 0 && unlisted:
		return fmt.Sprintf("Still fetching %d of %s, and the job lists.", pending, jobs(len(rows)))
	case pending > 0:
		return fmt.Sprintf("Still fetching %d of %s.", pending, jobs(len(rows)))
	case unlisted:
		return "Still fetching the job lists."
	}
	return ""
}

// accountView is an account in words.
type accountView struct {
	Name, Jobs, Targets  string
	State, Class, Detail string
	Since, Refreshed     string
	Warnings             []string
}

func (a *account) view(now time.Time) accountView {
	v := accountView{
		Name: a.name, Jobs: jobs(a.jobs), Targets: "./sd?" + url.Values{"account": {a.name}}.Encode(),
		State: "Not fetched yet", Refreshed: "No refresh yet",
	}
	switch since := humanize.Duration(humanize.Until(now, a.since)); {
	case !a.checked:
	case a.up:
		v.State, v.Class, v.Since = "API reached, credentials accepted", "good", "Up for "+since
	default:
		v.State, v.Class, v.Since, v.Detail = sentence(explain(a.reason)), "bad", "Down for "+since, a.detail
	}
	switch {
	case !a.refreshed.IsZero():
		v.Refreshed = "Last refresh " + humanize.Relative(a.refreshed, now) + ", took " + humanize.Duration(a.took.Seconds())
	case a.refreshing:
		v.Refreshed = "First refresh under way"
	}
	v.Warnings = a.warnings(now)
	return v
}

// warnings are what somebody should know of an account besides its state.
func (a *account) warnings(now time.Time) []string {
	var all []string
	if a.heldUntil.After(now) {
		all = append(all, "Paused by cielo24: no calls until "+shortDate(a.heldUntil.UTC(), now)+".")
	}
	for _, l := range a.lists {
		if l.Ended && !l.Whole {
			all = append(all, "The list of jobs in status "+l.Status+" could not be fetched; its jobs keep their last values until they are stale.")
		}
		if l.UnreadableJobs > 0 {
			all = append(all, "The list of jobs in status "+l.Status+" has entries that are not jobs: "+strconv.Itoa(l.UnreadableJobs)+".")
		}
	}
	if a.dateOffsetSuspect {
		all = append(all, "The jobs' dates contradict the configured timezone, so times until due are wrong. The log suggests a zone.")
	}
	if a.truncated {
		all = append(all, "There are more jobs than max_jobs; the oldest are not watched.")
	}
	return all
}

// jobs returns "1 job", "2 jobs".
func jobs(n int) string {
	if n == 1 {
		return "1 job"
	}
	return strconv.Itoa(n) + " jobs"
}

// sentence begins with a capital letter, or with the name that has none.
func sentence(s string) string {
	if strings.HasPrefix(s, "cielo24") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
