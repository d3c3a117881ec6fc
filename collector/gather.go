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
		b := &builder{now: now} // a fresh one each time: nothing is used again
		if built := b.build(f, snapshots); built != nil {
			all = append(all, built)
		}
	}
	return all
}

// Gatherer makes metric families from snapshots, one at a time and all in the same memory: a scrape of tens of
// thousands of jobs needs no more than its largest family, and leaves nothing behind to collect.
//
// The families are built directly and not through constant metrics, whose checks and copies at every scrape cost more
// than asking the API does. Label values are valid UTF-8 because package cielo24 makes them so.
type Gatherer struct{ b builder }

// Each calls f with one family after the other, sorted by name, as they are at now. A family is good until f returns.
// The first error ends it.
func (g *Gatherer) Each(snapshots []Snapshot, now time.Time, f func(*dto.MetricFamily) error) error {
	g.b.now = now
	for _, description := range families() {
		if built := g.b.build(description, snapshots); built != nil {
			if err := f(built); err != nil {
				return err
			}
		}
	}
	return nil
}

// builder builds families. What metrics point to comes out of one piece of memory each: a fresh one for every series
// cost more than all the rest of gathering.
type builder struct {
	now      time.Time
	family   dto.MetricFamily
	metrics  []dto.Metric
	gauges   []dto.Gauge
	values   []float64
	pointers []*dto.Metric
}

// build returns the family, or nil if it has no series.
func (b *builder) build(f family, snapshots []Snapshot) *dto.MetricFamily {
	most := 0
	for _, s := range snapshots {
		most += max(len(s.Jobs)*f.perJob, len(sources()))
	}
	if most > len(b.values) {
		b.metrics, b.gauges, b.values = make([]dto.Metric, most), make([]dto.Gauge, most), make([]float64, most)
		b.pointers = make([]*dto.Metric, 0, most)
	}
	b.pointers = b.pointers[:0]
	for _, s := range snapshots {
		f.write(b, s)
	}
	if len(b.pointers) == 0 {
		return nil
	}
	b.family.Name, b.family.Help, b.family.Type = &f.name, &f.help, dto.MetricType_GAUGE.Enum()
	b.family.Metric = b.pointers
	return &b.family
}

// add appends a series. labels are shared, not copied.
func (b *builder) add(value float64, labels ...*dto.LabelPair) {
	i := len(b.pointers)
	b.values[i] = value
	b.gauges[i].Value = &b.values[i]
	b.metrics[i].Gauge, b.metrics[i].Label = &b.gauges[i], labels
	b.pointers = append(b.pointers, &b.metrics[i])
}

// perAccount writes one value of an account, if there is one.
func perAccount(value func(Snapshot) (float64, bool)) func(*builder, Snapshot) {
	return func(b *builder, s Snapshot) {
		if v, ok := value(s); ok {
			b.add(v, label("account", s.Account))
		}
	}
}

// perJob writes one value of each job that has it and whose values still hold.
func perJob(value func(*cielo24.Job, time.Time) (float64, bool)) func(*builder, Snapshot) {
	return func(b *builder, s Snapshot) {
		for _, state := range s.Jobs {
			if job := state.Shown(b.now, s.StaleAfter); job != nil {
				if v, ok := value(job, b.now); ok {
					b.add(v, state.labels...)
				}
			}
		}
	}
}

func accountErrors(b *builder, s Snapshot) {
	if s.Access.Known && !s.Access.Up {
		b.add(1, label("account", s.Account), label("reason", s.Access.Reason))
	}
}

func countSources(b *builder, s Snapshot) {
	count := map[Source]int{}
	for _, job := range s.Jobs {
		count[job.Source]++
	}
	for _, source := range sources() {
		b.add(float64(count[source]), label("account", s.Account), label("source", string(source)))
	}
}

func jobUp(b *builder, s Snapshot) {
	for _, state := range s.Jobs {
		if state.Asked {
			b.add(boolean(state.Up()), state.labels...)
		}
	}
}

func jobErrors(b *builder, s Snapshot) {
	for _, state := range s.Jobs {
		if state.Err != nil {
			b.add(1, with(state.labels, label("reason", state.Err.Reason))...)
		}
	}
}

func jobFetched(b *builder, s Snapshot) {
	for _, state := range s.Jobs {
		if state.Shown(b.now, s.StaleAfter) != nil {
			v, _ := unix(state.Fetched)
			b.add(v, state.labels...)
		}
	}
}

func jobInfo(b *builder, s Snapshot) {
	for _, state := range s.Jobs {
		if state.Shown(b.now, s.StaleAfter) != nil {
			b.add(1, state.info...)
		}
	}
}

func jobStatus(b *builder, s Snapshot) {
	for _, state := range s.Jobs {
		job := state.Shown(b.now, s.StaleAfter)
		if job == nil {
			continue
		}
		for i, name := range states() {
			b.add(boolean(name == job.Status), state.statusLabels[i]...)
		}
	}
}
