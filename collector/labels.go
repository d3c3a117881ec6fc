package collector

import (
	"slices"
	"strings"

	"cielo24_exporter/cielo24"

	dto "github.com/prometheus/client_model/go"
)

// states are the values of the label status.
func states() [7]string {
	known := cielo24.Statuses()
	return [...]string{known[0], known[1], known[2], known[3], known[4], known[5], cielo24.StatusUnknown}
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
