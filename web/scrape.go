package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// timeoutHeader is how Prometheus says how long it will wait for a scrape, in seconds.
const timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"

// defaultTimeout is Prometheus' default for scrape_timeout, and holds for clients that name none.
const defaultTimeout = 10 * time.Second

// maxTimeout is the longest that anybody waits for a scrape.
const maxTimeout = 10 * time.Minute

// scraper answers scrapes.
type scraper struct {
	opts    Options
	scraped *moment // when it last was
}

// newScrapeHandler returns the handler of the telemetry path, with the limit on concurrent scrapes around it.
func newScrapeHandler(opts Options, scraped *moment) http.Handler {
	return promhttp.InstrumentMetricHandler(opts.Registry, limit(opts.MaxRequests, &scraper{opts, scraped}))
}

// ServeHTTP waits for the snapshots and writes what they say behind the exporter's own metrics. It does not go through
// promhttp's handler, which wants metric families: making and writing those took longer than asking the API.
func (s *scraper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.scraped.note(s.opts.Now())
	patience, ready := allot(w, r, s.opts.TimeoutOffset)
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	snapshots := s.opts.Collector.Scrape(ctx)
	ready()
	own, err := s.opts.Registry.Gather()
	if err != nil {
		level.Error(s.opts.Logger).Log("msg", "the exporter's own metrics are incomplete", "err", err)
	}
	e := newExposition(w, r)
	for _, family := range own {
		e.write(family)
	}
	e.writeSnapshots(snapshots, s.opts.Now())
	if err := e.close(); err != nil {
		level.Debug(s.opts.Logger).Log("msg", "a scrape was not received to its end", "err", err)
	}
}

// allot returns how long a request may wait for what it asks for, and what to call when the answer is ready: from then on
// the client has only so long to take it.
func allot(w http.ResponseWriter, r *http.Request, offset time.Duration) (patience time.Duration, ready func()) {
	until := func(d time.Duration) {
		// Best effort: a ResponseWriter without a connection, as in a test, has no deadline.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d))
	}
	patience = patienceOf(r, offset)
	until(patience + writeTime)
	return patience, func() { until(writeTime) }
}

// patienceOf is how long a scrape may wait for its refresh: what the client says it will wait, less the offset. When the
// offset would leave nothing, half of the client's time remains.
func patienceOf(r *http.Request, offset time.Duration) time.Duration {
	timeout := defaultTimeout
	seconds, err := strconv.ParseFloat(r.Header.Get(timeoutHeader), 64)
	if err == nil && seconds > 0 {
		timeout = time.Duration(min(seconds, maxTimeout.Seconds()) * float64(time.Second))
	}
	if timeout <= 2*offset {
		return timeout / 2
	}
	return timeout - offset
}

// limit answers with 503 beyond n requests at a time; 0 is no limit.
func limit(n int, next http.Handler) http.Handler {
	if n == 0 {
		return next
	}
	places := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			next.ServeHTTP(w, r)
		default:
			http.Error(w, "Limit of concurrent scrapes reached ("+strconv.Itoa(n)+"), try again later.",
				http.StatusServiceUnavailable)
		}
	})
}
