package collector_test

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cielo24_exporter/collector"
	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

// payload is a job as the API writes it; members are further ones, each with a comma before it.
func payload(id, status, members string) string {
	return fmt.Sprintf(`{"JobId":%q,"JobStatus":%q,"JobName":"Lecture"%s}`, id, status, members)
}

// put puts a job into the API that is served word for word.
func put(e *testenv.Env, id, status, members string) {
	e.API.AddJob(simulator.Job{ID: id, Username: simulator.DemoUsername, Raw: []byte(payload(id, status, members))})
}

// at is a date as the API writes it.
func at(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") }

// list makes the API answer so when it is asked for the jobs in a status.
func list(e *testenv.Env, status string, f simulator.Fault) {
	f.Endpoint, f.JobStatus = "job_list", status
	e.API.SetFault("", f)
}

// lists is the body of a job list.
func lists(elements ...string) string {
	return `{"Username":"u","ActiveJobs":[` + strings.Join(elements, ",") + `]}`
}

// reason is the series of why a job is not up.
func reason(id, why string) string {
	return fmt.Sprintf(`cielo24_job_error{account="a",job_id=%q,reason=%q} 1`, id, why)
}

// status is the series of the status that a job is in.
func status(id, name string) string {
	return fmt.Sprintf(`cielo24_job_status{account="a",job_id=%q,status=%q} 1`, id, name)
}

// discoveryUp is the series of the list of a status.
func discoveryUp(name string, value int) string {
	return fmt.Sprintf(`cielo24_discovery_up{account="a",status=%q} %d`, name, value)
}

// The account's own series.
const (
	accountUp   = `cielo24_up{account="a"} 1`
	accountDown = `cielo24_up{account="a"} 0`
)

// wantNone fails for every piece that is in a text.
func wantNone(t testing.TB, text string, pieces ...string) {
	t.Helper()
	for _, piece := range pieces {
		if strings.Contains(text, piece) {
			t.Errorf("got %s, want none\ngot:\n%s", piece, testenv.Series(text, piece))
		}
	}
}

// wantLogged fails unless a piece was logged so many times.
func wantLogged(t testing.TB, logged, piece string, want int) {
	t.Helper()
	if got := strings.Count(logged, piece); got != want {
		t.Errorf("logged %q: got %d times, want %d; the log:\n%s", piece, got, want, logged)
	}
}

// wire sees every request that reaches the API, and how many are there at a time.
type wire struct {
	mu       sync.Mutex
	arrivals []arrival
	underWay map[bool]int // by whether it is a probe's
	most     map[bool]int // the most of them
	mostAll  int
}

// arrival is a request on the wire.
type arrival struct {
	at       time.Time
	endpoint string
	jobID    string
}

// probed says which jobs only probes ask for.
func probed(jobID string) bool { return strings.HasPrefix(jobID, "beef") }

// wrap is a testenv.Options.Wrap.
func (w *wire) wrap(next http.Handler) http.Handler {
	w.underWay, w.most = map[bool]int{}, map[bool]int{}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		a := arrival{time.Now(), r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:], r.URL.Query().Get("job_id")}
		probe := probed(a.jobID)
		w.mu.Lock()
		w.arrivals = append(w.arrivals, a)
		w.underWay[probe]++
		w.most[probe] = max(w.most[probe], w.underWay[probe])
		w.mostAll = max(w.mostAll, w.underWay[true]+w.underWay[false])
		w.mu.Unlock()
		defer func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.underWay[probe]--
		}()
		next.ServeHTTP(rw, r)
	})
}

// take returns the requests since the last take.
func (w *wire) take() []arrival {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { w.arrivals = nil }()
	return w.arrivals
}

// shardWithout is a shard that does not watch a job.
func shardWithout(id string) collector.Shard {
	watches := func(s collector.Shard) bool { // as it is documented: by the hash of the ID alone
		h := fnv.New64a()
		_, _ = h.Write([]byte(id))
		return h.Sum64()%uint64(s.Total) == uint64(s.Index)
	}
	if s := (collector.Shard{Index: 0, Total: 2}); !watches(s) {
		return s
	}
	return collector.Shard{Index: 1, Total: 2}
}

// mostAtATime returns how many requests there were at a time, of probes and in all.
func (w *wire) mostAtATime() (probes, all int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.most[true], w.mostAll
}
