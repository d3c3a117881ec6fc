package collector

import (
	"slices"
	"strings"
	"time"

	"cielo24_exporter/cielo24"

	dto "github.com/prometheus/client_model/go"
)

// Gather writes snapshots as metric families, sorted by name, as they are at now. Absent data is an absent series.
//
// The families are built directly and not through constant metrics: with tens of thousands of series the checks and
// copies that those bring at every scrape cost more than asking the API does. Label values are valid UTF-8 because
// package cielo24 makes them so.
func Gather(snapshots []Snapshot, now time.Time) []*dto.MetricFamily {
	var families []*dto.MetricFamily
	families = gatherAccounts(families, snapshots)
	families = gatherCalls(families, snapshots)
	families = gatherJobs(families, snapshots, now)
	families = slices.DeleteFunc(families, func(f *dto.MetricFamily) bool { return len(f.Metric) == 0 })
	slices.SortFunc(families, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return families
}

// gatherAccounts writes what is said of each account.
func gatherAccounts(to []*dto.MetricFamily, snapshots []Snapshot) []*dto.MetricFamily {
	for _, f := range accountFamilies() {
		family := gauge(f.name, f.help)
		for _, s := range snapshots {
			if v, ok := f.value(s); ok {
				add(family, v, label("account", s.Account))
			}
		}
		to = append(to, family)
	}
	failed, jobs := gauge(accountErrorName, accountErrorHelp), gauge(jobsName, jobsHelp)
	for _, s := range snapshots {
		if s.Access.Known && !s.Access.Up {
			add(failed, 1, label("account", s.Account), label("reason", s.Access.Reason))
		}
		count := map[Source]int{}
		for _, job := range s.Jobs {
			count[job.Source]++
		}
		for _, source := range sources() {
			add(jobs, float64(count[source]), label("account", s.Account), label("source", string(source)))
		}
	}
	return append(to, failed, jobs)
}

// gatherCalls writes how the last call for each job ended.
func gatherCalls(to []*dto.MetricFamily, snapshots []Snapshot) []*dto.MetricFamily {
	up, failed := gauge(jobUpName, jobUpHelp), gauge(jobErrorName, jobErrorHelp)
	for _, s := range snapshots {
		for _, job := range s.Jobs {
			if job.Asked {
				add(up, boolean(job.Up()), job.labels...)
			}
			if job.Err != nil {
				add(failed, 1, with(job.labels, label("reason", job.Err.Reason))...)
			}
		}
	}
	return append(to, up, failed)
}

// gatherJobs writes what the API said of each job whose values still hold.
func gatherJobs(to []*dto.MetricFamily, snapshots []Snapshot, now time.Time) []*dto.MetricFamily {
	numbers := jobFamilies()
	first := len(to)
	for _, f := range numbers {
		to = append(to, gauge(f.name, f.help))
	}
	fetched, status := gauge(jobFetchedName, jobFetchedHelp), gauge(jobStatusName, jobStatusHelp)
	info := gauge(jobInfoName, jobInfoHelp)
	states := statusLabels()
	for _, s := range snapshots {
		for _, state := range s.Jobs {
			job := state.Shown(now, s.StaleAfter)
			if job == nil {
				continue
			}
			for i, f := range numbers {
				if v, ok := f.value(job, now); ok {
					add(to[first+i], v, state.labels...)
				}
			}
			v, _ := unix(state.Fetched)
			add(fetched, v, state.labels...)
			for _, l := range states {
				add(status, boolean(l.GetValue() == job.Status), with(state.labels, l)...)
			}
			add(info, 1, infoPairs(state, job)...)
		}
	}
	return append(to, fetched, status, info)
}

// statusLabels returns a label for each documented status and for the unknown one.
func statusLabels() []*dto.LabelPair {
	var labels []*dto.LabelPair
	for _, status := range append(cielo24.Statuses(), cielo24.StatusUnknown) {
		labels = append(labels, label("status", status))
	}
	return labels
}

// infoPairs are the labels of a job's cielo24_job_info, sorted by name.
func infoPairs(state *JobState, job *cielo24.Job) []*dto.LabelPair {
	pairs := with(state.labels, infoLabels(job)...)
	for name, value := range state.Labels {
		pairs = append(pairs, label(name, value))
	}
	slices.SortFunc(pairs, func(a, b *dto.LabelPair) int { return strings.Compare(a.GetName(), b.GetName()) })
	return pairs
}

func gauge(name, help string) *dto.MetricFamily {
	return &dto.MetricFamily{Name: new(name), Help: new(help), Type: dto.MetricType_GAUGE.Enum()}
}

func add(to *dto.MetricFamily, value float64, labels ...*dto.LabelPair) {
	to.Metric = append(to.Metric, &dto.Metric{Label: labels, Gauge: &dto.Gauge{Value: new(value)}})
}

// with returns labels and more in a slice of their own.
func with(labels []*dto.LabelPair, more ...*dto.LabelPair) []*dto.LabelPair {
	return append(append(make([]*dto.LabelPair, 0, len(labels)+len(more)), labels...), more...)
}
