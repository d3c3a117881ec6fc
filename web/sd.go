package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/collector"

	"github.com/go-kit/log/level"
)

// freshEnough is how old the last refresh may be for service discovery of jobs that are themselves discovered: Prometheus
// asks once a minute, unless it is told otherwise.
const freshEnough = time.Minute

// discovery answers Prometheus' HTTP service discovery with the watched jobs.
type discovery struct{ opts Options }

// targetGroup is one of Prometheus' HTTP service discovery: here, one job.
type targetGroup struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

func (d *discovery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var wanted []string // none: all accounts
	if account := r.URL.Query().Get("account"); account != "" {
		wanted = []string{account}
	}
	known := accountNames(d.opts.Collector.Snapshot())
	if len(wanted) > 0 && !slices.Contains(known, wanted[0]) {
		http.Error(w, fmt.Sprintf("parameter account: no account %.100q (known: %s)", wanted[0], strings.Join(known, ", ")),
			http.StatusBadRequest)
		return
	}
	groups := []targetGroup{}
	for _, s := range d.snapshots(w, r, wanted) {
		if !s.JobsKnown() {
			// An empty or shorter list would make Prometheus drop its targets; an error has it keep them.
			http.Error(w, fmt.Sprintf("The jobs of account %s are not known yet, try again later.", s.Account),
				http.StatusServiceUnavailable)
			return
		}
		for _, job := range s.Jobs {
			groups = append(groups, newTargetGroup(job, s.StaleAfter, d.opts.Now()))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(groups); err != nil {
		level.Debug(d.opts.Logger).Log("msg", "service discovery response was not received to its end", "err", err)
	}
}

// snapshots returns what is known. Jobs that the API's lists bring are only known after a refresh; if nobody has
// scraped for a while, this is one.
func (d *discovery) snapshots(w http.ResponseWriter, r *http.Request, accounts []string) []collector.Snapshot {
	snapshots := d.opts.Collector.Snapshot(accounts...)
	if !slices.ContainsFunc(snapshots, func(s collector.Snapshot) bool {
		return s.Discovers && (!s.JobsKnown() || d.opts.Now().Sub(s.RefreshFinished) > freshEnough)
	}) {
		return snapshots
	}
	patience, ready := allot(w, r, d.opts.TimeoutOffset)
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	defer ready()
	return d.opts.Collector.Scrape(ctx, accounts...)
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
	if job := state.Visible(now, staleAfter); job != nil {
		labels["__meta_cielo24_status"] = job.Status
		for _, f := range cielo24.Fields() {
			labels["__meta_cielo24_"+f.Name] = f.Value(job)
		}
	}
	return targetGroup{Targets: []string{state.ID}, Labels: labels}
}
