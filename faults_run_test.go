package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/simulator"
)

// maxMemory bounds what the exporter, the simulated API and the tests take together, in bytes.
const maxMemory = 256 << 20

// suite is one exporter that watches healthy jobs and a victim.
type suite struct {
	t       *testing.T
	api     *simulator.Simulator
	url     string
	healthy []string
	victim  string
	seen    strings.Builder // every page that was read

	exporter *running
}

func newSuite(t *testing.T, settings ...string) *suite {
	t.Helper()
	s := &suite{t: t, api: simulator.New(simulator.Options{Location: time.UTC})}
	s.api.AddUser(simulator.User{Username: simulator.DemoUsername})
	s.api.AddToken(simulator.DemoToken, simulator.DemoUsername)
	for i, job := range simulator.Fleet(6, time.Now()) {
		job.Username = simulator.DemoUsername
		s.api.AddJob(job)
		if s.victim = job.ID; i < 5 {
			s.healthy = append(s.healthy, job.ID)
		}
	}
	server := httptest.NewServer(s.api)
	s.exporter, _ = serveWith(t, configuration(server.URL, append([]string{s.victim}, s.healthy...),
		append(settings, "api_token: "+simulator.DemoToken, "timeout: 3s", "concurrency: 4")...))
	s.url = s.exporter.address()
	t.Cleanup(func() {
		s.exporter.stop()
		s.api.Close()
		server.Close()
	})
	return s
}

// scrape reads the metrics and checks that the scrape's deadline was kept.
func (s *suite) scrape() string {
	s.t.Helper()
	began := time.Now()
	status, text := get(s.t, http.MethodGet, s.url+"/metrics", "X-Prometheus-Scrape-Timeout-Seconds", "15")
	if took := time.Since(began); status != http.StatusOK || took >= 15*time.Second {
		s.t.Errorf("status %d after %s", status, took)
	}
	s.seen.WriteString(text)
	return text
}

// value returns the value of a series, 0 without one.
func value(text, series string) float64 {
	match := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(text)
	if match == nil {
		return 0
	}
	v, _ := strconv.ParseFloat(match[1], 64)
	return v
}

// counter is the series that counts calls that failed so: every answer with status 400 or an ErrorType is an error, and
// everything else a failure.
func (c faultCase) counter() string {
	reason := c.reason
	if c.fault.Status == http.StatusBadRequest && reason == cielo24.ReasonHTTP4xx {
		reason = cielo24.ErrorTypeOther
	}
	if reason == cielo24.ErrorTypeOther || slices.Contains(cielo24.ErrorTypes(), reason) {
		return fmt.Sprintf("cielo24_api_errors_total{account=%q,endpoint=%q,error_type=%q}", "a", "job_info", reason)
	}
	return fmt.Sprintf("cielo24_api_failures_total{account=%q,endpoint=%q,reason=%q}", "a", "job_info", reason)
}

// memory is what the process has taken from the system, in bytes.
func memory() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}

// measureMemory has the collector keep garbage within bounds from now on, so that what is measured is what is in use. What
// is in use beyond maxMemory still shows.
func measureMemory(t *testing.T) {
	t.Helper()
	before := debug.SetMemoryLimit(maxMemory / 4 * 3)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	debug.FreeOSMemory() // what other tests have left
}

// remember remembers how much memory is taken now, if it is the most.
func remember(most *atomic.Uint64) {
	for now, was := memory(), most.Load(); now > was && !most.CompareAndSwap(was, now); was = most.Load() {
		continue
	}
}

// TestEveryFaultCostsAtMostItsOwnJob is the fault suite: an exporter for each kind of fault, and all of them at once.
func TestEveryFaultCostsAtMostItsOwnJob(t *testing.T) {
	measureMemory(t)
	var (
		most  atomic.Uint64
		total int
	)
	t.Run("kinds", func(t *testing.T) {
		for kind, cases := range faultKinds() {
			total += len(cases)
			t.Run(kind, func(t *testing.T) {
				t.Parallel()
				newSuite(t).run(cases, &most)
			})
		}
	})
	t.Logf("%d faults, at most %d MiB", total, most.Load()>>20)
	if total < 100 {
		t.Errorf("only %d faults", total)
	}
	if most.Load() > maxMemory {
		t.Errorf("%d MiB of memory", most.Load()>>20)
	}
}

// run does one thing after the other to the victim, and lets it recover each time.
func (s *suite) run(cases []faultCase, most *atomic.Uint64) {
	all := s.t
	before := s.scrape()
	for _, c := range cases {
		all.Run(c.name, func(t *testing.T) {
			s.t = t
			s.api.SetFault(s.victim, c.fault)
			s.check(s.scrape(), before, c)
			remember(most)
			s.api.ClearFaults()
			before = s.scrape()
			wantLines(t, before, fmt.Sprintf("cielo24_job_up{account=%q,job_id=%q} 1", "a", s.victim))
		})
	}
	s.t = all
	_, page := get(all, http.MethodGet, s.url+"/")
	s.seen.WriteString(page)
	s.exporter.stop()
	for where, text := range map[string]string{"pages": s.seen.String(), "logs": s.exporter.stderr.String()} {
		for _, never := range []string{simulator.DemoToken, "goroutine "} {
			if strings.Contains(text, never) {
				all.Errorf("%q is in the %s", never, where)
			}
		}
	}
}

