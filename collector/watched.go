package collector

import (
	"hash/fnv"
	"maps"

	"cielo24_exporter/config"
)

// Source says how a job came to be watched.
type Source string

// The sources of jobs.
const (
	SourceConfig    Source = "config"    // jobs in the configuration
	SourceFile      Source = "file"      // job_files
	SourceDiscovery Source = "discovery" // job/list
)

// sources returns all of them.
func sources() []Source { return []Source{SourceConfig, SourceFile, SourceDiscovery} }

// WatchedJob says which job to fetch, and why. It never changes once it is made.
type WatchedJob struct {
	Account string
	ID      string            // as configured or listed; the API may answer with another
	Key     config.JobID      // the same in its canonical form, by which jobs are compared
	Labels  map[string]string // joined onto cielo24_job_info
	Source  Source

	labels labels // account and job_id, as the text formats write them
}

func newWatchedJob(account string, job config.Job, source Source) *WatchedJob {
	return &WatchedJob{
		Account: account, ID: job.ID, Key: job.Key, Labels: job.Labels, Source: source,
		labels: newLabels("account", account, "job_id", job.ID),
	}
}

// watches reports whether w already is the job as source describes it.
func (w *WatchedJob) watches(job config.Job, source Source) bool {
	return w.Source == source && w.ID == job.ID && maps.Equal(w.Labels, job.Labels)
}

// Shard is the share of the jobs that this exporter watches: those whose ID falls to Index of Total. The zero value is
// all of them.
type Shard struct{ Index, Total int }

// has reports whether a job belongs to the shard. The hash is of the ID alone, so that it is the same everywhere.
func (s Shard) has(id config.JobID) bool {
	if s.Total <= 1 {
		return true
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return h.Sum64()%uint64(s.Total) == uint64(s.Index) //nolint:gosec // both are checked where the flags are read
}
