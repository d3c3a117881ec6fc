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
	return finish(slices.Concat(gatherAccounts(snapshots), gatherCalls(snapshots), gatherJobs(snapshots, now)))
}

// finish leaves out families without a series and sorts the rest.
func finish(families []*family) []*dto.MetricFamily {
	var finished []*dto.MetricFamily
	for _, f := range families {
		if len(f.Metric) > 0 {
			finished = append(finished, &f.MetricFamily)
		}
	}
	slices.SortFunc(finished, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return finished
}

// gatherAccounts writes what is said of each account.
func gatherAccounts(snapshots []Snapshot) []*family {
	var all []*family
	for _, f := range accountFamilies() {
		g := gauge(f.name, f.help, len(snapshots))
		for _, s := range snapshots {
			if v, ok := f.value(s); ok {
				g.add(v, []*dto.LabelPair{label("account", s.Account)})
			}
		}
		all = append(all, g)
	}
	failed := gauge(accountErrorName, accountErrorHelp, len(snapshots))
	jobs := gauge(jobsName, jobsHelp, len(snapshots)*len(sources()))
	for _, s := range snapshots {
		if s.Access.Known && !s.Access.Up {
			failed.add(1, []*dto.LabelPair{label("account", s.Account), label("reason", s.Access.Reason)})
		}
		count := map[Source]int{}
		for _, job := range s.Jobs {
			count[job.Source]++
		}
		for _, source := range sources() {
			jobs.add(float64(count[source]), []*dto.LabelPair{label("account", s.Account), label("source", string(source))})
		}
	}
	return append(all, failed, jobs)
}

// gatherCalls writes how the last call for each job ended.
func gatherCalls(snapshots []Snapshot) []*family {
	n := countJobs(snapshots)
	up, failed := gauge(jobUpName, jobUpHelp, n), gauge(jobErrorName, jobErrorHelp, n)
	for _, s := range snapshots {
		for _, job := range s.Jobs {
			if job.Asked {
				up.add(boolean(job.Up()), job.labels)
			}
			if job.Err != nil {
				failed.add(1, with(job.labels, label("reason", job.Err.Reason)))
			}
		}
	}
	return []*family{up, failed}
}

// gatherJobs writes what the API said of each job whose values still hold.
func gatherJobs(snapshots []Snapshot, now time.Time) []*family {
	n := countJobs(snapshots)
	var all []*family
	numbers := jobFamilies()
	for _, f := range numbers {
		all = append(all, gauge(f.name, f.help, n))
	}
	fetched, info := gauge(jobFetchedName, jobFetchedHelp, n), gauge(jobInfoName, jobInfoHelp, n)
	status := gauge(jobStatusName, jobStatusHelp, n*len(states()))
	for _, s := range snapshots {
		for _, state := range s.Jobs {
			job := state.Shown(now, s.StaleAfter)
			if job == nil {
				continue
			}
			for i, f := range numbers {
				if v, ok := f.value(job, now); ok {
					all[i].add(v, state.labels)
				}
			}
			v, _ := unix(state.Fetched)
			fetched.add(v, state.labels)
			for i, name := range states() {
				status.add(boolean(name == job.Status), state.statusLabels[i])
			}
			info.add(1, state.info)
		}
	}
	return append(all, fetched, status, info)
}

func countJobs(snapshots []Snapshot) int {
	n := 0
	for _, s := range snapshots {
		n += len(s.Jobs)
	}
	return n
}

// states are the values of the label status.
func states() [7]string {
	known := cielo24.Statuses()
	return [...]string{known[0], known[1], known[2], known[3], known[4], known[5], cielo24.StatusUnknown}
}

// family is a metric family whose metrics come out of one piece of memory each: a fresh one for every series cost more
// than all the rest of gathering.
type family struct {
	dto.MetricFamily
	metrics []dto.Metric
	gauges  []dto.Gauge
	values  []float64
}

// gauge returns a family for at most n series.
func gauge(name, help string, n int) *family {
	f := &family{metrics: make([]dto.Metric, n), gauges: make([]dto.Gauge, n), values: make([]float64, n)}
	f.Name, f.Help, f.Type = &name, &help, dto.MetricType_GAUGE.Enum()
	f.Metric = make([]*dto.Metric, 0, n)
	return f
}

// add appends a series. labels are shared, not copied.
func (f *family) add(value float64, labels []*dto.LabelPair) {
	i := len(f.Metric)
	f.values[i] = value
	f.gauges[i].Value = &f.values[i]
	f.metrics[i].Gauge, f.metrics[i].Label = &f.gauges[i], labels
	f.Metric = append(f.Metric, &f.metrics[i])
}

func label(name, value string) *dto.LabelPair { return &dto.LabelPair{Name: &name, Value: &value} }

// with returns labels and more in a slice of their own.
func with(labels []*dto.LabelPair, more ...*dto.LabelPair) []*dto.LabelPair {
	return append(append(make([]*dto.LabelPair, 0, len(labels)+len(more)), labels...), more...)
}
