package e2e_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// The jobs of a list that fails, one of a list that does not, and one that is configured and fails by itself.
const (
	jobListed     = "c0000000000000000000000000000001"
	jobListedToo  = "c0000000000000000000000000000002"
	jobOtherList  = "c0000000000000000000000000000003"
	jobConfigured = "c0000000000000000000000000000004"
)

func TestAlerts_ListThatFailsHoldsBackItsJobs(t *testing.T) {
	w := newWatch(t)
	w.put(jobListed, "GEO330 Lecture 01 – Plate Tectonics", "In Process", 48*time.Hour)
	w.put(jobListedToo, "GEO330 Lecture 02 – Volcanoes", "In Process", 48*time.Hour)
	w.put(jobOtherList, "GEO330 Lecture 03 – Glaciers", "Pending", 48*time.Hour)
	w.put(jobConfigured, "GEO330 Lecture 04 – Rivers", "Reviewing", 48*time.Hour)
	var listFails, jobFails atomic.Bool
	way := w.way(func(r *http.Request) (int, string) {
		switch query := r.URL.Query(); {
		case listFails.Load() && strings.HasSuffix(r.URL.Path, "/job/list") && query.Get("JobStatus") == "In Process":
			return http.StatusBadRequest, `{"ErrorType": "INVALID_OPTION", "ErrorComment": "JobStatus"}`
		case jobFails.Load() && query.Get("job_id") == jobConfigured:
			return http.StatusOK, "<html>Sorry!</html>"
		}
		return 0, ""
	})
	// As in the rules, a fetch that fails becomes an alert long after a list that does, and ceases to be one long before:
	// there it is 30 minutes and 10, and at once and 5 minutes.
	times := strings.NewReplacer("keep_firing_for: 1s", "keep_firing_for: 10s", "for: 30m", "for: 10s")
	accounts := account("media-services", way, "jobs: ["+jobConfigured+"], discovery: {statuses: [In Process, Pending]}")
	w.startAll(accounts, times, jobListed, jobListedToo, jobOtherList, jobConfigured)

	// One list fails, and with it each of its jobs. One alert says so; theirs are held back.
	listFails.Store(true)
	alert := w.inbox.wants("firing", "team", "Cielo24DiscoveryFailing", "")
	if alert.Labels["account"] != "media-services" || alert.Labels["status"] != "In Process" || alert.Labels["severity"] != "warning" {
		t.Errorf("got the labels %v, want a warning for the list of media-services in status In Process", alert.Labels)
	}
	said := w.inbox.reads("team", "The list of In Process jobs of media-services cannot be fetched", "What to do: docs/runbook.md#cielo24discoveryfailing")
	t.Logf("%s\n%s", said.Title, said.Text)
	w.suppressed("Cielo24JobFetchFailing", jobListed)
	w.suppressed("Cielo24JobFetchFailing", jobListedToo)

	// A job that fails by itself is not held back meanwhile.
	jobFails.Store(true)
	w.inbox.wants("firing", "media-services", "Cielo24JobFetchFailing", jobConfigured)

	// The list is back.
	listFails.Store(false)
	jobFails.Store(false)
	w.inbox.wants("resolved", "team", "Cielo24DiscoveryFailing", "")
	w.inbox.wants("resolved", "media-services", "Cielo24JobFetchFailing", jobConfigured)
	w.inbox.reads("team", "Resolved: ", "The list of In Process jobs of media-services cannot be fetched")
	for _, job := range []string{jobListed, jobListedToo, jobOtherList} {
		if heard := w.inbox.heardOf(job); len(heard) > 0 {
			t.Errorf("heard %v of %s, want nothing", heard, job)
		}
	}
}
