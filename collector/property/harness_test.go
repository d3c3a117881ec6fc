package property_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/internal/testenv"
)

// recorder is what an exporter of a check fails on. A check that fails must not fail the test, which goes on to shrink the
// plan.
type recorder struct {
	testing.TB
	dir      string
	fail     func(check, format string, args ...any)
	cleanups []func()
}

func (r *recorder) Helper()                           {}
func (r *recorder) TempDir() string                   { return r.dir }
func (r *recorder) Cleanup(f func())                  { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, args ...any) { r.fail("harness", format, args...) }

func (r *recorder) Fatal(args ...any) {
	r.fail("harness", "%s", fmt.Sprint(args...))
	panic(fmt.Sprint(args...))
}

func (r *recorder) Fatalf(format string, args ...any) { r.Fatal(fmt.Sprintf(format, args...)) }

// harness carries out a plan.
type harness struct {
	tb   testing.TB
	dir  string
	api  *api
	plan plan

	requests sync.WaitGroup // under way
	exporter *exporter      // the one that runs

	mu      sync.Mutex // guards what follows, and the accounts of the exporter
	failure string     // the first
	steps   int        // that have begun
}

// exporter is one run of the exporter, from its start to its end.
type exporter struct {
	*recorder
	env      *testenv.Env
	born     time.Time
	accounts []*account
}

// account is what the harness knows of an account in one run.
type account struct {
	name      string
	history   []inForce // settings, latest last
	windows   []window  // complete refreshes
	began     time.Time // when the latest refresh began, or was to begin
	probes    []window  // by probes; end is zero while one is under way
	disturbed time.Time // the last reload that changes what answers mean, or what is asked for
	jobs      map[string]shown
	latest    time.Time // scrape that was looked at last
	targets   map[string]time.Time
	sdKnown   bool
}

// inForce is settings and since when they hold.
type inForce struct {
	settings
	since time.Time
}

// window is from when to when a refresh, or a probe, went on.
type window struct {
	start, end time.Time
	job        string // of a probe
}

func (a *account) now() settings { return a.history[len(a.history)-1].settings }

// run carries out a plan in a bubble, and returns which check failed, or "".
func run(t *testing.T, dir string, p plan) string {
	t.Helper()
	h := &harness{tb: t, dir: dir, plan: p}
	synctest.Test(t, func(*testing.T) {
		sleep(72 * time.Hour) // dates before 2000, when the bubble's clock begins, are "not set"
		h.begin()
		for _, s := range p.steps {
			synctest.Wait()
			if h.failed() != "" {
				break
			}
			h.step(s)
		}
		h.requests.Wait()
		h.stop()
		if h.failed() == "" {
			h.checkCalls()
		}
	})
	return h.failed()
}

func (h *harness) failed() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failure
}

// fail notes the first failure of a check.
func (h *harness) fail(check, format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failLocked(check, format, args...)
}

func (h *harness) failLocked(check, format string, args ...any) {
	if h.failure != "" {
		return
	}
	h.failure = fmt.Sprintf("%s: at %s, in step %d: %s\n\nThe plan, as far as it was carried out:\n%s\nThe latest calls:\n%s", check,
		stamp(time.Now()), h.steps, fmt.Sprintf(format, args...), h.plan.until(h.steps), h.latestCalls())
}

// latestCalls shows the calls that came last.
func (h *harness) latestCalls() string {
	h.api.mu.Lock()
	defer h.api.mu.Unlock()
	var b strings.Builder
	for _, c := range h.api.calls[max(0, len(h.api.calls)-60):] {
		fmt.Fprintln(&b, c)
	}
	return b.String()
}

func sleep(d time.Duration) { <-time.After(d) }

// begin makes the API and starts the first exporter.
func (h *harness) begin() {
	h.api = newAPI()
	for i, status := range h.plan.jobs {
		if status != "" {
			h.api.put(h.jobIn(i, status, i))
		}
	}
	for i := range h.plan.accounts {
		name := accountName(i)
		for n := range 4 {
			h.api.secrets[secret(name, n)] = name
		}
	}
	h.start(h.plan.accounts)
}

