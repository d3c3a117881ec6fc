package collector_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cielo24_exporter/collector"
	"cielo24_exporter/config"
	"cielo24_exporter/simulator"
)

func up(id string, value int) string {
	return fmt.Sprintf(`cielo24_job_up{account="a",job_id=%q} %d`, id, value)
}

func TestOneBadJobCostsNoOther(t *testing.T) {
	w := newWorld(t)
	ids := w.add(5)
	w.load(w.account("a", ids, "concurrency: 2"))
	w.api.SetFault(ids[0], simulator.Fault{Hang: true})
	w.api.SetFault(ids[1], simulator.Fault{Status: 200, Body: "\x00\xff garbage"})
	text := w.scrapeFor(2 * time.Second) // the call itself would take 10 s
	for _, healthy := range ids[2:] {
		wantLines(t, text, up(healthy, 1))
	}
	wantLines(t, text, `cielo24_up{account="a"} 1`, up(ids[1], 0),
		`cielo24_job_error{account="a",job_id="`+ids[1]+`",reason="invalid_body"} 1`)
	wantLines(t, text, up(ids[0], 0), `cielo24_job_error{account="a",job_id="`+ids[0]+`",reason="pending"} 1`)
}

func TestScrapesAtTheSameTimeShareOneRefresh(t *testing.T) {
	w := newWorld(t)
	ids := w.add(20)
	w.load(w.account("a", ids))
	w.api.SetFault("", simulator.Fault{Latency: 50 * time.Millisecond})
	var scrapes sync.WaitGroup
	for range 8 {
		scrapes.Go(func() {
			if got := len(w.collector.Scrape(t.Context())[0].Jobs); got != 20 {
				t.Errorf("%d jobs", got)
			}
		})
	}
	scrapes.Wait()
	// A scrape that came when the first refresh was over has begun a second.
	if got := w.api.Calls("job_info"); got > 40 || got%20 != 0 {
		t.Errorf("%d calls for 8 scrapes of 20 jobs", got)
	}
}

func TestRefresh_OutlastsTheScrapeThatStartedIt(t *testing.T) {
	w := newWorld(t)
	ids := w.add(3)
	w.load(w.account("a", ids, "concurrency: 1", "min_interval: 1h")) // so that none starts when this one is over
	w.api.SetFault("", simulator.Fault{Hang: true, Times: 1})
	text := w.scrapeFor(50 * time.Millisecond)
	if count(text, "cielo24_up") != 0 { // no call has ended
		t.Errorf("got cielo24_up before a call has ended:\n%s", text)
	}
	for _, id := range ids {
		wantLines(t, text, up(id, 0), `cielo24_job_error{account="a",job_id="`+id+`",reason="pending"} 1`)
	}
	w.api.ClearFaults() // the hanging call goes on hanging until it times out or is let go
	w.api.Close()
	text = w.scrape()
	wantLines(t, text, `cielo24_up{account="a"} 1`, up(ids[0], 1), up(ids[1], 1), up(ids[2], 1))
	if got := w.api.Calls("job_info"); got > 4 {
		t.Errorf("got %d calls, want one a job and one repeat at most", got)
	}
}

func TestAPassingFailureKeepsTheLastValuesForAWhile(t *testing.T) {
	w := newWorld(t)
	ids := w.add(2)
	w.load(w.account("a", ids, "stale_after: 5m"))
	w.scrape()
	w.api.SetFault(ids[0], simulator.Fault{Status: 503})
	for _, minute := range []int{0, 1, 4} {
		w.clock.advance(time.Minute)
		text := w.scrape()
		if count(text, "cielo24_job_status") != 14 {
			t.Errorf("minute %d: values are gone:\n%s", minute, text)
		}
		wantLines(t, text, up(ids[0], 0), up(ids[1], 1))
	}
	w.clock.advance(3 * time.Minute)
	text := w.scrape()
	if count(text, "cielo24_job_status") != 7 || count(text, "cielo24_job_info") != 1 {
		t.Errorf("values of a job that has failed for 5 minutes:\n%s", text)
	}
	wantLines(t, text, up(ids[0], 0), `cielo24_job_error{account="a",job_id="`+ids[0]+`",reason="http_5xx"} 1`)
	w.api.ClearFaults()
	text = w.scrape()
	wantLines(t, text, up(ids[0], 1))
	if count(text, "cielo24_job_status") != 14 || count(text, "cielo24_job_error") != 0 {
		t.Errorf("not back:\n%s", text)
	}
}

