package collector

import (
	"time"

	"cielo24_exporter/cielo24"

	dto "github.com/prometheus/client_model/go"
)

// Gather returns snapshots as metric families, sorted by name, as they are at now. Absent data is an absent series.
func Gather(snapshots []Snapshot, now time.Time) []*dto.MetricFamily {
	var all []*dto.MetricFamily
	for _, f := range families() {
		if built := build(f, snapshots, now); built != nil {
			all = append(all, built)
		}
	}
	return all
}

// sink takes the series of a family. Their labels come in two parts, of which the second may be empty.
type sink interface {
	add(value float64, l, more labels)
}

// builder is a sink that makes a metric family. It is built directly and not through constant metrics, whose checks and
// copies cost more than asking the API does. Label values are valid UTF-8 because package cielo24 makes them so.
type builder struct{ metrics []*dto.Metric }

func (b *builder) add(value float64, l, more labels) {
	pairs := append(l.pairs(), more.pairs()...)
	b.metrics = append(b.metrics, &dto.Metric{Gauge: &dto.Gauge{Value: &value}, Label: pairs})
}

// build returns the family, or nil if it has no series.
func build(f family, snapshots []Snapshot, now time.Time) *dto.MetricFamily {
	var b builder
	for _, s := range snapshots {
		f.write(&b, s, now)
	}
	if len(b.metrics) == 0 {
		return nil
	}
	return &dto.MetricFamily{Name: &f.name, Help: &f.help, Type: dto.MetricType_GAUGE.Enum(), Metric: b.metrics}
}

// perAccount writes one value of an account, if there is one.
func perAccount(value func(Snapshot) (float64, bool)) func(sink, Snapshot, time.Time) {
	return func(to sink, s Snapshot, _ time.Time) {
		if v, ok := value(s); ok {
			to.add(v, newLabels("account", s.Account), "")
		}
	}
}

// perJob writes one value of each job that has it and whose values still hold.
func perJob(value func(*cielo24.Job, time.Time) (float64, bool)) func(sink, Snapshot, time.Time) {
	return func(to sink, s Snapshot, now time.Time) {
		for _, state := range s.Jobs {
			if job := state.Shown(now, s.StaleAfter); job != nil {
				if v, ok := value(job, now); ok {
					to.add(v, state.labels, "")
				}
			}
		}
	}
}

func accountErrors(to sink, s Snapshot, _ time.Time) {
	if s.Access.Known && !s.Access.Up {
		to.add(1, newLabels("account", s.Account, "reason", s.Access.Reason), "")
	}
}

func countSources(to sink, s Snapshot, _ time.Time) {
	count := map[Source]int{}
	for _, job := range s.Jobs {
		count[job.Source]++
	}
	for _, source := range sources() {
		to.add(float64(count[source]), newLabels("account", s.Account, "source", string(source)), "")
	}
}

func jobUp(to sink, s Snapshot, _ time.Time) {
	for _, state := range s.Jobs {
		if state.Asked {
			to.add(boolean(state.Up()), state.labels, "")
		}
	}
}

func jobErrors(to sink, s Snapshot, _ time.Time) {
	for _, state := range s.Jobs {
		if state.Err != nil {
			to.add(1, state.labels, newLabels("reason", state.Err.Reason))
		}
	}
}

func jobFetched(to sink, s Snapshot, now time.Time) {
	for _, state := range s.Jobs {
		if state.Shown(now, s.StaleAfter) != nil {
			v, _ := unix(state.Fetched)
			to.add(v, state.labels, "")
		}
	}
}

func jobInfo(to sink, s Snapshot, now time.Time) {
	for _, state := range s.Jobs {
		if state.Shown(now, s.StaleAfter) != nil {
			to.add(1, state.info, "")
		}
	}
}

func jobStatus(to sink, s Snapshot, now time.Time) {
	var statuses [7]labels
	for i, name := range states() {
		statuses[i] = newLabels("status", name)
	}
	for _, state := range s.Jobs {
		job := state.Shown(now, s.StaleAfter)
		if job == nil {
			continue
		}
		for i, name := range states() {
			to.add(boolean(name == job.Status), state.labels, statuses[i])
		}
	}
}
