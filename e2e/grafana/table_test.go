package grafana_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cielo24_exporter/e2e/grafana"
)

// answer is a query's: a value, and labels like "key=a/1 job_name=x", for each series.
func answer(t *testing.T, refID string, series ...string) grafana.Answer {
	t.Helper()
	result := []any{}
	for _, s := range series {
		value, labels, _ := strings.Cut(s, " ")
		metric := map[string]string{}
		for label := range strings.FieldsSeq(labels) {
			name, text, _ := strings.Cut(label, "=")
			metric[name] = text
		}
		result = append(result, map[string]any{"metric": metric, "value": []any{1.5e9, value}})
	}
	data, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	return grafana.Answer{RefID: refID, Result: data}
}

// jobs returns the texts of some columns of the dashboard's table Jobs, row by row.
func jobs(t *testing.T, answers []grafana.Answer, columns ...string) []string {
	t.Helper()
	d, err := grafana.Load("../../examples/grafana/dashboards/cielo24.json")
	if err != nil {
		t.Fatal(err)
	}
	panel, err := d.Panel("Jobs")
	if err != nil {
		t.Fatal(err)
	}
	table, err := panel.Table(t.Context(), answers)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, row := range table.Rows {
		var texts []string
		for _, name := range columns {
			i := table.Index(name)
			if i < 0 {
				t.Fatalf("got columns %v, want %s among them", table.Columns, name)
			}
			texts = append(texts, row[i].Text)
		}
		rows = append(rows, strings.Join(texts, " | "))
	}
	return rows
}

func wantRows(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPanelTable_WritesDurationsInWords(t *testing.T) {
	var status, left, media []string
	for i, v := range []string{"-263520", "-3700.5", "-12", "0", "59", "127.3", "5760", "273600"} {
		status = append(status, fmt.Sprintf("1 key=a/%d account=a job_id=%d status=Pending", i, i))
		left = append(left, fmt.Sprintf("%s key=a/%d", v, i))
		media = append(media, fmt.Sprintf("%d key=a/%d", 3012+i, i))
	}
	answers := []grafana.Answer{
		answer(t, "A", status...), answer(t, "D", left...), answer(t, "E", media...), answer(t, "G", left...),
	}
	wantRows(t, jobs(t, answers, "Time until due", "Media"),
		"3 days, 1 hour ago | 00:50:12", "1 hour, 1 minute ago | 00:50:13", "now | 00:50:14", "now | 00:50:15", "now | 00:50:16",
		"2 minutes, 7 seconds | 00:50:17", "1 hour, 36 minutes | 00:50:18", "3 days, 4 hours | 00:50:19")
}

// A text of digits is no number to shorten, nor 1e5 one to write out.
func TestPanelTable_LeavesTextsAsTheyAre(t *testing.T) {
	got := jobs(t, []grafana.Answer{
		answer(t, "A", "1 key=007/12345678901234567890123456789012 account=007 job_id=12345678901234567890123456789012 status=Pending"),
		answer(t, "B", "1 key=007/12345678901234567890123456789012 job_name=2024 external_id=1e5 source_language=en"),
		answer(t, "F", "1 key=007/12345678901234567890123456789012 reason=timeout"),
		answer(t, "G", "5 key=007/12345678901234567890123456789012"),
	}, "Name", "Status", "From", "External ID", "Fetch error", "Account", "Job")
	wantRows(t, got, "2024 | Pending | en | 1e5 | timeout | 007 | 12345678901234567890123456789012")
}

func TestPanelTable_JoinsWhateverIsMissing(t *testing.T) {
	const status = "1 key=a/1 account=a job_id=1 status=Pending"
	for name, answers := range map[string][]grafana.Answer{
		"empty": {
			answer(t, "A", status, "1 key=a/2 account=a job_id=2 status=rejected"), answer(t, "B"), answer(t, "C"),
			answer(t, "D"), answer(t, "E"), answer(t, "F"), answer(t, "G", "2e10 key=a/2", "3e10 key=a/1"),
		},
		"left out": {
			answer(t, "A", status, "1 key=a/2 account=a job_id=2 status=rejected"), answer(t, "G", "2e10 key=a/2", "3e10 key=a/1"),
		},
		"not chosen": {
			answer(t, "A", status, "1 key=a/2 account=a job_id=2 status=rejected"), answer(t, "B", "1 key=a/3 job_name=x", "1 key=a/1 job_name=y"),
			answer(t, "D", "-5 key=a/3"), answer(t, "G", "-5 key=a/3", "3e10 key=a/1", "2e10 key=a/2"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			wantRows(t, jobs(t, answers, "Account", "Job", "Status"), "a | 2 | rejected", "a | 1 | Pending")
		})
	}
}
