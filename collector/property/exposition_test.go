package property_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// exposition is the exporter's own metrics in an answer: value by series. A series is written name{a="1",b="2"}, labels
// sorted, without empty ones. Histograms are left out.
type exposition struct {
	values map[string]float64
	twice  []string
	jobs   map[string]map[string]map[string]float64 // of the jobs: by account, job_id, and series without these two
}

func newExposition() *exposition {
	return &exposition{values: map[string]float64{}, jobs: map[string]map[string]map[string]float64{}}
}

// add takes a series.
func (e *exposition) add(name string, labels map[string]string, value float64) {
	if !strings.HasPrefix(name, "cielo24_") || strings.Contains(name, "_duration_seconds_") || strings.Contains(name, "exporter") {
		return
	}
	series := name + write(labels)
	if _, twice := e.values[series]; twice {
		e.twice = append(e.twice, series)
	}
	e.values[series] = value
	id, of := labels["job_id"], labels["account"]
	if id == "" {
		return
	}
	delete(labels, "job_id")
	delete(labels, "account")
	if e.jobs[of] == nil {
		e.jobs[of] = map[string]map[string]float64{}
	}
	if e.jobs[of][id] == nil {
		e.jobs[of][id] = map[string]float64{}
	}
	e.jobs[of][id][strings.TrimPrefix(name, "cielo24_job_")+write(labels)] = value
}

// write writes labels.
func write(labels map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if labels[name] != "" {
			fmt.Fprintf(&b, ",%s=%q", name, labels[name])
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "{" + b.String()[1:] + "}"
}

// value is that of a series of an account.
func (e *exposition) value(name, account string, more ...string) (float64, bool) {
	labels := map[string]string{"account": account}
	for i := 0; i+1 < len(more); i += 2 {
		labels[more[i]] = more[i+1]
	}
	v, ok := e.values[name+write(labels)]
	return v, ok
}

// reason is that of cielo24_account_error.
func (e *exposition) reason(account string) string {
	for series := range e.values {
		if rest, ok := strings.CutPrefix(series, `cielo24_account_error{account="`+account+`",reason="`); ok {
			return strings.TrimSuffix(rest, `"}`)
		}
	}
	return ""
}

// parseText reads the text format, and OpenMetrics.
func parseText(text string) (*exposition, error) {
	e := newExposition()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "cielo24_") {
			continue
		}
		end := strings.IndexAny(line, "{ ")
		if end < 0 {
			return nil, fmt.Errorf("not a series: %s", line)
		}
		name, rest := line[:end], line[end:]
		labels, rest, err := parseLabels(rest)
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, line)
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
		if err != nil {
			return nil, err
		}
		e.add(name, labels, value)
	}
	return e, nil
}

var errLabels = errors.New("labels cannot be read")

// parseLabels reads {a="1",b="2"}, if there are any.
func parseLabels(s string) (labels map[string]string, rest string, err error) {
	labels = map[string]string{}
	if s[0] != '{' {
		return labels, s, nil
	}
	for s = s[1:]; !strings.HasPrefix(s, "}"); s = strings.TrimPrefix(s, ",") {
		name, after, ok := strings.Cut(s, "=")
		quoted, err := strconv.QuotedPrefix(after)
		if !ok || err != nil {
			return nil, "", errLabels
		}
		if labels[name], err = strconv.Unquote(quoted); err != nil {
			return nil, "", errLabels
		}
		s = after[len(quoted):]
	}
	return labels, s[1:], nil
}

// parseProtobuf reads delimited protobuf.
func parseProtobuf(data []byte) (*exposition, error) {
	e := newExposition()
	d := expfmt.NewDecoder(bytes.NewReader(data), expfmt.NewFormat(expfmt.TypeProtoDelim))
	for {
		var family dto.MetricFamily
		if err := d.Decode(&family); errors.Is(err, io.EOF) {
			return e, nil
		} else if err != nil {
			return nil, err
		}
		for _, m := range family.GetMetric() {
			labels := map[string]string{}
			for _, pair := range m.GetLabel() {
				labels[pair.GetName()] = pair.GetValue()
			}
			switch {
			case m.GetGauge() != nil:
				e.add(family.GetName(), labels, m.GetGauge().GetValue())
			case m.GetCounter() != nil:
				e.add(family.GetName(), labels, m.GetCounter().GetValue())
			}
		}
	}
}

// difference says in what two sets of series differ, in one line; "" if in nothing.
func difference(got, want map[string]float64) string {
	for _, series := range slices.Sorted(maps.Keys(want)) {
		if v, ok := got[series]; !ok {
			return "missing: " + series
		} else if math.Abs(v-want[series]) > 1e-5 {
			return fmt.Sprintf("%s: got %v, want %v", series, v, want[series])
		}
	}
	for _, series := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[series]; !ok {
			return "not expected: " + series
		}
	}
	return ""
}
