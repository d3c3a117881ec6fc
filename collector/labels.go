package collector

import (
	"maps"
	"slices"
	"strings"

	"cielo24_exporter/cielo24"

	dto "github.com/prometheus/client_model/go"
)

// labels are the labels of a series as the text formats write them between the braces: account="a",job_id="b".
//
// A job's series have the same ones at every scrape, and nearly every scrape is text. So they are written once, and
// taken apart again for what is not text.
type labels string

// newLabels writes names and values, in turn.
func newLabels(namesAndValues ...string) labels {
	var l labels
	for i := 0; i+1 < len(namesAndValues); i += 2 {
		l = l.with(namesAndValues[i], namesAndValues[i+1])
	}
	return l
}

// with returns l and one label more.
func (l labels) with(name, value string) labels {
	one := labels(name + `="` + escape(value) + `"`)
	if l == "" {
		return one
	}
	return l + "," + one
}

// escape writes a value as it stands between quotes. Hardly any needs it.
func escape(s string) string {
	if !strings.ContainsAny(s, "\\\n\"") {
		return s
	}
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(s)
}

// pairs takes the labels apart.
func (l labels) pairs() []*dto.LabelPair {
	var pairs []*dto.LabelPair
	for rest := string(l); rest != ""; {
		name, quoted, _ := strings.Cut(rest, `="`)
		end := 0
		for quoted[end] != '"' {
			if quoted[end] == '\\' {
				end++
			}
			end++
		}
		value := strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\"`, `"`).Replace(quoted[:end])
		pairs = append(pairs, &dto.LabelPair{Name: &name, Value: &value})
		rest = strings.TrimPrefix(quoted[end+1:], ",")
	}
	return pairs
}

// infoFor returns the labels of cielo24_job_info for the next answer, sorted by name. They hardly ever change.
func (s *JobState) infoFor(next *cielo24.Job) labels {
	if s.Values != nil && s.info != "" && sameFields(s.Values, next) {
		return s.info
	}
	all := map[string]string{"account": s.Account, "job_id": s.ID}
	for _, f := range cielo24.Fields() {
		all[f.Name] = f.Value(next)
	}
	maps.Copy(all, s.Labels) // the configuration allows none of the names above
	var l labels
	for _, name := range slices.Sorted(maps.Keys(all)) {
		l = l.with(name, all[name])
	}
	return l
}

// sameFields reports whether the text fields of both are the same.
func sameFields(a, b *cielo24.Job) bool {
	for _, f := range cielo24.Fields() {
		if f.Value(a) != f.Value(b) {
			return false
		}
	}
	return true
}
