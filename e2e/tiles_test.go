package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// tileRecords are the recorded numbers by the tile of the status page that counts the same jobs.
func tileRecords() map[string]string {
	return map[string]string{
		"Failed":          "account:cielo24_jobs_failed:count",
		"Rejected":        "account:cielo24_jobs_rejected:count",
		"Overdue":         "account:cielo24_jobs_overdue:count",
		"Due within 24 h": "account:cielo24_jobs_due_24h:count",
		"Waiting for you": "account:cielo24_jobs_waiting:count",
		"Open":            "account:cielo24_jobs_open:count",
		"Fetch failing":   "account:cielo24_jobs_fetch_failing:count",
		"Complete":        "account:cielo24_jobs_complete:count",
	}
}

func TestRules_CountWhatTheTilesOfThePageCount(t *testing.T) {
	_, exporter := startDemo(t)
	rules, err := filepath.Abs(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../examples/prometheus/prometheus.yml")
	if err != nil {
		t.Fatal(err)
	}
	p := startPrometheus(t, strings.NewReplacer(
		"localhost:10059", strings.TrimPrefix(exporter, "http://"), "rules/*.rules.yml", rules,
		"scrape_interval: 1m", "scrape_interval: 1s\n  evaluation_interval: 1s", "scrape_timeout: 30s", "scrape_timeout: 1s",
	).Replace(string(example)))
	tile := regexp.MustCompile(`<b>(\d+)</b>\s*<span>([^<]+)</span>`)
	// Jobs of the demo move on, so page and Prometheus may differ for a moment.
	eventually(t, "the numbers of all tiles", func() error {
		page, err := fetch(t.Context(), exporter+"/")
		if err != nil {
			return err
		}
		left := tileRecords()
		for _, found := range tile.FindAllStringSubmatch(page, -1) {
			count, label := found[1], found[2]
			values, err := p.query(left[label])
			if err != nil {
				return fmt.Errorf("tile %q: %w", label, err)
			}
			if got := values[`{"__name__":"`+left[label]+`","account":"demo"}`]; got != count {
				return fmt.Errorf("tile %q counts %s jobs, %s is %q", label, count, left[label], got)
			}
			delete(left, label)
		}
		if len(left) > 0 {
			return fmt.Errorf("no tile for %v", left)
		}
		return nil
	})
}
