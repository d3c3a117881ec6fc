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

// perJob writes one value of each job that has it and whose values are visible.
func perJob(value func(*cielo24.Job, time.Time) (float64, bool)) func(sink, Snapshot, time.Time) {
	return func(to sink, s Snapshot, now time.Time) {
		for _, state := range s.Jobs {
			if job := state.Visible(now, s.StaleAfter); job != nil {
				if v, ok := value(job, now); ok {
					to.add(v, state.labels, "")
				}
			}
		}
	}
}

func accountErrors(to sink, s Snapshot, _ time.Time) {
	if s.Health.Known && !s.Health.Up {
		to.add(1, newLabels("account", s.Account, "reason", s.Health.Reason), "")
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

func discoveryUp(to sink, s Snapshot, _ time.Time) {
	for _, l := range s.Lists {
		if l.Ended {
			to.add(boolean(l.Whole), newLabels("account", s.Account, "status", l.Status), "")
		}
	}
}

// unreadableJobs is known as soon as a list has been.
func unreadableJobs(s Snapshot) (float64, bool) {
	sum, ended := 0, false
	for _, l := range s.Lists {
		sum += l.UnreadableJobs
		ended = ended || l.Ended
	}
	return float64(sum), ended
}

func jobUp(to sink, s Snapshot, _ time.Time) {
	for _, state := range s.Jobs {
		to.add(boolean(state.Up()), state.labels, "")
	}
}

func jobErrors(to sink, s Snapshot, _ time.Time) {
	for _, state := range s.Jobs {
		if !state.Up() {
			to.add(1, state.labels, newLabels("reason", state.Reason()))
		}
	}
}

func jobFetched(to sink, s Snapshot, now time.Time) {
	for _, state := range s.Jobs {
		if state.Visible(now, s.StaleAfter) != nil {
			v, _ := unix(state.FetchedAt)
			to.add(v, state.labels, "")
		}
	}
}

func jobInfo(to sink, s Snapshot, now time.Time) {
	for _, state := range s.Jobs {
		if state.Visible(now, s.StaleAfter) != nil {
			to.add(1, state.info, "")
		}
	}
}

func jobDateUnreadable(to sink, s Snapshot, now time.Time) {
	for _, state := range s.Jobs {
		if job := state.Visible(now, s.StaleAfter); job != nil {
			for _, d := range job.Unreadable {
				to.add(1, state.labels, newLabels("date", d.Name))
			}
		}
	}
}

func jobStatus(to sink, s Snapshot, now time.Time) {
	names := append(cielo24.Statuses(), cielo24.StatusUnknown)
	var statuses []labels
	for _, name := range names {
		statuses = append(statuses, newLabels("status", name))
	}
	for _, state := range s.Jobs {
		job := state.Visible(now, s.StaleAfter)
		if job == nil {
			continue
		}
		for i, name := range names {
			to.add(boolean(name == job.Status), state.labels, statuses[i])
		}
	}
}