func TestARejectedJobLosesItsValuesAtOnce(t *testing.T) {
	w := newWorld(t)
	ids := w.add(2)
	w.load(w.account("a", ids))
	w.scrape()
	w.api.RemoveJob(ids[0])
	text := w.scrape()
	wantLines(t, text, up(ids[0], 0), `cielo24_up{account="a"} 1`,
		`cielo24_job_error{account="a",job_id="`+ids[0]+`",reason="ITEM_NOT_FOUND"} 1`)
	if count(text, "cielo24_job_status") != 7 || count(text, "cielo24_job_last_success_timestamp_seconds") != 1 {
		t.Errorf("values of a job that is not there:\n%s", text)
	}
}

func TestRefusedCredentialsAreNotBlamedOnJobs(t *testing.T) {
	w := newWorld(t)
	ids := w.add(2)
	w.load(w.account("a", ids))
	w.scrape()
	w.api.ExpireTokens()
	w.clock.advance(time.Minute)
	text := w.scrape()
	wantLines(t, text, `cielo24_up{account="a"} 0`, `cielo24_account_error{account="a",reason="BAD_API_TOKEN"} 1`, up(ids[0], 0))
	if count(text, "cielo24_job_status") != 14 {
		t.Errorf("values are gone:\n%s", text)
	}
	logged := w.logs.take()
	if got := strings.Count(logged, "\n"); got != 2 || !strings.Contains(logged, `reason=BAD_API_TOKEN err="job_info: BAD_API_TOKEN: Invalid or expired API token"`) {
		t.Errorf("%d lines:\n%s", got, logged)
	}
}

func TestAFailureIsLoggedWhenItBeginsAndWhenItEnds(t *testing.T) {
	w := newWorld(t)
	ids := w.add(30)
	w.load(w.account("a", ids))
	w.scrape()
	if logged := w.logs.take(); strings.Count(logged, "\n") != 1 || !strings.Contains(logged, "API reached") {
		t.Errorf("at the beginning:\n%s", logged)
	}
	for i := range 25 {
		w.api.SetFault(ids[i], simulator.Fault{Status: 503})
	}
	w.scrape()
	logged := w.logs.take()
	if strings.Count(logged, "job fetch failed, showing its last values") != 10 || !strings.Contains(logged, "jobs=15") {
		t.Errorf("when it begins:\n%s", logged)
	}
	w.scrape()
	if logged := w.logs.take(); logged != "" {
		t.Errorf("when it goes on:\n%s", logged)
	}
	w.api.ClearFaults()
	w.scrape()
	if logged := w.logs.take(); strings.Count(logged, "job fetched again") != 10 {
		t.Errorf("when it ends:\n%s", logged)
	}
	w.api.SetFault("", simulator.Fault{Status: 502})
	w.scrape()
	if logged := w.logs.take(); strings.Count(logged, "\n") != 1 || !strings.Contains(logged, "API not usable") {
		t.Errorf("when the whole API is away:\n%s", logged)
	}
	w.api.ClearFaults()
	w.scrape()
	if logged := w.logs.take(); strings.Count(logged, "\n") != 1 || !strings.Contains(logged, "API reached") {
		t.Errorf("when it is back:\n%s", logged)
	}
}

func TestAJobThatLeavesTheConfigurationLeavesTheMetrics(t *testing.T) {
	w := newWorld(t)
	ids := w.add(3)
	w.load(w.account("a", ids), w.account("b", ids))
	w.scrape()
	w.load(w.account("a", ids[:1]))
	text := w.scrape()
	wantLines(t, text, up(ids[0], 1), `cielo24_jobs{account="a",source="config"} 1`)
	if count(text, "cielo24_job_up") != 1 || strings.Contains(text, `account="b"`) {
		t.Errorf("jobs stay:\n%s", text)
	}
}

func TestALabelThatChangesWithAReloadChangesInTheMetrics(t *testing.T) {
	w := newWorld(t)
	ids := w.add(1)
	for _, course := range []string{"BIO101", "CHEM210"} {
		w.load(strings.Replace(w.account("a", []string{"X"}), "[X]", "[{id: "+ids[0]+", labels: {course: "+course+"}}]", 1))
		for range 2 {
			if text := w.scrape(); strings.Count(text, `course="`+course+`"`) != 1 || strings.Count(text, "course=") != 1 {
				t.Errorf("%s is not there, or not alone:\n%s", course, family(text, "cielo24_job_info"))
			}
		}
	}
}

func TestAReloadWhileTheAPIIsAwayLosesNothing(t *testing.T) {
	w := newWorld(t)
	ids := w.add(2)
	w.load(w.account("a", ids))
	w.scrape()
	w.api.SetFault("", simulator.Fault{Break: "close"})
	w.load(w.account("a", ids, "concurrency: 3"))
	text := w.scrape()
	wantLines(t, text, up(ids[0], 0), `cielo24_account_error{account="a",reason="connection"} 1`)
	if count(text, "cielo24_job_status") != 14 {
		t.Errorf("values are gone:\n%s", text)
	}
}

