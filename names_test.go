package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"gopkg.in/yaml.v3"
)

const rulesFile = "examples/prometheus/rules/cielo24.rules.yml"

// ruleFile is a file of Prometheus' rules.
type ruleFile struct {
	Groups []struct {
		Rules []struct{ Record, Alert, Expr string }
	}
}

func readRules(t *testing.T, file string) ruleFile {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rules ruleFile
	if err := yaml.Unmarshal(data, &rules); err != nil {
		t.Fatal(err)
	}
	return rules
}

// names are those that may be used.
type names struct {
	metrics map[string][]string // labels by the exporter's metrics, as they are documented
	records map[string]bool     // recording rules
}

func readNames(t *testing.T) names {
	t.Helper()
	n := names{map[string][]string{}, map[string]bool{}}
	data, err := os.ReadFile("docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\| ([a-z]+) \\| (.*?) \\|").FindAllStringSubmatch(string(data), -1) {
		of := strings.Split(strings.ReplaceAll(row[3], "`", ""), ", ")
		if row[2] == "histogram" {
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				n.metrics[row[1]+suffix] = append([]string{"le"}, of...)
			}
		}
		n.metrics[row[1]] = of
	}
	for _, group := range readRules(t, rulesFile).Groups {
		for _, rule := range group.Rules {
			n.records[rule.Record] = true
		}
	}
	delete(n.records, "")
	if len(n.metrics) < 20 || len(n.records) < 10 {
		t.Fatalf("%d metrics, %d recording rules", len(n.metrics), len(n.records))
	}
	return n
}

// check returns what is wrong with the names in an expression, and the metrics that it uses.
func (n names) check(expr string) (wrong, used []string) {
	known := []string{"job", "instance", "alertname", "alertstate", "severity", "scope", "service", "le", "status", "key"}
	for _, of := range n.metrics {
		known = append(known, of...)
	}
	node, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return []string{err.Error()}, nil
	}
	some := func(of string, have, allowed []string) {
		for _, label := range have {
			if !slices.Contains(allowed, label) {
				wrong = append(wrong, "there is no label "+label+of)
			}
		}
	}
	parser.Inspect(node, func(node parser.Node, _ []parser.Node) error {
		switch node := node.(type) {
		case *parser.VectorSelector:
			used = append(used, node.Name)
			allowed, ok := n.metrics[node.Name]
			if !ok {
				allowed = known
			}
			if !ok && !n.records[node.Name] && node.Name != "up" && node.Name != "ALERTS" {
				wrong = append(wrong, "there is no metric "+node.Name)
			}
			for _, m := range node.LabelMatchers {
				some(" of "+node.Name, []string{m.Name}, append([]string{model.MetricNameLabel, "job", "instance"}, allowed...))
			}
		case *parser.AggregateExpr:
			some("", node.Grouping, known)
		case *parser.BinaryExpr:
			if m := node.VectorMatching; m != nil {
				some("", append(m.MatchingLabels, m.Include...), known)
			}
		}
		return nil
	})
	return wrong, used
}

// expressions returns every expression that users copy, by where it stands.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, group := range readRules(t, rulesFile).Groups {
		for _, rule := range group.Rules {
			all[rulesFile+" "+rule.Record+rule.Alert] = rule.Expr
		}
	}
	for _, query := range readDashboard(t).Queries(60) {
		all[dashboardFile+" "+query.Where] = query.Expr
	}
	for file, text := range documents(t) {
		for i, block := range regexp.MustCompile("(?s)```promql\n(.*?)```").FindAllStringSubmatch(text, -1) {
			all[fmt.Sprintf("%s %d", file, i)] = block[1]
		}
	}
	return all
}

// documents returns the documents by file.
func documents(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, file := range append(files, "README.md", "CHANGELOG.md") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[file] = string(data)
	}
	return all
}

func TestRulesDashboardAndDocumentsUseNamesThatExist(t *testing.T) {
	n := readNames(t)
	for where, expr := range expressions(t) {
		wrong, _ := n.check(expr)
		for _, problem := range wrong {
			t.Errorf("%s: %s", where, problem)
		}
	}
}

// Those that neither a rule nor a panel needs.
func notWatched() []string {
	return []string{
		"cielo24_exporter_config_last_reload_success_timestamp_seconds", // for people, when the other says 0
		"cielo24_job_last_success_timestamp_seconds",                    // likewise, beside cielo24_job_up
		"cielo24_job_time_until_due_seconds",                            // the rules count from the due date itself
	}
}

func TestEveryMetricIsWatchedByARuleOrAPanel(t *testing.T) {
	n := readNames(t)
	used := map[string]bool{}
	for where, expr := range expressions(t) {
		if strings.HasPrefix(where, "examples/") {
			_, metrics := n.check(expr)
			for _, m := range metrics {
				used[m] = true
			}
		}
	}
	for _, metric := range slices.Sorted(maps.Keys(n.metrics)) {
		base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(metric, "")
		watched := used[metric] || used[base+"_bucket"] || used[base+"_sum"] || used[base+"_count"]
		if watched == slices.Contains(notWatched(), metric) {
			t.Errorf("%s: watched %t", metric, watched)
		}
	}
}
