package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"cielo24_exporter/collector"

	"github.com/go-kit/log/level"
)

// freshEnough is how old the last refresh may be for service discovery of jobs that are themselves discovered.
const freshEnough = time.Minute

// discovery answers Prometheus' HTTP service discovery with the watched jobs.
type discovery struct{ opts Options }

// targetGroup is one of Prometheus' HTTP service discovery: here, one job.
type targetGroup struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

func (d *discovery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	snapshots := d.snapshots(w, r)
	groups := []targetGroup{}
	wanted, found := r.URL.Query().Get("account"), false
	for _, s := range snapshots {
		if wanted != "" && s.Account != wanted {
			continue
		}
		found = true
		if s.Discovers && s.RefreshEnded.IsZero() {
			// An empty list would make Prometheus drop its targets; an error has it keep them.
			http.Error(w, fmt.Sprintf("The jobs of account %s are not known yet, try again later.", s.Account),
				http.StatusServiceUnavailable)
			return
		}
		for _, job := range s.Jobs {
			groups = append(groups, newTargetGroup(job, s.StaleAfter, d.opts.Now()))
		}
	}
	if wanted != "" && !found {
		http.Error(w, fmt.Sprintf("parameter account: there is no account %.100q; there are: %s", wanted,
			strings.Join(accountNames(snapshots), ", ")), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(groups); err != nil {
		level.Debug(d.opts.Logger).Log("msg", "service discovery not answered", "err", err)
	}
}

// snapshots returns what is known. Jobs that the API's list brings are only known after a refresh; if nobody has
// scraped for a while, this is one.
func (d *discovery) snapshots(w http.ResponseWriter, r *http.Request) []collector.Snapshot {
	snapshots := d.opts.Collector.Peek()
	if !slices.ContainsFunc(snapshots, func(s collector.Snapshot) bool {
		return s.Discovers && d.opts.Now().Sub(s.RefreshEnded) > freshEnough
	}) {
		return snapshots
	}
	patience, ready := allot(w, r, d.opts.TimeoutOffset)
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	defer ready()
	return d.opts.Collector.Scrape(ctx)
}

func newTargetGroup(state *collector.JobState, staleAfter time.Duration, now time.Time) targetGroup {
	labels := map[string]string{
		"__meta_cielo24_account": state.Account,
		"__meta_cielo24_job_id":  state.ID,
		"__meta_cielo24_source":  string(state.Source),
	}
	for name, value := range state.Labels {
		labels["__meta_cielo24_label_"+name] = value
	}
	if job := state.Shown(now, staleAfter); job != nil {
		labels["__meta_cielo24_status"] = job.Status
		labels["__meta_cielo24_priority"] = job.Priority
		labels["__meta_cielo24_fidelity"] = job.Fidelity
		labels["__meta_cielo24_source_language"] = job.SourceLanguage
		labels["__meta_cielo24_target_language"] = job.TargetLanguage
	}
	return targetGroup{Targets: []string{state.ID}, Labels: labels}
}
