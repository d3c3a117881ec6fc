package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cielo24_exporter/cielo24"

	"gopkg.in/yaml.v3"
)

// Bounds of what can be said of a job.
const (
	maxLabels      = 20
	maxLabelLength = 256 // bytes
)

// place is where a job stands.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

// jobList is a list of jobs from one file, and where each stands.
type jobList struct {
	file   string
	jobs   []Job
	lines  []int // of the jobs
	places map[JobID]place
}

// read reads the list. null is an empty one: what is generated often ends so.
func (l *jobList) read(v value) {
	if isNull(v.node) {
		return
	}
	v.each(func(v value) {
		job, ok := readJob(v)
		if !ok {
			return
		}
		if first, twice := l.places[job.Key]; twice {
			v.fail("%s", duplicate(first))
			return
		}
		l.places[job.Key] = place{l.file, v.node.Line}
		l.jobs = append(l.jobs, job)
		l.lines = append(l.lines, v.node.Line)
	})
}

// duplicate is what is said of a job that stands somewhere else, too.
func duplicate(first place) string { return "duplicate job ID, also at " + first.String() }

// readJob reads an ID, or an ID with labels.
func readJob(v value) (Job, bool) {
	if v.node.Kind != yaml.MappingNode {
		var job Job
		ok := job.readID(v)
		return job, ok
	}
	var job Job
	valid := true
	seen := v.mapping(map[string]func(value){
		"id":     func(v value) { valid = job.readID(v) },
		"labels": func(v value) { job.Labels = readLabels(v) },
	})
	if seen["id"] == nil {
		v.fail("id is missing")
		return Job{}, false
	}
	return job, valid
}

// readID reads the job's ID, as it is written: to YAML, 32 digits are a number.
func (j *Job) readID(v value) bool {
	s, ok := v.text()
	if !ok {
		return false
	}
	key, err := ParseJobID(s)
	if err != nil {
		v.fail("%s", err)
		return false
	}
	j.ID, j.Key = s, key
	return true
}

// builtIn are the labels that cannot be configured: the exporter's own, and those that Prometheus attaches.
func builtIn() []string {
	names := []string{"account", "job_id", "job", "instance"}
	for _, f := range cielo24.Fields() {
		names = append(names, f.Name)
	}
	return names
}

// readLabels reads labels for cielo24_job_info.
func readLabels(v value) map[string]string {
	if v.node.Kind != yaml.MappingNode {
		v.fail("must be a mapping (label: value), found %s", v.found())
		return nil
	}
	labels := map[string]string{}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		name := v.node.Content[i]
		below, ok := v.at(join(v.key, quoteKey(name.Value)), v.node.Content[i+1])
		if !ok {
			break
		}
		if text := labelProblem(name.Value, labels); text != "" {
			v.add(name.Line, below.key, text)
			continue
		}
		s, ok := below.text()
		if ok && len(s) > maxLabelLength {
			below.fail("longer than %d bytes", maxLabelLength)
			continue
		}
		labels[name.Value] = s
	}
	if len(labels) > maxLabels {
		v.fail("has %d labels; at most %d are allowed", len(labels), maxLabels)
	}
	return labels
}

// labelProblem says why a label cannot have this name, or "".
func labelProblem(name string, labels map[string]string) string {
	_, twice := labels[name]
	switch {
	case twice:
		return "duplicate label"
	case !regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`).MatchString(name):
		return "not a label name (expected letters, digits and underscores, not starting with a digit)"
	case strings.HasPrefix(name, "__"):
		return "not allowed: label names that start with __ are reserved by Prometheus"
	case slices.Contains(builtIn(), name):
		return "not allowed: the exporter or Prometheus sets this label itself; choose another name"
	case len(name) > maxLabelLength:
		return "the label name is too long"
	}
	return ""
}

// quoteKey keeps a key in one short line.
func quoteKey(s string) string {
	if len(s) <= 64 && regexp.MustCompile(`^[a-zA-Z0-9_]+$`).MatchString(s) {
		return s
	}
	return quote(s)
}
