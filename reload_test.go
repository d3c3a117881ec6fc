package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/simulator"
)

func TestTheCountersOfAnAccountLeaveAndComeBackWithIt(t *testing.T) {
	_, base := simulateFor(t)
	one := configuration(base, []string{documentedID}, "api_token: "+simulator.DemoToken)
	both := one + strings.Replace(strings.TrimPrefix(one, "accounts:\n"), "name: a", "name: b", 1)
	exporter, file := serveWith(t, both, "--web.enable-lifecycle")
	scrape := func() string {
		_, text := get(t, http.MethodGet, exporter.address()+"/metrics")
		return text
	}
	const series = `cielo24_api_errors_total{account="b",endpoint="job_info",error_type="ITEM_NOT_FOUND"} 0`
	wantLines(t, scrape(), series)
	for range 3 {
		writeFile(t, file, one)
		get(t, http.MethodPost, exporter.address()+"/-/reload")
		exporter.stderr.wait(t, `(accounts=1)`)
		if text := scrape(); strings.Contains(text, `cielo24_jobs{account="b"`) {
			t.Error("account b is still there")
		}
		// The old generation is closed behind the reload.
		tick := time.NewTicker(10 * time.Millisecond)
		for late := time.Now().Add(30 * time.Second); strings.Contains(scrape(), `account="b"`) && time.Now().Before(late); {
			<-tick.C
		}
		tick.Stop()
		if strings.Contains(scrape(), `account="b"`) {
			t.Error("counters of account b are still there")
		}
		writeFile(t, file, both)
		get(t, http.MethodPost, exporter.address()+"/-/reload")
		wantLines(t, scrape(), series)
	}
}
