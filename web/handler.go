package web

import (
	"fmt"
	"net/http"
	"net/http/pprof"
	"path"
	"strings"
	"time"
	"unicode"

	"cielo24_exporter/collector"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
)

// Options is what the HTTP face needs.
type Options struct {
	TelemetryPath string // must satisfy CheckTelemetryPath
	Collector     *collector.Collector
	Registry      *prometheus.Registry // metrics of the exporter itself
	TimeoutOffset time.Duration        // how long before Prometheus' own deadline a scrape is answered
	MaxRequests   int                  // scrapes at a time; more are answered with 503; 0: no limit
	Reload        func() error         // nil: reloading over HTTP is not offered
	Pprof         bool                 // whether profiles are offered
	Version       string
	Now           func() time.Time
	Logger        log.Logger
}

// ownPaths are taken by other pages than the metrics.
func ownPaths() []string {
	return []string{"/probe", "/sd", "/-/healthy", "/-/ready", "/-/reload", "/debug/pprof"}
}

// CheckTelemetryPath returns an error that says why p can't be the path of the metrics, or nil.
func CheckTelemetryPath(p string) error {
	switch {
	case !strings.HasPrefix(p, "/"):
		return fmt.Errorf("%q does not begin with a slash", p)
	case strings.ContainsAny(p, "{}?#%") || strings.ContainsFunc(p, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }):
		return fmt.Errorf("%q contains a space, a control character or one of {}?#%%", p)
	case path.Clean(p) != p:
		return fmt.Errorf("%q is not clean; write %q", p, path.Clean(p))
	}
	for _, own := range ownPaths() {
		if p == own || strings.HasPrefix(p, own+"/") {
			return fmt.Errorf("%q is taken by another page", p)
		}
	}
	return nil
}

// NewHandler returns all routes. What is not among them is answered with 404, another method with 405.
func NewHandler(opts Options) http.Handler {
	mux := http.NewServeMux()
	scraped := &moment{}
	mux.Handle("GET "+exact(opts.TelemetryPath), newScrapeHandler(opts, scraped))
	if opts.TelemetryPath != "/" {
		mux.Handle("GET /{$}", newStatusPage(opts, scraped))
	}
	mux.Handle("GET /probe", limit(opts.MaxRequests, &prober{opts}))
	mux.Handle("GET /sd", limit(opts.MaxRequests, &discovery{opts}))
	mux.Handle("GET /-/healthy", plain("cielo24_exporter is healthy."))
	mux.Handle("GET /-/ready", plain("cielo24_exporter is ready."))
	if opts.Reload != nil {
		mux.Handle("POST /-/reload", reload(opts.Reload))
		mux.Handle("PUT /-/reload", reload(opts.Reload))
	}
	if opts.Pprof {
		mux.Handle("GET /debug/pprof", redirect("pprof/"))
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return harden(mux)
}

// exact is the pattern that matches p and nothing below it.
func exact(p string) string {
	if strings.HasSuffix(p, "/") {
		return p + "{$}"
	}
	return p
}

// harden sets the headers that keep a browser from doing anything with an answer but showing it.
func harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}

// redirect leads to a path relative to the present one. Both ServeMux and http.Redirect would make it absolute, and so
// lead out of the prefix below which a proxy may have put the exporter.
func redirect(to string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusMovedPermanently)
	})
}

// plain answers with one line.
func plain(line string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintln(w, line)
	})
}

// reload loads the configuration again and answers with what is wrong with it, a line each.
func reload(do func() error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := do(); err != nil {
			http.Error(w, "Config reload failed, keeping the previous one:\n"+err.Error(), http.StatusInternalServerError)
			return
		}
		plain("Configuration reloaded.").ServeHTTP(w, nil)
	})
}
