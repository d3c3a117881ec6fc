package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"regexp"
	"strings"
	"time"

	"cielo24_exporter/collector"
	"cielo24_exporter/humanize"

	"github.com/go-kit/log/level"
)

//go:embed status.html
var statusHTML string

// statusPage shows what is known, the most urgent first. It never calls the API.
type statusPage struct {
	opts     Options
	template *template.Template
	policy   string
}

func newStatusPage(opts Options) http.Handler {
	return &statusPage{
		opts:     opts,
		template: template.Must(template.New("status").Parse(statusHTML)),
		policy: "default-src 'none'; style-src 'sha256-" + styleHash(statusHTML) +
			"'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	}
}

// styleHash allows the one stylesheet of the page and no other.
func styleHash(html string) string {
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(html)
	sum := sha256.Sum256([]byte(style[1]))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// page is what the template shows.
type page struct {
	Version       string
	TelemetryPath string
	Now           string
	Tiles         []tile
	Accounts      []accountRow
	Query         query
	Statuses      []string
	Jobs          []jobRow
	Watched       int // jobs in all
	Found         int // jobs that match the query
	From, To      int // of those, counted from 1; 0 when there is none
	Previous      string
	Next          string
}

// tile is a number that is worth a look.
type tile struct {
	Label, Class, Link string
	Count              int
	Chosen             bool
}

func (p *statusPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	snapshots := p.opts.Collector.Peek()
	q, err := readQuery(r.URL.Query(), accountNames(snapshots))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var b bytes.Buffer
	if err := p.template.Execute(&b, p.page(snapshots, q)); err != nil {
		level.Error(p.opts.Logger).Log("msg", "status page can't be rendered", "err", err)
		http.Error(w, "The status page can't be rendered.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes())
}

// page reads the snapshots. Only the jobs on the page are put into words.
func (p *statusPage) page(snapshots []collector.Snapshot, q query) page {
	now := p.opts.Now()
	result := page{
		Version: p.opts.Version, TelemetryPath: p.opts.TelemetryPath, Query: q, Statuses: statuses(),
		Now: now.UTC().Format("2006-01-02 15:04:05 MST"),
	}
	counts := map[group]int{}
	var found []entry
	for _, s := range snapshots {
		result.Accounts = append(result.Accounts, newAccountRow(s, now))
		result.Watched += len(s.Jobs)
		for _, state := range s.Jobs {
			e := newEntry(state, s.StaleAfter, now)
			e.count(counts)
			if q.matches(&e) {
				found = append(found, e)
			}
		}
	}
	result.Tiles = tiles(counts, q)
	result.Found = len(found)
	sortByUrgency(found)
	from, to := q.cut(len(found))
	for i := range found[from:to] {
		result.Jobs = append(result.Jobs, newJobRow(&found[from+i], now))
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

// tiles are the numbers at the top. A click on one shows its jobs.
func tiles(counts map[group]int, q query) []tile {
	var all []tile
	for _, g := range groups() {
		t := tile{Label: g.label, Count: counts[g.name], Link: q.link(1, string(g.name)), Chosen: q.Show == string(g.name)}
		if t.Chosen {
			t.Link = q.link(1, "")
		}
		if t.Count > 0 {
			t.Class = g.class
		}
		all = append(all, t)
	}
	return all
}

type accountRow struct {
	Name, State, Class, Since, Detail, Refreshed string
	Jobs                                         int
	Warnings                                     []string
}

func newAccountRow(s collector.Snapshot, now time.Time) accountRow {
	row := accountRow{Name: s.Account, Jobs: len(s.Jobs), State: "Not asked yet", Refreshed: "never"}
	switch {
	case s.Access.Up:
		row.State, row.Class = "API reached, credentials accepted", "good"
	case s.Access.Known:
		row.State, row.Class, row.Detail = sentence(inWords(s.Access.Reason)), "bad", s.Access.Detail
	}
	if s.Access.Known {
		row.Since = humanize.Duration(humanize.Until(now, s.Access.Since))
	}
	if !s.RefreshEnded.IsZero() {
		row.Refreshed = humanize.Relative(s.RefreshEnded, now) + ", took " + humanize.Duration(s.RefreshDuration.Seconds())
	}
	if s.DateOffsetSuspect {
		row.Warnings = append(row.Warnings, "Dates contradict the timezone; times until due are wrong. The log proposes a zone.")
	}
	if s.Truncated {
		row.Warnings = append(row.Warnings, "There are more jobs than max_jobs; the oldest are not watched.")
	}
	return row
}

// sentence begins with a capital letter.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
