package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"regexp"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/collector"

	"github.com/go-kit/log/level"
)

//go:embed status.html
var statusHTML string

// maxRows bounds the table; the page says so when there are more jobs.
const maxRows = 1000

// statusPage shows what is known. It never calls the API.
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
			"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
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
	Accounts      []accountRow
	Jobs          []jobRow
	Total, Left   int
}

type accountRow struct {
	Name, State, Class, Refreshed string
	Jobs                          int
}

type jobRow struct {
	Account, ID, Name, Status, Class, Due, Languages, Length, Problem string
}

func (p *statusPage) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	var b bytes.Buffer
	if err := p.template.Execute(&b, p.page()); err != nil {
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

// page reads the snapshots into rows.
func (p *statusPage) page() page {
	now := p.opts.Now()
	result := page{
		Version: p.opts.Version, TelemetryPath: p.opts.TelemetryPath,
		Now: now.UTC().Format("2006-01-02 15:04:05 MST"),
	}
	for _, s := range p.opts.Collector.Peek() {
		result.Accounts = append(result.Accounts, newAccountRow(s, now))
		result.Total += len(s.Jobs)
		for _, job := range s.Jobs {
			if len(result.Jobs) < maxRows {
				result.Jobs = append(result.Jobs, newJobRow(job, s.StaleAfter, now))
			}
		}
	}
	result.Left = result.Total - len(result.Jobs)
	return result
}

func newAccountRow(s collector.Snapshot, now time.Time) accountRow {
	row := accountRow{Name: s.Account, Jobs: len(s.Jobs), State: "not asked yet", Refreshed: "never"}
	switch {
	case s.Access.Up:
		row.State, row.Class = "API reached, credentials accepted", "good"
	case s.Access.Known:
		row.State, row.Class = s.Access.Detail, "bad"
	}
	if !s.RefreshEnded.IsZero() {
		row.Refreshed = Roughly(now.Sub(s.RefreshEnded)) + " ago, took " +
			s.RefreshDuration.Round(time.Millisecond).String()
	}
	return row
}

func newJobRow(state *collector.JobState, staleAfter time.Duration, now time.Time) jobRow {
	row := jobRow{Account: state.Account, ID: state.ID, Status: "not asked yet"}
	if state.Err != nil {
		row.Status, row.Class, row.Problem = "no answer", "bad", state.Err.Error()
	}
	job := state.Shown(now, staleAfter)
	if job == nil {
		return row
	}
	row.Name, row.Status = job.Name, job.Status
	if job.Status == cielo24.StatusUnknown {
		row.Status = "unknown (" + job.RawStatus + ")"
	}
	row.Languages = job.SourceLanguage
	if job.TargetLanguage != job.SourceLanguage {
		row.Languages += " → " + job.TargetLanguage
	}
	if job.MediaLengthSeconds != nil {
		row.Length = Roughly(time.Duration(*job.MediaLengthSeconds * float64(time.Second)))
	}
	row.Due, row.Class = due(job, now)
	if state.Err != nil {
		row.Class = "bad"
	}
	return row
}

// due says in words how long the job has, and whether that is good.
func due(job *cielo24.Job, now time.Time) (words, class string) {
	done := job.Status == cielo24.StatusComplete
	left := job.Due.Sub(now)
	switch {
	case job.Status == cielo24.StatusMediaFailure:
		class = "bad"
	case done:
		class = "good"
	}
	switch {
	case job.Due.IsZero():
		return "", class
	case done:
		return job.Due.Format("2006-01-02"), class
	case left < 0:
		return Roughly(-left) + " overdue", "bad"
	}
	return "in " + Roughly(left), class
}
