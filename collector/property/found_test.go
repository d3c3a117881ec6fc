package property_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

// What plans drawn at random have found, each in the fewest steps that show it.

// open adds open jobs and returns their IDs.
func open(e *testenv.Env, n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, jobID(i))
		e.API.AddJob(simulator.Job{
			ID: jobID(i), Username: simulator.DemoUsername, Created: time.Now(), Turnaround: time.Hour,
			Life: []simulator.Stage{{Status: "Pending"}},
		})
	}
	return ids
}

// lastSuccess is the series that says when the values shown for a job of account a were fetched.
func lastSuccess(id string, at time.Time) string {
	return fmt.Sprintf(`cielo24_job_last_success_timestamp_seconds{account="a",job_id="%s"} %v`, id, float64(at.UnixMicro())/1e6)
}

func TestFound_ListedJobsAreDatedByTheirOwnList(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := open(e, 1)
		e.API.SetFault("", simulator.Fault{Endpoint: "job_list", JobStatus: "Reviewing", Latency: 7 * time.Second})
		e.Load(testenv.Account("a", "discovery: {statuses: [Pending, Reviewing]}"))
		start := time.Now()
		e.Want(e.Scrape(0), lastSuccess(ids[0], start))
	})
}

func TestFound_AScrapeShowsEveryAccountAsItIsWhenItIsAnswered(t *testing.T) {
	slow := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.RawQuery, jobID(1)) {
				sleep(5 * time.Second)
			}
			next.ServeHTTP(w, r)
		})
	}
	testenv.Run(t, testenv.Options{Wrap: slow}, func(e *testenv.Env) {
		ids := open(e, 2)
		e.Load(testenv.Account("a", "jobs: ["+ids[0]+"]"), testenv.Account("b", "jobs: ["+ids[1]+"]"))
		first := make(chan string)
		go func() { first <- e.Scrape(0) }()
		e.Wait(3 * time.Second)
		again := time.Now()
		e.Scrape(time.Second) // does not wait for b, and has a fetched again
		e.Want(<-first, lastSuccess(ids[0], again))
	})
}

func TestFound_ALoginThatIsAskedToWaitTakesTheAccountDown(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := open(e, 1)
		e.API.SetFault("", simulator.Fault{Endpoint: "login", Status: 429, Header: http.Header{"Retry-After": {"60"}}})
		e.Load(testenv.Account("a", "login: {username: u, securekey: k}", "jobs: ["+ids[0]+"]"))
		e.Want(e.Scrape(0), `cielo24_up{account="a"} 0`, `cielo24_account_error{account="a",reason="rate_limited"} 1`)
	})
}

func TestFound_ACallThatIsAskedToWaitIsNoSuccess(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := open(e, 3)
		e.API.SetFault("", simulator.Fault{
			Status: 503, Header: http.Header{"Retry-After": {"60"}}, Body: `{"ErrorType":"ITEM_NOT_FOUND"}`,
		})
		e.Load(testenv.Account("a", "concurrency: 1", "jobs: ["+strings.Join(ids, ", ")+"]"))
		e.Scrape(0)
		if got := e.API.Calls("job_info"); got != 2 {
			t.Errorf("got %d calls, want two: the second that is asked to wait bears the first out", got)
		}
	})
}