// jobIn is a job of the fleet in a status. Its other fields follow from n.
func (h *harness) jobIn(i int, status string, n int) job {
	now := time.Now().Truncate(time.Second)
	j := job{
		id: jobID(i), name: fmt.Sprintf("job %d \"%d\"", i, n), status: status, priority: "STANDARD", media: float64(60 + n),
		created: now.Add(-time.Duration(i+1) * time.Hour), due: now.Add(time.Duration(n) * time.Hour),
	}
	if was, ok := h.api.job(j.id); ok {
		j.created = was.created
	}
	switch {
	case status == "Complete":
		j.completed = now.Add(-time.Minute)
		if n%2 == 0 {
			j.returned = now
		}
	case n%5 == 3:
		j.dueText = "29/08/2014 14:00"
	case n%5 == 4:
		j.due = time.Time{}
	}
	return j
}

// start starts an exporter with these settings.
func (h *harness) start(accounts []settings) {
	x := &exporter{recorder: &recorder{TB: h.tb, dir: h.dir, fail: h.fail}, born: time.Now()}
	x.env = testenv.New(x.recorder, testenv.Options{API: h.api})
	for i, s := range accounts {
		x.accounts = append(x.accounts, &account{
			name: accountName(i), history: []inForce{{s, x.born}}, jobs: map[string]shown{}, targets: map[string]time.Time{},
			disturbed: x.born,
		})
	}
	h.exporter = x
	x.load()
}

// load writes the job files and puts the settings in force.
func (x *exporter) load() {
	var texts []string
	for _, a := range x.accounts {
		s := a.now()
		texts = append(texts, s.yaml(a.name))
		text := "[]\n"
		for i, n := range s.files {
			if i == 0 {
				text = ""
			}
			text += "- '" + written(n) + "'\n"
		}
		if err := os.WriteFile(filepath.Join(x.dir, a.name+"-1.yml"), []byte(text), 0o600); err != nil {
			x.Fatal(err)
		}
	}
	x.env.Load(texts...)
}

// stop ends the exporter.
func (h *harness) stop() {
	for _, f := range slices.Backward(h.exporter.cleanups) {
		f()
	}
	synctest.Wait()
}

// step carries out one step.
func (h *harness) step(s step) {
	h.mu.Lock()
	h.steps++
	h.mu.Unlock()
	switch s.do {
	case "scrape", "compare formats", "service discovery", "page", "probe":
		h.request(s)
	case "let time pass":
		sleep(s.wait + 137*time.Nanosecond)
	case "job changes":
		h.api.put(h.jobIn(s.job, s.to, s.n))
	case "job goes":
		h.api.remove(jobID(s.job))
	case "fault":
		h.api.mu.Lock()
		h.api.faults = append(h.api.faults, &s.fault)
		h.api.mu.Unlock()
	case "faults end":
		h.endFaults()
	case "sessions end":
		h.api.expire(s.n)
	case "key is refused":
		h.api.mu.Lock()
		delete(h.api.secrets, secret(accountName(s.account), s.n))
		h.api.mu.Unlock()
	case "reload":
		h.reload(s)
	case "restart":
		h.restart()
	case "everything is well":
		h.beWell()
	}
}

func (h *harness) endFaults() {
	h.api.mu.Lock()
	defer h.api.mu.Unlock()
	h.api.faults = nil
	for i := range h.plan.accounts {
		for n := range 4 {
			h.api.secrets[secret(accountName(i), n)] = accountName(i)
		}
	}
}

// restart ends the exporter and starts another with the same settings.
func (h *harness) restart() {
	var now []settings
	for _, a := range h.exporter.accounts {
		now = append(now, a.now())
	}
	h.stop()
	h.requests.Wait()
	if h.failed() == "" {
		h.checkCalls()
	}
	sleep(time.Millisecond) // so that calls are either this one's or that one's
	h.start(now)
}

// reload puts other settings in force.
func (h *harness) reload(s step) {
	x := h.exporter
	a := x.accounts[s.account]
	before := x.env.Collector.Snapshot()
	calls := len(h.api.record(a.name))
	h.mu.Lock()
	// A plan that is being shrunk may have lost an earlier reload, so only what this one changes counts.
	same := fmt.Sprint(a.now()) == fmt.Sprint(s.reload)
	a.history = append(a.history, inForce{s.reload, time.Now()})
	if !same {
		a.disturbed = time.Now()
	}
	if s.to == "zone" || s.to == "credentials" || s.to == "discovery" {
		a.targets, a.sdKnown = map[string]time.Time{}, a.sdKnown && s.to != "discovery"
	}
	h.mu.Unlock()
	x.load()
	synctest.Wait()
	if same {
		h.checkNothingChanged(a, before, calls)
	}
}
