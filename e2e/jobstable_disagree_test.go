package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// startExposition starts what answers scrapes as an exporter does that watches account a. In the samples, "job x" stands
// for the labels of job x.
func startExposition(t *testing.T, samples string) (url string) {
	t.Helper()
	text := regexp.MustCompile(`job (\w+)`).ReplaceAllString(samples, `account="a",job_id="$1"`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = fmt.Fprint(w, text)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// Two exporters see a job at different moments, or one sees it and the other does not. Job 2 was fetched before; jobs 3 to
// 5 never were.
func TestJobsTable_HasOneRowAJobWhereExportersDisagree(t *testing.T) {
	due := time.Now().Add(90 * time.Minute).Unix()
	p := watchExporters(t, startExposition(t, fmt.Sprintf(`
cielo24_up{account="a"} 1
cielo24_job_up{job 1} 1
cielo24_job_status{job 1,status="Pending"} 1
cielo24_job_status{job 1,status="In Process"} 0
cielo24_job_info{job 1,job_name="A lecture",external_id="7"} 1
cielo24_job_due_timestamp_seconds{job 1} %d
cielo24_job_media_length_seconds{job 1} 60
cielo24_job_up{job 2} 0
cielo24_job_error{job 2,reason="timeout"} 1
cielo24_job_status{job 2,status="Reviewing"} 1
cielo24_job_info{job 2,job_name="A talk"} 1
cielo24_job_up{job 3} 0
cielo24_job_error{job 3,reason="timeout"} 1
cielo24_job_up{job 4} 0
cielo24_job_error{job 4,reason="ACCOUNT_UNPRIVILEGED"} 1
cielo24_job_up{job 5} 0
cielo24_job_error{job 5,reason="pending"} 1
`, due)), startExposition(t, fmt.Sprintf(`
cielo24_up{account="a"} 1
cielo24_job_up{job 1} 0
cielo24_job_error{job 1,reason="http_5xx"} 1
cielo24_job_status{job 1,status="Pending"} 0
cielo24_job_status{job 1,status="In Process"} 1
cielo24_job_info{job 1,job_name="A lecture, renamed",external_id="8"} 1
cielo24_job_due_timestamp_seconds{job 1} %d
cielo24_job_media_length_seconds{job 1} 61
cielo24_job_up{job 2} 0
cielo24_job_error{job 2,reason="connection"} 1
`, due+60)))
	want := regexp.MustCompile(`^1 "A lecture(, renamed)?" "(Pending|In Process)" "1 hour, [0-9]+ minutes?" ""
2 "A talk" "Reviewing" "" "(timeout|connection)"
3 "" "fetch failing" "" "timeout"
4 "" "rejected" "" "ACCOUNT_UNPRIVILEGED"
5 "" "not fetched yet" "" ""$`)
	eventually(t, "the table", func() error {
		table, err := jobsTable(p, time.Now(), loadDashboard(t))
		if err != nil {
			return err
		}
		var rows []string
		for _, r := range rowsOf(table) {
			rows = append(rows, fmt.Sprintf("%s %q %q %q %q", r["Job"].Text, r["Name"].Text, r["Status"].Text, r["Time until due"].Text, r["Fetch error"].Text))
		}
		slices.Sort(rows)
		if got := strings.Join(rows, "\n"); !want.MatchString(got) {
			return fmt.Errorf("got rows\n%s\nwant\n%s", got, want)
		}
		return nil
	})
}
