package collector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

// created is the member of a job that was created so long ago.
func created(ago time.Duration) string {
	return fmt.Sprintf(`,"CreationDate":%q`, at(time.Now().Add(-ago)))
}

// fetchedAt is the series of when the job's values were fetched, which is now.
func fetchedAt(id string) string {
	return fmt.Sprintf(`cielo24_job_last_success_timestamp_seconds{account="a",job_id=%q} %v`, id, float64(time.Now().Unix()))
}

// watched is the series of how many jobs discovery holds.
func watched(n int) string {
	return fmt.Sprintf(`cielo24_jobs{account="a",source="discovery"} %d`, n)
}

func TestDiscovery_JobThatLeavesItsListIsFetchedUntilItIsFinished(t *testing.T) {
	for name, leave := range map[string]func(e *testenv.Env){
		"it moves to a status that is not listed": func(e *testenv.Env) { put(e, "aa", "Reviewing", "") },
		"the list no longer has it":               func(e *testenv.Env) { list(e, "In Process", simulator.Fault{Body: lists()}) },
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				put(e, "aa", "In Process", "")
				e.Load(testenv.Account("a", "discovery: {statuses: [In Process]}"))
				e.Want(e.Scrape(0), up("aa", 1), status("aa", "In Process"))
				leave(e)
				for range 240 { // far beyond an hour
					e.Wait(30 * time.Second)
					e.Want(e.Scrape(0), up("aa", 1), fetchedAt("aa"), watched(1))
				}
				put(e, "aa", "Complete", fmt.Sprintf(`,"CompletedDate":%q,"ReturnDate":%[1]q`, at(time.Now())))
				e.Wait(30 * time.Second)
				e.Want(e.Scrape(0), up("aa", 1), status("aa", "Complete"))
				calls := e.API.JobCalls("aa")
				for range 59 {
					e.Wait(time.Minute)
					e.Want(e.Scrape(0), up("aa", 1), status("aa", "Complete"))
				}
				if got := e.API.JobCalls("aa"); got != calls {
					t.Errorf("got %d calls for a finished job, want none", got-calls)
				}
				e.Wait(2 * time.Minute)
				e.Want(e.Scrape(0), watched(0))
			})
		})
	}
}

func TestDiscovery_JobThatComesBackIsListedAgain(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", "")
		e.Load(testenv.Account("a", "discovery: {statuses: [In Process]}"))
		e.Scrape(0)
		put(e, "aa", "Reviewing", "")
		e.Want(e.Scrape(0), up("aa", 1), status("aa", "Reviewing"))
		put(e, "aa", "In Process", "")
		calls := e.API.JobCalls("aa")
		e.Want(e.Scrape(0), up("aa", 1), watched(1))
		e.Want(e.Scrape(0), up("aa", 1), status("aa", "In Process"), watched(1))
		if got := e.API.JobCalls("aa") - calls; got > 1 {
			t.Errorf("got %d calls for a job that is listed again, want one at most", got)
		}
	})
}

func TestDiscovery_LeavingJobThatIsRejectedIsDropped(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", "")
		e.Load(testenv.Account("a", "discovery: {statuses: [In Process]}"))
		e.Scrape(0)
		e.API.RemoveJob("aa")
		text := e.Scrape(0)
		e.Want(text, watched(0), accountUp)
		wantNone(t, text, `job_id="aa"`)
	})
}

func TestDiscovery_LeavingJobWhoseFetchFailsStaysWatched(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", "")
		e.Load(testenv.Account("a", "discovery: {statuses: [In Process]}", "stale_after: 2m"))
		e.Scrape(0)
		put(e, "aa", "Reviewing", "")
		e.API.SetFault("aa", simulator.Fault{Status: 500})
		e.Want(e.Scrape(0), up("aa", 0), reason("aa", "http_5xx"), status("aa", "In Process"), accountUp)
		e.Wait(3 * time.Minute)
		text := e.Scrape(0)
		e.Want(text, up("aa", 0), watched(1), accountUp)
		wantNone(t, text, status("aa", "In Process"))
		e.API.ClearFaults()
		e.Want(e.Scrape(0), up("aa", 1), status("aa", "Reviewing"))
	})
}

func TestDiscovery_OpenJobsAreListedWhateverTheirAge(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		day := 24 * time.Hour
		put(e, "aa", "In Process", created(40*day))
		put(e, "bb", "Media Failure", created(40*day))
		put(e, "cc", "Media Failure", created(20*day))
		e.Load(testenv.Account("a", "discovery: {statuses: [In Process, Media Failure], created_within: 30d}"))
		text := e.Scrape(0)
		e.Want(text, up("aa", 1), up("cc", 1), watched(2))
		e.Wait(11 * day) // cc is older than created_within now
		e.API.AddToken(simulator.DemoToken, simulator.DemoUsername)
		for range 3 {
			e.Want(e.Scrape(0), up("aa", 1), fetchedAt("aa"))
			e.Wait(time.Minute)
		}
		if got := e.API.JobCalls("aa"); got != 0 {
			t.Errorf("got %d calls for a job that stays listed, want none", got)
		}
	})
}

func TestDiscovery_MaxJobsBoundsWhatIsWatchedInAll(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		var all []string
		for i := range 500 {
			id := fmt.Sprintf("%032x", i+1)
			put(e, id, "Reviewing", created(time.Duration(500-i)*time.Hour)) // each younger than the one before
			all = append(all, id)
		}
		e.Load(testenv.Account("a", "discovery: {statuses: [In Process], max_jobs: 50}"))
		for i := range 10 {
			ids := all[50*i : 50*i+50]
			var elements []string
			for j, id := range ids {
				elements = append(elements, payload(id, "In Process", created(time.Duration(500-50*i-j)*time.Hour)))
			}
			list(e, "In Process", simulator.Fault{Body: lists(elements...)})
			text := e.Scrape(0)
			e.Want(text, watched(50), fmt.Sprintf(`cielo24_discovery_truncated{account="a"} %d`, min(i, 1)))
			if got := count(text, "cielo24_job_up"); got != 50 {
				t.Errorf("refresh %d: got %d jobs, want 50", i, got)
			}
			for _, id := range ids {
				e.Want(text, up(id, 1))
			}
			e.Wait(30 * time.Second)
		}
	})
}

