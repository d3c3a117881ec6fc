package collector

import (
	"context"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"

	dto "github.com/prometheus/client_model/go"
)

// probe fetches one job outside of any refresh. What it learns of a watched job is kept, unless it says more of the
// probe's patience than of the job.
func (a *Account) probe(ctx context.Context, job config.Job) Snapshot {
	a.reloadSecrets()
	a.readWatchList()
	a.mu.Lock()
	api, epoch, staleAfter := a.connection.API, a.epoch, a.settings.StaleAfter
	if s := a.byKey[job.Key]; s != nil {
		job.Labels = s.state.Labels
	}
	a.mu.Unlock()
	c := &caller{probe: true}
	values, failure := fetchNow(asCaller(ctx, c), api, job.ID)
	now := a.opts.Now()
	e := eventOf(c, &values, failure)
	a.mu.Lock()
	s := a.byKey[job.Key]
	if s != nil && e.kind != skipped && epoch == a.epoch && (failure == nil || ctx.Err() == nil) {
		a.updateLocked(s, e, now)
	}
	a.mu.Unlock()
	state := &JobState{WatchedJob: newWatchedJob(a.Name(), job, SourceConfig)}
	return Snapshot{Account: a.Name(), StaleAfter: max(staleAfter, 1), Jobs: []*JobState{state.next(e, now)}}
}

// fetchNow fetches a job, and again if the failure may have passed by the next moment.
func fetchNow(ctx context.Context, api API, jobID string) (cielo24.Job, *cielo24.Error) {
	attempts := cielo24.NewAttempts(maxAttempts)
	for tries := 1; ; tries++ {
		job, err := api.JobInfo(ctx, jobID, attempts)
		failure := asError(cielo24.EndpointJobInfo, err)
		if !failure.Retryable() || attempts.Left() == 0 || !sleepBeforeRetry(ctx, tries) {
			return job, failure
		}
	}
}

// GatherProbe returns what a probe has learned: the job's metrics, whether it succeeded and how long it took.
func GatherProbe(s Snapshot, took time.Duration, now time.Time) []*dto.MetricFamily {
	own := []family{
		{"probe_duration_seconds", "How long the probe took, in seconds.", true, func(to sink, _ Snapshot, _ time.Time) {
			to.add(took.Seconds(), "", "")
		}},
		{"probe_success", "1 if the job was fetched, 0 if not.", true, func(to sink, s Snapshot, _ time.Time) {
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
