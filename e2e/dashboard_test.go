package e2e_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cielo24_exporter/e2e/grafana"
)

// watchDemo starts the demo and a Prometheus that scrapes it every second and applies the rules of examples/.
func watchDemo(t *testing.T) *prometheus {
	t.Helper()
	_, exporter := startDemo(t)
	example, err := os.ReadFile("../examples/prometheus/prometheus.yml")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := filepath.Abs("../examples/prometheus/rules")
	if err != nil {
		t.Fatal(err)
	}
	return startPrometheus(t, strings.NewReplacer(
		"localhost:10059", strings.TrimPrefix(exporter, "http://"), "rules/", rules+"/",
		"scrape_interval: 1m", "scrape_interval: 1s\n  evaluation_interval: 1s", "scrape_timeout: 30s", "scrape_timeout: 1s",
	).Replace(string(example)))
}

// hasData waits until the query returns something.
func (p *prometheus) hasData(where, promql string) {
	p.t.Helper()
	eventually(p.t, where+": "+promql, func() error {
		values, err := p.query(promql)
		if err == nil && len(values) == 0 {
			err = errors.New("no data")
		}
		return err
	})
}

func TestEveryRuleAndEveryPanelHasDataInTheDemo(t *testing.T) {
	dashboard, err := grafana.Load("../examples/grafana/dashboards/cielo24.json")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := os.ReadFile("../examples/prometheus/rules/cielo24.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	p := watchDemo(t)
	records := regexp.MustCompile(`- record: (\S+)`).FindAllStringSubmatch(string(rules), -1)
	if len(records) < 10 {
		t.Fatalf("%d recording rules", len(records))
	}
	for _, record := range records {
		p.hasData("recording rule", record[1])
	}
	for _, query := range dashboard.Queries(1) {
		if strings.HasPrefix(query.Where, "annotation") {
			continue // an alert has to last for minutes; that it comes is another test's business
		}
		p.hasData(query.Where, query.Expr)
	}
}