func TestDiscovery_OldestAreCutWhateverTheirStatus(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		day := 24 * time.Hour
		for i := range 50 {
			put(e, fmt.Sprintf("a%02x", i), "In Process", created(20*day-time.Duration(i)*time.Hour))
		}
		put(e, "b1", "Media Failure", created(time.Hour))
		put(e, "b2", "In Process", `,"CreationDate":"yesterday"`)
		put(e, "cc", "Complete", created(30*day)) // of the configuration, which no bound cuts
		e.Load(testenv.Account("a", "jobs: [cc]", "discovery: {statuses: [In Process, Media Failure, Complete], created_within: 60d, max_jobs: 50}"))
		want := func(text string) {
			t.Helper()
			e.Want(text, watched(50), `cielo24_discovery_truncated{account="a"} 1`, up("b1", 1), up("b2", 1), up("a02", 1), up("cc", 1))
			wantNone(t, text, `job_id="a00"`, `job_id="a01"`)
		}
		want(e.Scrape(0))
		wantLogged(t, e.Log.Take(), "more jobs than max_jobs", 1)
		want(e.Scrape(0))
		for _, failing := range []string{"Media Failure", "In Process"} {
			list(e, failing, simulator.Fault{Status: 500})
			e.Wait(30 * time.Second)
			text := e.Scrape(0)
			e.Want(text, `cielo24_discovery_truncated{account="a"} 1`, watched(50), discoveryUp(failing, 0))
			e.API.ClearFaults()
		}
		for i := range 10 {
			e.API.RemoveJob(fmt.Sprintf("a%02x", i))
		}
		e.Wait(30 * time.Second)
		e.Scrape(0) // those that have left are asked for, and gone
		e.Want(e.Scrape(0), `cielo24_discovery_truncated{account="a"} 0`, watched(42))
	})
}

func TestDiscovery_FinishedJobsInRetentionAreCutFirst(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", created(time.Hour))
		put(e, "bb", "In Process", created(100*time.Hour))
		e.Load(testenv.Account("a", "discovery: {statuses: [In Process], max_jobs: 2}"))
		e.Scrape(0)
		put(e, "aa", "Media Failure", created(time.Hour))
		e.Want(e.Scrape(0), status("aa", "Media Failure"), watched(2), `cielo24_discovery_truncated{account="a"} 0`)
		put(e, "cc", "In Process", created(200*time.Hour)) // the oldest of all
		text := e.Scrape(0)
		e.Want(text, up("bb", 1), up("cc", 1), watched(2), `cielo24_discovery_truncated{account="a"} 1`)
		wantNone(t, text, `job_id="aa"`)
	})
}

func TestDiscovery_JobInTwoListsHasTheRecordOfTheLaterCall(t *testing.T) {
	for _, late := range []string{"In Process", "Reviewing"} {
		t.Run(late, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				// The call for the later list fails, and the next begins after that for the other, but ends before it.
				other := map[string]string{"In Process": "Reviewing", "Reviewing": "In Process"}[late]
				list(e, other, simulator.Fault{Body: lists(payload("aa", other, "")), Latency: 5 * time.Second})
				e.Load(testenv.Account("a", "concurrency: 2", "discovery: {statuses: [In Process, Reviewing, Pending]}"))
				list(e, late, simulator.Fault{Status: 500, Latency: time.Second, Times: 1})
				put(e, "aa", late, "")
				text := e.Scrape(0)
				e.Want(text, up("aa", 1), status("aa", late), watched(1))
			})
		})
	}
}

func TestDiscovery_JobOfTheConfigurationKeepsItsOwnCall(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "abcdef", "In Process", "")
		e.Load(testenv.Account("a", "jobs: [AB-CD-EF]", "discovery: {statuses: [In Process]}"))
		text := e.Scrape(0)
		e.Want(text, up("AB-CD-EF", 1), watched(0), `cielo24_jobs{account="a",source="config"} 1`)
		if got := count(text, "cielo24_job_up"); got != 1 {
			t.Errorf("got %d jobs, want one", got)
		}
		list(e, "In Process", simulator.Fault{Status: 500})
		e.Want(e.Scrape(0), up("AB-CD-EF", 1))
	})
}

func TestDiscovery_NoConnectionEndsAllListsTogether(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", "")
		e.Load(threeLists())
		e.Scrape(0)
		e.Log.Take()
		e.API.SetFault("", simulator.Fault{Break: simulator.BreakClose})
		before := e.API.Calls("job_list")
		text := e.Scrape(0)
		e.Want(text, accountDown, `cielo24_account_error{account="a",reason="connection"} 1`, up("aa", 0), reason("aa", "connection"),
			discoveryUp("Pending", 0), discoveryUp("In Process", 0), discoveryUp("Reviewing", 0), status("aa", "In Process"))
		if got := e.API.Calls("job_list") - before; got > 9 {
			t.Errorf("got %d calls for three lists, want three a list at most", got)
		}
		if lines := slices.Collect(strings.Lines(e.Log.Take())); len(lines) > 4 {
			t.Errorf("got %d log lines, want one for the account and one a list at most: %s", len(lines), lines)
		}
	})
}
