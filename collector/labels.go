package collector

import (
	"slices"
	"strings"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/config"

	dto "github.com/prometheus/client_model/go"
)

// states are the values of the label status.
func states() [7]string {
	known := cielo24.Statuses()
	return [...]string{known[0], known[1], known[2], known[3], known[4], known[5], cielo24.StatusUnknown}
}

// labeler makes the labels of an account's jobs; what is the same for many jobs is made once.
type labeler struct {
	account  *dto.LabelPair
	statuses [7]*dto.LabelPair
}

func newLabeler(account string) labeler {
	l := labeler{account: label("account", account)}
	for i, status := range states() {
		l.statuses[i] = label("status", status)
	}
	return l
}

// watch returns the job as a watched one.
func (l labeler) watch(job config.Job, source Source) *Watched {
	w := &Watched{
		Account: l.account.GetValue(), ID: job.ID, Labels: job.Labels, Source: source,
		labels: []*dto.LabelPair{l.account, label("job_id", job.ID)},
	}
	all := make([]*dto.LabelPair, 0, 3*len(l.statuses))
	for i, status := range l.statuses {
		all = append(all, w.labels[0], w.labels[1], status)
		w.statusLabels[i] = all[3*i : 3*i+3 : 3*i+3]
	}
	return w
}

// infoFor returns the labels of cielo24_job_info for the next answer, sorted by name. They hardly ever change.
func (s *JobState) infoFor(next *cielo24.Job) []*dto.LabelPair {
	if was := s.Job; was != nil && was.Name == next.Name && was.ExternalID == next.ExternalID &&
		was.Priority == next.Priority && was.Fidelity == next.Fidelity && was.Difficulty == next.Difficulty &&
		was.SourceLanguage == next.SourceLanguage && was.TargetLanguage == next.TargetLanguage {
		return s.info
	}
	pairs := with(s.labels,
		label("job_name", next.Name),
		label("external_id", next.ExternalID),
		label("priority", next.Priority),
		label("fidelity", next.Fidelity),
		label("difficulty", next.Difficulty),
		label("source_language", next.SourceLanguage),
		label("target_language", next.TargetLanguage),
	)
	for name, value := range s.Labels {
		pairs = append(pairs, label(name, value))
	}
	slices.SortFunc(pairs, func(a, b *dto.LabelPair) int { return strings.Compare(a.GetName(), b.GetName()) })
	return pairs
}

func label(name, value string) *dto.LabelPair { return &dto.LabelPair{Name: &name, Value: &value} }

// with returns labels and more in a slice of their own.
func with(labels []*dto.LabelPair, more ...*dto.LabelPair) []*dto.LabelPair {
	return append(append(make([]*dto.LabelPair, 0, len(labels)+len(more)), labels...), more...)
}
