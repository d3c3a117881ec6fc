package collector_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

// wantPaced fails for every two requests that are closer to each other than the rate allows.
func wantPaced(t testing.TB, arrivals []arrival, perSecond float64) {
	t.Helper()
	least := time.Duration(float64(time.Second)/perSecond) - time.Millisecond
	for i := 1; i < len(arrivals); i++ {
		if apart := arrivals[i].at.Sub(arrivals[i-1].at); apart < least {
			t.Errorf("%s and %s: got %v between them, want %v at least", arrivals[i-1].endpoint, arrivals[i].endpoint, apart, least)
		}
	}
}

// endpoints counts requests by endpoint.
func endpoints(arrivals []arrival) map[string]int {
	n := map[string]int{}
	for _, a := range arrivals {
		n[a.endpoint]++
	}
	return n
}

func TestGate_PacesInfoListLoginRepeatsAndProbes(t *testing.T) {
	for _, perSecond := range []float64{0.5, 1, 3, 10} {
		for _, latency := range []time.Duration{0, 100 * time.Millisecond, 5 * time.Second} {
			t.Run(fmt.Sprint(perSecond, " a second, calls of ", latency), func(t *testing.T) {
				w := &wire{}
				testenv.Run(t, testenv.Options{Wrap: w.wrap}, func(e *testenv.Env) {
					ids := fleet(e, 12)
					e.API.SetFault("", simulator.Fault{Latency: latency})
					e.API.SetFault(ids[3], simulator.Fault{Latency: latency, Status: 500})
					e.API.SetFault(ids[4], simulator.Fault{Latency: latency, Break: simulator.BreakClose})
					list(e, "Pending", simulator.Fault{Latency: latency, Status: 503})
					put(e, "beef", "In Process", "")
					e.Load(testenv.Account("a", fmt.Sprintf("requests_per_second: %v", perSecond), loginLine(), jobsLine(ids),
						"discovery: {statuses: [Pending, Reviewing]}"))
					for range 3 {
						var all sync.WaitGroup
						all.Go(func() { e.Scrape(5 * time.Minute) })
						for range 3 {
							all.Go(func() { e.Get("/probe?account=a&job_id=beef", time.Minute) })
						}
						all.Wait()
						e.API.ExpireTokens()
					}
					arrivals := w.take()
					wantPaced(t, arrivals, perSecond)
					got := endpoints(arrivals)
					if got["info"] < 3*12 || got["list"] < 3*4 || got["login"] != 3 {
						t.Errorf("got %v, want every job, the repeats of a list, and a login each time", got)
					}
				})
			})
		}
	}
}

func TestGate_ProbeThatHasTimeWaitsForItsRoom(t *testing.T) {
	for _, refreshing := range []bool{false, true} {
		t.Run(fmt.Sprint("refresh under way: ", refreshing), func(t *testing.T) {
			w := &wire{}
			testenv.Run(t, testenv.Options{Wrap: w.wrap}, func(e *testenv.Env) {
				ids := fleet(e, 60)
				put(e, "beef", "In Process", "")
				e.Load(testenv.Account("a", "requests_per_second: 1", jobsLine(ids)))
				if refreshing {
					e.Scrape(time.Second)
				}
				e.Want(e.Get("/probe?account=a&job_id=beef", 10*time.Second).Body.String(), "probe_success 1")
				e.Want(e.Get("/probe?account=a&job_id=beef", 10*time.Second).Body.String(), "probe_success 1")
				wantPaced(t, w.take(), 1)
			})
		})
	}
}

func TestGate_ProbeWithoutTimeSaysSo(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 60)
		put(e, "beef", "In Process", "")
		e.Load(testenv.Account("a", "requests_per_second: 0.1", jobsLine(ids)))
		e.Scrape(time.Second)
		began := time.Now()
		text := e.Get("/probe?account=a&job_id=beef", 5*time.Second).Body.String()
		e.Want(text, "probe_success 0", `cielo24_job_error{account="a",job_id="beef",reason="timeout"} 1`)
		if took := time.Since(began); took < 4*time.Second {
			t.Errorf("got an answer after %v, want it to wait for as long as it may", took)
		}
	})
}

