package collector

import (
	"context"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"

	dto "github.com/prometheus/client_model/go"
)

// probe asks for one job outside of any refresh. What it learns of the job is not kept. It waits its turn like any other
// call, and leaves the API alone when that has asked for it.
func (a *Account) probe(ctx context.Context, jobID string) Snapshot {
	state := &JobState{Watched: newWatched(a.cfg.Name, config.Job{ID: jobID, Labels: a.labelsOf(jobID)}, SourceConfig)}
	snapshot := Snapshot{Account: a.cfg.Name, StaleAfter: a.cfg.StaleAfter}
	a.mu.Lock()
	failure := a.waiting
	wait := a.now().Before(a.askedToWait)
	a.mu.Unlock()
	var job cielo24.Job
	if !wait {
		if job, failure = a.call(ctx, jobID); failure != nil && failure.RetryAfter > 0 {
			a.mu.Lock()
			a.hold(failure, a.now())
			a.mu.Unlock()
		}
	}
	snapshot.Jobs = []*JobState{state.after(job, failure, a.now())}
	return snapshot
}

// labelsOf returns the labels that are configured for a job.
func (a *Account) labelsOf(jobID string) map[string]string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.jobs {
		if config.CanonicalID(s.ID) == config.CanonicalID(jobID) {
			return s.Labels
		}
	}
	return nil
}

// GatherProbe returns what a probe has learned: the job's metrics, whether it succeeded and how long it took.
func GatherProbe(s Snapshot, took time.Duration, now time.Time) []*dto.MetricFamily {
	own := []family{
		{"probe_duration_seconds", "How long the probe took, in seconds.", true, func(to sink, _ Snapshot, _ time.Time) {
			to.add(took.Seconds(), "", "")
		}},
		{"probe_success", "1 if the job was answered, 0 if not.", true, func(to sink, s Snapshot, _ time.Time) {
			to.add(boolean(s.Jobs[0].Up()), "", "")
		}},
	}
	var all []*dto.MetricFamily
	for _, f := range append(families(), own...) {
		if built := build(f, []Snapshot{s}, now); built != nil && f.perJob {
			all = append(all, built)
		}
	}
	return all
}
