package collector_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/collector"
	"cielo24_exporter/config"
	"cielo24_exporter/simulator"
)

// discovering is an account that finds its jobs.
func (w *world) discovering(ids []string, settings ...string) string {
	return w.account("a", ids, append(settings, "discovery: {statuses: [Pending, In Process, Media Failure]}")...)
}

// pending puts a job into the API that is Pending for a while and then Complete.
func (w *world) pending(id string, d time.Duration) {
	w.t.Helper()
	created := w.clock.Now().Add(-time.Hour)
	w.api.AddJob(simulator.Job{
		ID: id, Name: "found " + id, Username: simulator.DemoUsername, Created: created,
		Life: []simulator.Stage{{Status: "Pending", For: time.Hour + d}, {Status: "Complete"}},
	})
}

func TestListedJobsTakeTheirValuesFromTheListAndExplicitOnesKeepTheirCall(t *testing.T) {
	w := newWorld(t)
	ids := w.add(10)
	w.load(w.discovering(ids[:2]))
	text := w.scrape()
	wantLines(t, text, `cielo24_jobs{account="a",source="config"} 2`, `cielo24_jobs{account="a",source="discovery"} 8`,
		`cielo24_discovery_truncated{account="a"} 0`, `cielo24_up{account="a"} 1`)
	if count(text, "cielo24_job_info") != 10 || count(text, "cielo24_job_up") != 10 {
		t.Errorf("not every job is there once:\n%s", text)
	}
	if info, list := w.api.Calls("job_info"), w.api.Calls("job_list"); info != 2 || list != 3 {
		t.Errorf("%d job info calls and %d job list calls, want one an explicit job and one a status", info, list)
	}
}

func TestADiscoveredJobThatIsDoneStaysLongEnoughToBeCounted(t *testing.T) {
	w := newWorld(t)
	w.pending("aa", 90*time.Second)
	w.pending("bb", 100*time.Hour)
	w.load(w.discovering(nil))
	status := func(id, status string) string {
		return fmt.Sprintf(`cielo24_job_status{account="a",job_id=%q,status=%q} 1`, id, status)
	}
	wantLines(t, w.scrape(), status("aa", "Pending"), status("bb", "Pending"))
	for range 59 {
		w.clock.advance(time.Minute)
		w.scrape()
		w.api.ExpireTokens()
		w.api.AddToken(simulator.DemoToken, simulator.DemoUsername)
	}
	wantLines(t, w.scrape(), status("aa", "Complete"), status("bb", "Pending"), up("aa", 1),
		`cielo24_jobs{account="a",source="discovery"} 2`)
	if got := w.api.JobCalls("aa"); got != 1 {
		t.Errorf("%d calls for the final state", got)
	}
	w.clock.advance(5 * time.Minute)
	text := w.scrape()
	wantLines(t, text, status("bb", "Pending"), `cielo24_jobs{account="a",source="discovery"} 1`)
	if strings.Contains(text, `job_id="aa"`) {
		t.Error("it stays for ever")
	}
}

func TestDiscovery_DeletedJobIsDropped(t *testing.T) {
	w := newWorld(t)
	w.pending("aa", time.Hour)
	w.load(w.discovering(nil))
	w.scrape()
	w.api.RemoveJob("aa")
	if text := w.scrape(); strings.Contains(text, `job_id="aa"`) {
		t.Errorf("still there:\n%s", text)
	}
}

func TestAListThatFailsKeepsWhatWasFound(t *testing.T) {
	w := newWorld(t)
	w.pending("aa", time.Hour)
	ids := w.add(1)
	w.load(w.discovering(ids))
	w.scrape()
	w.api.SetFault("", simulator.Fault{Endpoint: "job_list", Status: 200, Body: `{"ActiveJobs": [{"JobId": "bb"}, {"Job`})
	text := w.scrape()
	wantLines(t, text, up("aa", 0), up(ids[0], 1), up("bb", 1), `cielo24_job_error{account="a",job_id="aa",reason="invalid_body"} 1`)
	if !strings.Contains(text, `cielo24_job_status{account="a",job_id="aa",status="Pending"} 1`) {
		t.Error("the last values are gone")
	}
	w.api.ClearFaults()
	wantLines(t, w.scrape(), up("aa", 1))
	w.api.SetFault("", simulator.Fault{Endpoint: "job_list", Status: 503, Times: 2})
	wantLines(t, w.scrape(), up("aa", 1))
}

func TestMoreJobsThanMayBeDiscoveredAreCutOffVisibly(t *testing.T) {
	w := newWorld(t)
	w.add(30)
	w.load(w.account("a", nil, "discovery: {max_jobs: 20}"))
	for range 3 {
		wantLines(t, w.scrape(), `cielo24_discovery_truncated{account="a"} 1`, `cielo24_jobs{account="a",source="discovery"} 20`)
	}
	if logged := w.logs.take(); strings.Count(logged, "max_jobs=20") != 1 {
		t.Errorf("logged:\n%s", logged)
	}
}

func TestShardsTogetherDiscoverEveryJobOnce(t *testing.T) {
	w := newWorld(t)
	ids := w.add(60)
	cfg, err := config.Parse("cielo24.yml", []byte("accounts:\n"+w.discovering(ids[:10])))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for i := range 2 {
		w.use(cfg, collector.Shard{Index: i, Total: 2})
		for _, job := range w.collector.Scrape(t.Context())[0].Jobs {
			seen[job.ID]++
		}
	}
	for _, id := range ids {
		if seen[id] != 1 {
			t.Errorf("%s is in %d shards", id, seen[id])
		}
	}
}

func TestAReloadKeepsWhatWasDiscovered(t *testing.T) {
	w := newWorld(t)
	w.pending("aa", time.Hour)
	w.pending("bb", time.Hour)
	w.load(w.discovering(nil))
	w.scrape()
	w.api.SetFault("", simulator.Fault{Break: simulator.BreakClose})
	w.load(w.discovering([]string{"bb"}))
	text := w.scrape()
	wantLines(t, text, up("aa", 0), up("bb", 0), `cielo24_jobs{account="a",source="config"} 1`, `cielo24_jobs{account="a",source="discovery"} 1`)
	if count(text, "cielo24_job_info") != 2 {
		t.Errorf("values are gone:\n%s", text)
	}
}
