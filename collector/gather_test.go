package collector_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/collector"
	"cielo24_exporter/simulator"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
)

const documentedID = "d4fb871e07514304b23131b45f8caa1f"

func gatherer(snapshots []collector.Snapshot, now time.Time) prometheus.Gatherer {
	return prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		return collector.Gather(snapshots, now), nil
	})
}

// documented puts a documented payload into the API.
func (w *world) documented(file string) {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "cielo24", "testdata", file))
	if err != nil {
		w.t.Fatal(err)
	}
	w.api.AddJob(simulator.Job{ID: documentedID, Username: simulator.DemoUsername, Raw: json.RawMessage(data)})
}

func TestDocumentedPayloadsAsMetrics(t *testing.T) {
	for _, test := range []struct{ payload, zone, golden string }{
		{"job_info_docs_current_4624ea9.json", "UTC", "current_utc.prom"},
		{"job_info_docs_current_4624ea9.json", "America/Los_Angeles", "current_los_angeles.prom"},
		{"job_info_docs_2015-03_4c21b72.json", "UTC", "2015-03_utc.prom"},
		{"job_info_docs_2014-10_5a2dc28.json", "UTC", "2014-10_utc.prom"},
		{"job_info_docs_2014-08_549a9ec.json", "UTC", "2014-08_utc.prom"},
	} {
		t.Run(test.golden, func(t *testing.T) {
			w := newWorld(t)
			w.documented(test.payload)
			w.load(w.account("media-services", []string{documentedID}, "timezone: "+test.zone))
			text := w.scrape()
			golden(t, test.golden, text)
			problems, err := promlint.New(strings.NewReader(text)).Lint()
			if err != nil || len(problems) > 0 {
				t.Errorf("lint: %v %v", problems, err)
			}
		})
	}
}

func TestTheDocumentedExampleHasExactlyTheseValues(t *testing.T) {
	for zone, due := range map[string]string{"UTC": "1.409320806472706e+09", "America/Los_Angeles": "1.409346006472706e+09"} {
		w := newWorld(t)
		w.documented("job_info_docs_current_4624ea9.json")
		w.load(w.account("a", []string{documentedID}, "timezone: "+zone))
		text := w.scrape()
		series := func(metric string) string { return metric + `{account="a",job_id="` + documentedID + `"} ` }
		wantLines(t, text, series("cielo24_job_media_length_seconds")+"607.81", series("cielo24_job_due_timestamp_seconds")+due)
		if count(text, "cielo24_job_status") != 7 || strings.Count(text, `status="Complete"} 1`) != 1 ||
			strings.Count(text, `status=`) != 7 || strings.Count(text, "\"} 0\ncielo24_job_status") > 6 {
			t.Errorf("statuses:\n%s", text)
		}
	}
}

func TestCustomLabelsAndOddTextsAreJoinedOntoTheInfo(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(simulator.Job{
		ID: "aa", Username: simulator.DemoUsername, Name: "\"quoted\" \\ <b>bold</b>\nnext", ExternalID: "ünïcode",
		Created: w.clock.Now(), Life: []simulator.Stage{{Status: "Pending"}},
	})
	w.load(strings.Replace(w.account("a", []string{"X"}), "[X]", `[{id: aa, labels: {course: 'a\n",b="\\', building: "7"}}]`, 1))
	wantLines(t, w.scrape(), `cielo24_job_info{account="a",building="7",course="a\\n\",b=\"\\\\",difficulty="",external_id="ünïcode",`+
		`fidelity="",job_id="aa",job_name="\"quoted\" \\ <b>bold</b> next",priority="",source_language="",target_language=""} 1`)
}

func TestTimeUntilDueIsOfTheMomentOfTheScrape(t *testing.T) {
	w := newWorld(t)
	ids := w.add(1)
	w.load(w.account("a", ids, "min_interval: 1h"))
	series := `cielo24_job_time_until_due_seconds{account="a",job_id="` + ids[0] + `"} `
	wantLines(t, w.scrape(), series+"169200")
	w.clock.advance(time.Minute)
	wantLines(t, w.scrape(), series+"169140")
	if w.api.JobCalls(ids[0]) != 1 {
		t.Error("the API was asked again within min_interval")
	}
}

func TestEveryCounterIsThereFromTheStart(t *testing.T) {
	w := newWorld(t)
	w.load(w.account("a", nil))
	text := exposition(t, w.registry, false)
	for _, errorType := range []string{"BAD_API_TOKEN", "ITEM_NOT_FOUND", "UNHANDLED_ERROR", "other"} {
		wantLines(t, text, `cielo24_api_errors_total{account="a",endpoint="job_info",error_type="`+errorType+`"} 0`)
	}
	for _, reason := range []string{"timeout", "connection", "tls", "dns", "redirect", "rate_limited", "http_4xx", "http_5xx", "invalid_body", "too_large", "canceled"} {
		wantLines(t, text, `cielo24_api_failures_total{account="a",endpoint="job_info",reason="`+reason+`"} 0`)
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
}

func TestErrorsCountUnderTheirErrorType(t *testing.T) {
	w := newWorld(t)
	ids := w.add(2)
	w.load(w.account("a", append(ids, "ffff")))
	w.api.SetFault(ids[0], simulator.Fault{Status: 400, Body: `{"ErrorType":"GREMLINS"}`})
	w.api.SetFault(ids[1], simulator.Fault{Status: 400, Body: `{"ErrorType":"ACCOUNT_UNPRIVILEGED"}`})
	scrape := w.scrape()
	errors := exposition(t, w.registry, false)
	for job, errorType := range map[string]string{ids[0]: "other", ids[1]: "ACCOUNT_UNPRIVILEGED", "ffff": "ITEM_NOT_FOUND"} {
		wantLines(t, errors, `cielo24_api_errors_total{account="a",endpoint="job_info",error_type="`+errorType+`"} 1`)
		wantLines(t, scrape, `cielo24_job_error{account="a",job_id="`+job+`",reason="`+errorType+`"} 1`,
			`cielo24_job_up{account="a",job_id="`+job+`"} 0`)
	}
	wantLines(t, errors, `cielo24_api_requests_total{account="a",code="400",endpoint="job_info"} 3`)
	wantLines(t, scrape, `cielo24_up{account="a"} 1`)
}
