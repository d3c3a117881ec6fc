package property_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// request makes a request of a client, which the next steps wait for or not.
func (h *harness) request(s step) {
	x := h.exporter
	if s.beside {
		h.requests.Go(func() { h.send(x, s) })
		return
	}
	h.send(x, s)
}

// response is what a client got.
type response struct {
	*httptest.ResponseRecorder
	sent time.Time
	at   time.Time
}

// send makes a request and checks what came.
func (h *harness) send(x *exporter, s step) {
	account := accountName(s.account)
	switch s.do {
	case "scrape":
		r := h.get(x, s, "/metrics")
		h.checkScrape(x, r)
	case "compare formats":
		h.compareFormats(x, s)
	case "service discovery":
		r := h.get(x, s, "/sd?account="+account)
		h.checkTargets(x, x.accounts[s.account], r)
	case "page":
		if r := h.get(x, s, "/"); r.Code != http.StatusOK || strings.Contains(r.Body.String(), "-secret-") {
			h.fail("page", "got status %d and %d bytes, want 200 and no secret", r.Code, r.Body.Len())
		}
	case "probe":
		h.probe(x, s)
	}
}

// get asks the exporter as a client with the step's patience.
func (h *harness) get(x *exporter, s step, path string, headers ...string) response {
	ctx := context.Background()
	if s.leave > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.leave)
		defer cancel()
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
	r.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", strconv.FormatFloat(s.wait.Seconds(), 'f', -1, 64))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	h.observe(x, true)
	res := response{ResponseRecorder: httptest.NewRecorder(), sent: time.Now()}
	x.env.Handler.ServeHTTP(res, r)
	res.at = time.Now()
	h.observe(x, false)
	patience := s.wait - 500*time.Millisecond
	if s.wait <= time.Second {
		patience = s.wait / 2
	}
	if path == "/" {
		patience = 2 * time.Second
	}
	if s.leave > 0 {
		patience = min(patience, s.leave)
	}
	if took := res.at.Sub(res.sent); took > patience+time.Microsecond {
		h.fail("deadline", "%s took %s, want at most %s", path, took, patience)
	}
	return res
}

// observe notes which refreshes have ended, and whether a request that is about to be sent may begin another.
func (h *harness) observe(x *exporter, sending bool) {
	snapshots := x.env.Collector.Snapshot()
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, s := range snapshots {
		a := x.accounts[i]
		w := window{start: s.RefreshFinished.Add(-s.RefreshDuration), end: s.RefreshFinished}
		if n := len(a.windows); !w.end.IsZero() && (n == 0 || a.windows[n-1] != w) {
			a.windows = append(a.windows, w)
		}
		if sending && !s.Refreshing {
			a.began = time.Now()
		}
	}
}

// probe asks for one job.
func (h *harness) probe(x *exporter, s step) {
	a := x.accounts[s.account]
	h.mu.Lock()
	n := len(a.probes)
	a.probes = append(a.probes, window{job: jobID(s.job), start: time.Now()})
	h.mu.Unlock()
	r := h.get(x, s, "/probe?account="+a.name+"&job_id="+written(s.job))
	h.mu.Lock()
	a.probes[n].end = r.at
	h.mu.Unlock()
	h.checkProbe(a, s, r)
}
