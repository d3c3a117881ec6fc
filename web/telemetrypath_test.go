package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"cielo24_exporter/collector"
	"cielo24_exporter/web"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"
)

// FuzzCheckTelemetryPath: a path that passes can be served, beside all other pages.
func FuzzCheckTelemetryPath(f *testing.F) {
	for _, path := range []string{
		"/metrics", "/", "/m/é", "/%2d/ready", "/-/%72eady", "/a%zz", "/*", "/...", "/$", "/\n", "/debug", "/debug/pprof%2f", "/probe\x00", "/a b",
	} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if web.CheckTelemetryPath(path) != nil {
			return
		}
		c := collector.New(collector.Options{})
		defer c.Close()
		handler := web.NewHandler(web.Options{
			TelemetryPath: path, Collector: c, Registry: prometheus.NewRegistry(), Pprof: true, Reload: func() error { return nil },
			Now: time.Now, Logger: log.NewNopLogger(),
		})
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}, Header: http.Header{}})
		if w.Code != http.StatusOK {
			t.Errorf("%q: got status %d, want 200", path, w.Code)
		}
	})
}