func TestAScrapeUnderWayFinishesWithTheOldConfiguration(t *testing.T) {
	w := newWorld(t)
	ids := w.add(2)
	w.load(w.account("a", ids))
	w.api.SetFault(ids[0], simulator.Fault{Latency: 200 * time.Millisecond, Times: 1})
	done := make(chan []collector.Snapshot)
	go func() { done <- w.collector.Scrape(context.WithoutCancel(t.Context())) }()
	for w.api.Calls("job_info") == 0 {
		if t.Context().Err() != nil {
			t.Fatal("no call")
		}
	}
	w.load(w.account("a", ids))
	wantLines(t, w.text(<-done), up(ids[0], 1), up(ids[1], 1))
}

func TestSettledJobsAreAskedAgainOnlyAfterTheInterval(t *testing.T) {
	w := newWorld(t)
	ids := w.add(1)
	w.api.AddJob(simulator.Job{
		ID: "cc", Username: simulator.DemoUsername, Created: w.clock.Now().Add(-time.Hour),
		Life: []simulator.Stage{{Status: "Complete"}},
	})
	w.load(w.account("a", append(ids, "cc"), "settled_interval: 10m"))
	for range 3 {
		text := w.scrape()
		wantLines(t, text, up("cc", 1), up(ids[0], 1))
		w.clock.advance(time.Minute)
	}
	if settled, open := w.api.JobCalls("cc"), w.api.JobCalls(ids[0]); settled != 1 || open != 3 {
		t.Errorf("%d calls for the settled job, %d for the open one", settled, open)
	}
	w.clock.advance(10 * time.Minute)
	w.scrape()
	if settled := w.api.JobCalls("cc"); settled != 2 {
		t.Errorf("%d calls after the interval", settled)
	}
}

func TestShardsTogetherWatchEveryJobOnce(t *testing.T) {
	w := newWorld(t)
	ids := w.add(50)
	cfg, err := config.Parse("cielo24.yml", []byte("accounts:\n"+w.account("a", ids)))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for i := range 3 {
		w.use(cfg, collector.Shard{Index: i, Total: 3})
		jobs := w.collector.Snapshot()[0].Jobs
		if len(jobs) < 5 {
			t.Errorf("shard %d has %d of 50 jobs", i, len(jobs))
		}
		for _, job := range jobs {
			seen[job.ID]++
		}
	}
	for _, id := range ids {
		if seen[id] != 1 {
			t.Errorf("%s is in %d shards", id, seen[id])
		}
	}
}

func TestJobFilesAreReadAgainWhenTheyChange(t *testing.T) {
	w := newWorld(t)
	ids := w.add(3)
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one.yml", "- "+ids[1]+"\n")
	write("cielo24.yml", "accounts:\n"+w.account("a", ids[:1], `job_files: ["*one.yml", "*two.json"]`))
	cfg, err := config.Load(filepath.Join(dir, "cielo24.yml"))
	if err != nil {
		t.Fatal(err)
	}
	w.use(cfg, collector.Shard{})
	wantLines(t, w.scrape(), up(ids[0], 1), up(ids[1], 1), `cielo24_jobs{account="a",source="file"} 1`)
	write("two.json", `["`+ids[2]+`"]`)
	wantLines(t, w.scrape(), up(ids[2], 1), `cielo24_jobs{account="a",source="file"} 2`)
	write("one.yml", "- not hex\n")
	wantLines(t, w.scrape(), up(ids[1], 1), `cielo24_jobs{account="a",source="file"} 2`)
	if logged := w.logs.take(); !strings.Contains(logged, "one.yml:1: ") {
		t.Errorf("the problem is not logged:\n%s", logged)
	}
	if err := os.Remove(filepath.Join(dir, "one.yml")); err != nil {
		t.Fatal(err)
	}
	if text := w.scrape(); strings.Contains(text, ids[1]) {
		t.Errorf("the job of a removed file stays:\n%s", text)
	}
}

func TestDatesInTheFutureMakeTheTimezoneSuspect(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(simulator.Job{
		ID: "aa", Username: simulator.DemoUsername, Created: w.clock.Now().Add(-time.Hour),
		Life: []simulator.Stage{{Status: "In Process"}},
	})
	w.load(w.account("a", []string{"aa"}))
	wantLines(t, w.scrape(), `cielo24_date_offset_suspect{account="a"} 0`)
	w.load(w.account("a", []string{"aa"}, "timezone: America/Los_Angeles"))
	wantLines(t, w.scrape(), `cielo24_date_offset_suspect{account="a"} 1`)
}
