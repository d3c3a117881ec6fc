package web

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cielo24_exporter/collector"

	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
)

// timeoutHeader is how Prometheus says how long it will wait for a scrape, in seconds.
const timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"

// defaultTimeout is Prometheus' default for scrape_timeout, and holds for clients that name none.
const defaultTimeout = 10 * time.Second

// scraper answers scrapes.
type scraper struct{ opts Options }

// newScrapeHandler returns the handler of the telemetry path, with the limit on concurrent scrapes around it.
func newScrapeHandler(opts Options) http.Handler {
	var handler http.Handler = &scraper{opts}
	if opts.MaxRequests > 0 {
		handler = limit(opts.MaxRequests, handler)
	}
	return promhttp.InstrumentMetricHandler(opts.Registry, handler)
}

// ServeHTTP takes the snapshots first, because they need the request's context, and gathers from them afterwards.
func (s *scraper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	patience := patience(r, s.opts.TimeoutOffset)
	// Best effort: a ResponseWriter without a connection, as in a test, has no deadline.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience + writeTime))
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	snapshots := s.opts.Collector.Scrape(ctx)
	promhttp.HandlerFor(s.gatherer(snapshots), promhttp.HandlerOpts{
		ErrorLog:          logAdapter{level.Error(s.opts.Logger)},
		ErrorHandling:     promhttp.ContinueOnError,
		Registry:          s.opts.Registry,
		EnableOpenMetrics: true,
	}).ServeHTTP(w, r)
}

// gatherer joins the metrics of the jobs with those of the exporter itself. No family is in both.
func (s *scraper) gatherer(snapshots []collector.Snapshot) prometheus.Gatherer {
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		families, err := s.opts.Registry.Gather()
		families = append(families, collector.Gather(snapshots, s.opts.Now())...)
		slices.SortFunc(families, func(a, b *dto.MetricFamily) int {
			return strings.Compare(a.GetName(), b.GetName())
		})
		return families, err
	})
}

// patience is how long a scrape may wait for its refresh: what the client says it will wait, less the offset. When the
// offset would leave nothing, half of the client's time remains.
func patience(r *http.Request, offset time.Duration) time.Duration {
	timeout := defaultTimeout
	seconds, err := strconv.ParseFloat(r.Header.Get(timeoutHeader), 64)
	if err == nil && seconds > 0 && seconds < math.MaxInt32 {
		timeout = time.Duration(seconds * float64(time.Second))
	}
	if timeout <= 2*offset {
		return timeout / 2
	}
	return timeout - offset
}

// limit answers with 503 beyond n requests at a time.
func limit(n int, next http.Handler) http.Handler {
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
