package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"

	"github.com/go-kit/log/level"
)

//go:embed status.html
var statusHTML string

//go:embed status.css
var statusCSS string

//go:embed status.js
var statusJS string

// statusPage shows what is known, the most urgent first. It calls the API only by a refresh, as a scrape does.
type statusPage struct {
	opts     Options
	template *template.Template
	policy   string
	scraped  *moment // when something last scraped
	begun    moment  // when the page last began a refresh
}

func newStatusPage(opts Options, scraped *moment) http.Handler {
	return &statusPage{
		opts: opts, scraped: scraped,
		template: template.Must(template.New("status").Parse(statusHTML)),
		policy: "default-src 'none'; style-src " + sourceHash(statusCSS) + "; script-src " + sourceHash(statusJS) +
			"; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	}
}

// sourceHash allows the one inline stylesheet or script and no other.
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (p *statusPage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	snapshots := p.known()
	q, err := readQuery(r.URL.Query(), accountNames(snapshots))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	known := refreshes{Scraped: p.scraped.last(), Begun: p.begun.last(), Accounts: refreshStates(snapshots)}
	if began := p.opts.Now(); beginsRefresh(r, known, began) {
		p.begun.note(began)
		snapshots = p.refresh(r.Context())
	}
	now := p.opts.Now()
	accounts, rows := read(snapshots, now)
	var b bytes.Buffer
	if err := p.template.Execute(&b, p.page(accounts, rows, q, now)); err != nil {
		level.Error(p.opts.Logger).Log("msg", "could not render the status page", "err", err)
		http.Error(w, "Could not render the status page.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(b.Bytes())
}
