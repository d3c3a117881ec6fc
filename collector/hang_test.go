package collector_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

// fleet adds n jobs in process and returns their IDs.
func fleet(e *testenv.Env, n int) []string {
	var ids []string
	for i := range n {
		id := fmt.Sprintf("%032x", i+1)
		e.API.AddJob(simulator.Job{
			ID: id, Name: fmt.Sprintf("Lecture %d", i+1), Username: simulator.DemoUsername,
			Created: time.Now().Add(-time.Hour), Turnaround: 48 * time.Hour, Life: []simulator.Stage{{Status: "In Process"}},
		})
		ids = append(ids, id)
	}
	return ids
}

// jobsLine is the key of an account that lists jobs.
func jobsLine(ids []string) string { return "jobs: [" + strings.Join(ids, ", ") + "]" }

func TestBreaker_OpensWhenTheAPIIsLostInTheMiddleOfARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := testenv.New(t, testenv.Options{})
		ids := fleet(e, 100)
		e.Load(testenv.Account("a", "concurrency: 2", "timeout: 100ms", "stale_after: 1m", jobsLine(ids)))
		e.Scrape(0)
		for _, id := range ids[1:] {
			e.API.SetFault(id, simulator.Fault{Hang: true})
		}
		before := e.API.Calls("job_info")
		text := e.Scrape(0)
		if calls := e.API.Calls("job_info") - before; calls > 22 {
			t.Errorf("got %d calls of an API that hangs, want 20 failures to end it", calls)
		}
		e.Want(text, `cielo24_up{account="a"} 1`, up(ids[0], 1)) // one answer proves it, until the next refresh has none
		if downs(text) != 99 || count(text, "cielo24_job_info") != 100 {
			t.Errorf("got %d jobs down, %d with values, want 99 and 100", downs(text), count(text, "cielo24_job_info"))
		}
		e.API.SetFault(ids[0], simulator.Fault{Hang: true})
		e.Want(e.Scrape(0), `cielo24_up{account="a"} 0`, `cielo24_account_error{account="a",reason="timeout"} 1`)
		e.Wait(time.Minute)
		if text := e.Scrape(50 * time.Millisecond); count(text, "cielo24_job_info") != 0 {
			t.Errorf("got %d jobs with values after stale_after, want none", count(text, "cielo24_job_info"))
		}
		e.API.ClearFaults()
		e.Wait(10 * time.Second)
		text = e.Scrape(0)
		e.Want(text, `cielo24_up{account="a"} 1`)
		if downs(text) != 0 {
			t.Errorf("got %d jobs down, want none", downs(text))
		}
	})
}

// One in ten hangs for ever, and they are neighbors in the end, since they are fetched last.
func TestHealth_JobsThatHangForEverDoNotBringTheAccountDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := testenv.New(t, testenv.Options{})
		ids := fleet(e, 300)
		e.Load(testenv.Account("a", "concurrency: 8", "timeout: 100ms", jobsLine(ids)))
		for i := range 30 {
			e.API.SetFault(ids[10*i], simulator.Fault{Hang: true})
		}
		for range 3 {
			text := e.Scrape(0)
			e.Want(text, `cielo24_up{account="a"} 1`)
			if downs(text) != 30 {
				t.Fatalf("got %d jobs down, want 30", downs(text))
			}
		}
	})
}

func TestRefresh_FetchesHangingJobsAfterTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := testenv.New(t, testenv.Options{})
		ids := fleet(e, 40)
		e.Load(testenv.Account("a", "concurrency: 2", "timeout: 3s", jobsLine(ids)))
		for _, id := range ids[:10] {
			e.API.SetFault(id, simulator.Fault{Hang: true})
		}
		e.Scrape(20 * time.Second)
		e.Wait(time.Minute)
		text := e.Scrape(2 * time.Second) // less than one of the hanging calls takes
		for _, id := range ids[10:] {
			e.Want(text, up(id, 1))
		}
		if got := e.API.Calls("job_info"); got < 70 {
			t.Errorf("got %d calls, want a second one for each of the 30 healthy jobs", got)
		}
	})
}
