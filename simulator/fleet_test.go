package simulator_test

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"testing"
	"time"

	"cielo24_exporter/simulator"
)

// watch fills an API with jobs and returns all of them as they are served.
func watch(t *testing.T, jobs []simulator.Job, speed float64) (*world, func() []map[string]any) {
	t.Helper()
	w := newWorldWith(t, simulator.Options{Speed: speed, Location: time.UTC})
	for _, j := range jobs {
		w.api.AddJob(j)
	}
	return w, func() []map[string]any {
		w.api.AddToken(token, simulator.DemoUsername)
		return w.list("")
	}
}

func statusCounts(jobs []map[string]any) map[string]int {
	counts := map[string]int{}
	for _, job := range jobs {
		counts[job["JobStatus"].(string)]++
	}
	return counts
}

func TestAFleetIsTheSameEveryTimeAndGrowsAtItsEnd(t *testing.T) {
	small, large := simulator.Fleet(50, start()), simulator.Fleet(500, start())
	if !reflect.DeepEqual(small, large[:50]) {
		t.Error("not the same jobs")
	}
	seen := map[string]bool{}
	for i, j := range large {
		if j.ID != simulator.FleetID(i) || seen[j.ID] || !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(j.ID) {
			t.Errorf("job %d has the ID %s", i, j.ID)
		}
		seen[j.ID] = true
	}
}

func TestAFleetHasJobsOfAllKindsInAllStates(t *testing.T) {
	for _, speed := range []float64{0.5, 1, 60, 100000} {
		_, list := watch(t, simulator.Fleet(1000, start()), speed)
		jobs := list()
		counts := statusCounts(jobs)
		for _, status := range []string{"Authorizing", "Pending", "In Process", "Reviewing", "Complete", "Media Failure"} {
			if counts[status] < 90 {
				t.Errorf("speed %v: %d jobs are %s", speed, counts[status], status)
			}
		}
		for member, least := range map[string]int{
			"JobName": 500, "Priority": 2, "Fidelity": 3, "JobDifficulty": 3, "SourceLanguage": 4, "TargetLanguage": 5,
			"MediaLengthSeconds": 900, "CreationDate": 900,
		} {
			values := map[string]bool{}
			for _, job := range jobs {
				values[fmt.Sprint(job[member])] = true
			}
			if len(values) < least {
				t.Errorf("speed %v: %s has %d values", speed, member, len(values))
			}
		}
	}
}

func TestTheDemoAlwaysShowsEveryStateAndEveryTrouble(t *testing.T) {
	for _, speed := range []float64{0.01, 1, 60, 1e6} {
		w, list := watch(t, simulator.DemoJobs(start(), speed), speed)
		for range 12 {
			jobs := list()
			if len(jobs) < 12 || len(jobs) > 16 {
				t.Fatalf("%d jobs", len(jobs))
			}
			now := w.clock.Now().Format("2006-01-02T15:04:05.000000")
			soon := w.clock.Now().Add(2 * time.Hour).Format("2006-01-02T15:04:05.000000")
			found := map[string]bool{}
			for _, job := range jobs {
				status, due := job["JobStatus"].(string), job["DueDate"].(string)
				found[status] = true
				found["overdue"] = found["overdue"] || status == "In Process" && due < now
				found["bad and due soon"] = found["bad and due soon"] || status == "In Process" && job["JobDifficulty"] == "Bad" && due > now && due < soon
				found["returned"] = found["returned"] || status == "Complete" && job["ReturnDate"] != ""
				found["not returned"] = found["not returned"] || status == "Complete" && job["ReturnDate"] == ""
			}
			for _, want := range []string{
				"Authorizing", "Pending", "In Process", "Reviewing", "Complete", "Media Failure",
				"overdue", "bad and due soon", "returned", "not returned",
			} {
				if !found[want] {
					t.Errorf("speed %v at %s: nothing is %s", speed, now, want)
				}
			}
			w.clock.advance(7*time.Minute + 13*time.Second)
		}
	}
}

func TestSomeJobsOfTheDemoMoveOn(t *testing.T) {
	w, list := watch(t, simulator.DemoJobs(start(), 60), 60)
	seen := map[string]map[string]bool{}
	for range 60 {
		for _, job := range list() {
			id := job["JobId"].(string)
			if seen[id] == nil {
				seen[id] = map[string]bool{}
			}
			seen[id][job["JobStatus"].(string)] = true
		}
		w.clock.advance(time.Minute)
	}
	moving, all := 0, map[string]bool{}
	for _, statuses := range seen {
		if len(statuses) > 3 {
			moving++
			maps.Copy(all, statuses)
		}
	}
	if moving < 3 || len(all) != 6 {
		t.Errorf("%d jobs move through %v", moving, all)
	}
}

func TestTheDemoHasTheDocumentedExampleAndLacksTheUnknownJob(t *testing.T) {
	w, _ := watch(t, simulator.DemoJobs(start(), 1), 1)
	w.api.AddToken(token, simulator.DemoUsername)
	if _, body := w.send("GET", infoPath(job2), ""); body != documented(t, "job_info_docs_current_4624ea9.json") {
		t.Errorf("got %s", body)
	}
	status, body := w.send("GET", infoPath(simulator.DemoUnknownJobID), "")
	wantError(t, status, body, "ITEM_NOT_FOUND", "")
}
