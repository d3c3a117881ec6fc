package main

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/simulator"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

var update = flag.Bool("update", false, "write the generated documents anew")

const metricsIntro = `# Metrics

Generated from a running exporter by ` + "`go test -run EveryMetric . -update`" + `; a test keeps it up to date.

- An unknown value is an absent series, never 0. The only series that every watched job always has is
  ` + "`cielo24_job_up`" + `.
- ` + "`job_id`" + ` is the ID as you configured it. ` + "`cielo24_job_info`" + ` also has the labels that you configured for the job.
- ` + "`reason`" + ` is one of the API's ErrorTypes, ` + "`other`" + ` for an unknown ErrorType, a kind of failure (REASONS), or, for a job,
  ` + "`pending`" + ` until its first fetch has ended.
- A job that cannot be fetched for a temporary reason keeps its values for ` + "`stale_after`" + `, while ` + "`cielo24_job_up`" + ` is 0. A job
  that the API rejects loses them at once.
- ` + "`RETURNED`" + `, which the API returned for finished jobs until 2015, counts as ` + "`Complete`" + `. A missing or undocumented status
  is ` + "`unknown`" + `.
- The exporter also exports the usual ` + "`go_*`" + `, ` + "`process_*`" + ` and ` + "`promhttp_*`" + ` metrics.

| metric | type | labels | meaning |
|---|---|---|---|
`

func TestEveryMetricIsInTheDocuments(t *testing.T) {
	_, base := simulateFor(t)
	put(t, http.MethodPut, base+"/_simulator/jobs", `{"id": "aa", "raw": {"JobId": "aa", "JobStatus": "Pending", "DueDate": "soon"}}`)
	accounts := configuration(base, []string{documentedID, "aa", simulator.DemoUnknownJobID}, loginLines)
	for name, url := range map[string]string{"lists": base, "down": "http://127.0.0.1:1"} {
		discovers := configuration(url, []string{documentedID}, "api_token: "+simulator.DemoToken, "discovery: {}")
		accounts += strings.Replace(strings.TrimPrefix(discovers, "accounts:\n"), "name: a", "name: "+name, 1)
	}
	exporter, _ := serveWith(t, accounts)
	_, text := get(t, http.MethodGet, exporter.address()+"/metrics")

	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(strings.Replace(metricsIntro, "REASONS", "`"+strings.Join(cielo24.Reasons(), "`, `")+"`", 1))
	for _, name := range slices.Sorted(maps.Keys(families)) {
		if !strings.HasPrefix(name, "cielo24_") {
			continue
		}
		labels := map[string]bool{}
		for _, metric := range families[name].GetMetric() {
			for _, pair := range metric.GetLabel() {
				labels["`"+pair.GetName()+"`"] = true
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, strings.ToLower(families[name].GetType().String()),
			strings.Join(slices.Sorted(maps.Keys(labels)), ", "), families[name].GetHelp())
	}
	compareDocument(t, "docs/metrics.md", b.String())
}

// compareDocument compares a generated document with what is committed.
func compareDocument(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		writeFile(t, file, text)
	}
	if have, err := os.ReadFile(file); err != nil || string(have) != text {
		t.Errorf("%s is not what the program says (write it anew with -update): %v", file, err)
	}
}