// TestEveryFaultOfTheJobListCostsNoJob does to the lists what the fault suite does to a job. Jobs that are configured do
// not notice, and those that were discovered keep their values.
func TestEveryFaultOfTheJobListCostsNoJob(t *testing.T) {
	measureMemory(t)
	huge := strings.Repeat("x", 8<<20)
	kinds := map[string][]faultCase{
		"bodies": bodyFaults(), "encodings": encodingFaults(), "statuses": statusFaults(), "wire": wireFaults(),
		"lists": {
			{"one huge job", simulator.Fault{Status: 200, Body: `{"ActiveJobs":[{"JobName":"` + huge + `"}]}`}, "too_large"},
			{"something else that is huge", simulator.Fault{Status: 200, Body: `{"Username":"` + huge + `","ActiveJobs":[]}`}, "too_large"},
			{"null for the list", simulator.Fault{Status: 200, Body: `{"ActiveJobs":null}`}, "invalid_body"},
			{"jobs that are none", simulator.Fault{Status: 200, Body: `{"ActiveJobs":[1,"a",null,{},[]]}`}, "invalid_body"},
			{"nested without end", simulator.Fault{Status: 200, Body: `{"ActiveJobs":` + strings.Repeat("[", 1<<20)}, "invalid_body"},
		},
	}
	var most atomic.Uint64
	for kind, cases := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newSuite(t, "discovery: {statuses: [Pending], username: '*', created_within: 3650d}")
			s.api.AddJob(simulator.Job{ID: "f00d", Username: simulator.DemoUsername, Created: time.Now(), Life: []simulator.Stage{{Status: "Pending"}}})
			wantLines(t, s.scrape(), `cielo24_job_up{account="a",job_id="f00d"} 1`)
			for _, c := range cases {
				c.fault.Endpoint = "job_list"
				s.api.SetFault("", c.fault)
				text := s.scrape()
				for _, id := range append(s.healthy, s.victim) {
					if value(text, fmt.Sprintf("cielo24_job_up{account=%q,job_id=%q}", "a", id)) != 1 {
						t.Errorf("%s: %s is not up", c.name, id)
					}
				}
				if c.reason != "" && !strings.Contains(text, `cielo24_job_media_length_seconds`) {
					t.Errorf("%s: values are gone", c.name)
				}
				remember(&most)
				s.api.ClearFaults()
			}
			wantLines(t, s.scrape(), `cielo24_job_up{account="a",job_id="f00d"} 1`)
		})
	}
	t.Cleanup(func() {
		if most.Load() > maxMemory {
			t.Errorf("%d MiB of memory", most.Load()>>20)
		}
	})
}

// check compares a scrape with what the fault should have done.
func (s *suite) check(text, before string, c faultCase) {
	s.t.Helper()
	for _, id := range s.healthy {
		wantLines(s.t, text, fmt.Sprintf("cielo24_job_up{account=%q,job_id=%q} 1", "a", id))
	}
	wantLines(s.t, text, `cielo24_up{account="a"} 1`)
	for _, bad := range []string{" NaN\n", "Inf\n"} {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "cielo24_job") && strings.HasSuffix(line, bad) {
				s.t.Errorf("a number that is none: %s", line)
			}
		}
	}
	if c.reason == "" {
		wantLines(s.t, text, fmt.Sprintf("cielo24_job_up{account=%q,job_id=%q} 1", "a", s.victim))
		return
	}
	wantLines(s.t, text, fmt.Sprintf("cielo24_job_up{account=%q,job_id=%q} 0", "a", s.victim),
		fmt.Sprintf("cielo24_job_error{account=%q,job_id=%q,reason=%q} 1", "a", s.victim, c.reason))
	if got, was := value(text, c.counter()), value(before, c.counter()); got <= was {
		s.t.Errorf("%s: got %v after %v, want it to be counted", c.counter(), got, was)
	}
}

// TestAnAPIThatIsGoneDoesNotLookLikeABadJob has one account for each way in which an API can be away.
func TestAnAPIThatIsGoneDoesNotLookLikeABadJob(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>parked domain")) })
	plain, encrypted := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	closed := httptest.NewServer(handler)
	redirecting := httptest.NewServer(http.RedirectHandler("https://example.com/", http.StatusMovedPermanently))
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	closed.Close()
	var text strings.Builder
	text.WriteString("accounts:\n")
	want := map[string]string{}
	account := func(name, url, reason string, more ...string) {
		one := configuration(url, []string{"aa", "bb"}, append(more, "api_token: x", "timeout: 3s")...)
		text.WriteString(strings.Replace(strings.TrimPrefix(one, "accounts:\n"), "name: a", "name: "+name, 1))
		want[name] = reason
	}
	account("html", plain.URL, "invalid_body")
	account("untrusted", encrypted.URL, "tls")
	account("wrong-name", strings.Replace(encrypted.URL, "127.0.0.1", "localhost", 1), "tls")
	account("plain-where-tls", strings.Replace(plain.URL, "http:", "https:", 1), "tls")
	account("tls-where-plain", strings.Replace(encrypted.URL, "https:", "http:", 1), "http_4xx")
	account("refused", closed.URL, "connection")
	account("redirect", redirecting.URL, "redirect")
	account("silent", hanging.URL, "timeout")
	account("proxy-away", plain.URL, "connection", "http_client: {proxy_url: "+closed.URL+"}")
	exporter, _ := serveWith(t, text.String())
	_, got := get(t, http.MethodGet, exporter.address()+"/metrics", "X-Prometheus-Scrape-Timeout-Seconds", "15")
	for name, reason := range want {
		wantLines(t, got, fmt.Sprintf("cielo24_up{account=%q} 0", name),
			fmt.Sprintf("cielo24_account_error{account=%q,reason=%q} 1", name, reason))
	}
	exporter.stop()
	for _, server := range []*httptest.Server{plain, encrypted, redirecting, hanging} {
		server.Close()
	}
}