func TestGate_ProbesGetAQuarterWhileARefreshHasCallsToMake(t *testing.T) {
	for _, concurrency := range []int{1, 2, 4, 16} {
		for _, perSecond := range []float64{0, 20} {
			t.Run(fmt.Sprintf("concurrency %d, %v a second", concurrency, perSecond), func(t *testing.T) {
				w := &wire{}
				testenv.Run(t, testenv.Options{Wrap: w.wrap}, func(e *testenv.Env) {
					ids := fleet(e, 200)
					put(e, "beef", "In Process", "")
					e.API.SetFault("", simulator.Fault{Latency: time.Second})
					e.Load(testenv.Account("a", fmt.Sprintf("concurrency: %d", concurrency), fmt.Sprintf("requests_per_second: %v", perSecond), jobsLine(ids)))
					var all sync.WaitGroup
					var text string
					all.Go(func() { text = e.Scrape(9 * time.Minute) })
					synctest.Wait()
					for range 39 {
						all.Go(func() {
							for range 20 {
								e.Get("/probe?account=a&job_id=beef", 9*time.Minute)
							}
						})
					}
					all.Wait()
					if got := downs(text); got != 0 || count(text, "cielo24_job_up") != 200 {
						t.Errorf("got %d of %d jobs down, want none of 200", got, count(text, "cielo24_job_up"))
					}
					wantShare(t, w.take(), 200, concurrency)
					if _, got := w.mostAtATime(); got > concurrency {
						t.Errorf("got %d calls at a time, want %d", got, concurrency)
					}
				})
			})
		}
	}
}

// wantShare fails unless, until the last of the jobs is fetched, a quarter of the requests are probes', at any time. Those
// that set out together, as many as concurrency allows, arrive in any order.
func wantShare(t testing.TB, arrivals []arrival, jobs, concurrency int) {
	t.Helper()
	probes, fetched := 0, 0
	for _, a := range arrivals {
		if fetched == jobs {
			break
		}
		if probed(a.jobID) {
			probes++
		} else {
			fetched++
		}
		if quarter := (probes + fetched) / 4; probes > quarter+concurrency || probes < quarter-concurrency {
			t.Fatalf("of %d requests: got %d probes, want a quarter", probes+fetched, probes)
		}
	}
	if share := float64(probes) / float64(probes+fetched); share < 0.2 || share > 0.27 {
		t.Errorf("got %d probes beside %d jobs, want a quarter of the calls", probes, fetched)
	}
}

func TestGate_ProbesAtATimeAreAQuarterOfTheSlots(t *testing.T) {
	for concurrency, want := range map[int]int{1: 1, 4: 1, 8: 2, 16: 4} {
		t.Run(fmt.Sprint(concurrency), func(t *testing.T) {
			w := &wire{}
			testenv.Run(t, testenv.Options{Wrap: w.wrap}, func(e *testenv.Env) {
				ids := fleet(e, 40*concurrency)
				e.API.SetFault("beef", simulator.Fault{Latency: 5 * time.Second, Status: 404}) // far longer than a job takes
				e.API.SetFault("", simulator.Fault{Latency: 100 * time.Millisecond})
				e.Load(testenv.Account("a", fmt.Sprintf("concurrency: %d", concurrency), jobsLine(ids)))
				var all sync.WaitGroup
				all.Go(func() { e.Scrape(9 * time.Minute) })
				synctest.Wait()
				for range 39 {
					all.Go(func() { e.Get("/probe?account=a&job_id=beef", 9*time.Minute) })
				}
				e.Wait(4 * time.Second) // there are still jobs to fetch
				if got, _ := w.mostAtATime(); got != want {
					t.Errorf("beside a refresh: got %d probes at a time, want %d", got, want)
				}
				all.Wait()
				if got, _ := w.mostAtATime(); got != concurrency {
					t.Errorf("without one: got %d probes at a time, want %d", got, concurrency)
				}
			})
		})
	}
}

func TestGate_WatchedJobsKeepTheirShareHoweverManyProbeUnwatchedOnes(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 50)
		e.Load(testenv.Account("a", "requests_per_second: 10", jobsLine(ids)))
		stop := make(chan struct{})
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						e.Get("/probe?account=a&job_id=beef", 10*time.Second)
					}
				}
			})
		}
		for range 3 {
			text := e.Scrape(10 * time.Second) // 50 jobs are 5 s, and 7 s beside probes
			e.Want(text, accountUp)
			if downs(text) != 0 {
				t.Errorf("got %d jobs down, want none", downs(text))
			}
			e.Wait(20 * time.Second)
		}
		close(stop)
		all.Wait()
	})
}
