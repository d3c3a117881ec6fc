package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"cielo24_exporter/simulator"
)

func TestManyMayCallAndSteerAtTheSameTime(t *testing.T) {
	w := newWorldWith(t, simulator.Options{Speed: 1000})
	jobs := simulator.Fleet(50, start())
	for _, j := range jobs {
		w.api.AddJob(j)
	}
	w.api.AddToken("de", simulator.DemoUsername)
	get := func(path string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
		w.api.ServeHTTP(httptest.NewRecorder(), r)
	}
	var callers sync.WaitGroup
	for n := range 8 {
		callers.Go(func() {
			for i, j := range jobs {
				switch get("/api/job/info?v=1&api_token=de&job_id=" + j.ID); (i + n) % 10 {
				case 0:
					get("/api/job/list?v=1&api_token=de&JobStatus=Complete")
				case 1:
					get("/api/account/login?v=1&username=" + user + "&securekey=fedcba98")
				case 2:
					w.api.AddJob(j)
				case 3:
					w.api.RemoveJob(jobs[n].ID)
				case 4:
					w.api.SetFault(j.ID, simulator.Fault{Status: 500, Times: 1})
				case 5:
					w.api.ClearFaults()
				case 6:
					w.clock.advance(time.Minute)
				case 7:
					get("/_simulator/")
				case 8:
					get("/_simulator/calls")
				case 9:
					w.api.AddAlias("ab", j.ID)
				}
			}
		})
	}
	callers.Wait()
	if got := w.api.Calls("job_info"); got != 8*len(jobs) {
		t.Errorf("%d calls", got)
	}
}

func newLoaded(b *testing.B, n int) *simulator.Simulator {
	b.Helper()
	api := simulator.New(simulator.Options{Location: time.UTC})
	api.AddToken(token, simulator.DemoUsername)
	for _, j := range simulator.Fleet(n, time.Now()) {
		api.AddJob(j)
	}
	return api
}

func BenchmarkJobInfo(b *testing.B) {
	const n = 10000
	api := newLoaded(b, n)
	requests := make([]*http.Request, n)
	for i := range requests {
		requests[i] = httptest.NewRequestWithContext(b.Context(), http.MethodGet, infoPath(simulator.FleetID(i)), http.NoBody)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, requests[i%n])
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
		i++
	}
}

func BenchmarkJobListOf10000(b *testing.B) {
	api := newLoaded(b, 10000)
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, listPath(""), http.NoBody)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		b.SetBytes(int64(w.Body.Len()))
	}
}
