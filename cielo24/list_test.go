package cielo24_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/cielo24"
)

// list asks for a job list and returns the IDs in it.
func list(t *testing.T, client *cielo24.Client, f cielo24.ListFilter, maxJobs int) ([]string, bool, *cielo24.Error) {
	t.Helper()
	var ids []string
	result, err := client.JobList(t.Context(), f, cielo24.NewAttempts(3), maxJobs, func(job cielo24.Job) { ids = append(ids, job.ID) })
	var failure *cielo24.Error
	if err != nil && !errors.As(err, &failure) {
		t.Fatalf("an error that is no *cielo24.Error: %T %v", err, err)
	}
	return ids, err == nil && !result.Whole, failure
}

func TestDocumentedJobListsAreUnderstood(t *testing.T) {
	for _, name := range []string{"job_list_docs_current_4624ea9.json", "job_list_docs_2014-10_82f2b52.json"} {
		client := newClient(t, serve(t, answer(200, string(payload(t, name)))))
		ids, cut, failure := list(t, client, cielo24.ListFilter{}, 10)
		if failure != nil || cut || len(ids) != 1 || ids[0] != "d4fb871e07514304b23131b45f8caa1f" {
			t.Errorf("%s: %v %v %v", name, ids, cut, failure)
		}
	}
}

func TestAJobListIsNarrowedByItsFilter(t *testing.T) {
	pacific, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	var query, encoding string
	client := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		query, encoding = r.URL.RawQuery, r.Header.Get("Accept-Encoding")
		answer(200, gzipped(`{"ActiveJobs":[]}`), "Content-Encoding", "gzip")(w, r)
	}), func(o *cielo24.Options) { o.Location = pacific })
	filter := cielo24.ListFilter{
		Status: "In Process", Username: "*", CreatedFrom: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	ids, _, failure := list(t, client, filter, 10)
	want := "v=1&api_token=" + token + "&CreationDateFrom=2026-01-01T19%3A04%3A05&JobStatus=In+Process&Username=%2A"
	if failure != nil || len(ids) != 0 || query != want || encoding != "gzip" {
		t.Errorf("%v %v\n got %s\nwant %s", ids, failure, query, want)
	}
}

func TestAJobListIsBoundedAndFailuresAreToldApart(t *testing.T) {
	jobs := `{"ActiveJobs":[{"JobId":"a"},{"JobId":"b","DueDate":7},{},{"JobId":"c"}]}`
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		most    int
		ids     string
		cut     bool
		reason  string
	}{
		{"all", answer(200, jobs), 4, "a b c", false, ""},
		{"odd elements", answer(200, `{"ActiveJobs":["x",{"JobId":"a"},17,[],[{"JobId":"x"}],{"JobId":tru},{"JobId":"b"},]}`), 4, "a b", false, ""},
		{"an escaped quote and bracket", answer(200, `{"ActiveJobs":[{"JobId":"a","JobName":"\\\"]}"},{"JobId":"b"}]}`), 4, "a b", false, ""},
		{"a closing bracket too many", answer(200, `{"ActiveJobs":[{"JobId":"a"}},{"JobId":"b"}]}`), 4, "", false, "invalid_body"},
		{"another case and a mark", answer(200, "\xef\xbb\xbf"+` {"username":"ActiveJobs", "activejobs" : [ {"JobId":"a"} , {"JobId":"b"} ] }`), 4, "a b", false, ""},
		{"cut off", answer(200, jobs[:40]), 4, "a", false, "invalid_body"},
		{"connection lost", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(jobs[:40]))
		}, 4, "a", false, "connection"},
		{"a list beyond its bound", answer(200, `{"ActiveJobs":[{"JobName":"`+strings.Repeat("x", 1<<20)), 4, "", false, "too_large"},
		{"one huge text among many jobs", answer(200, `{"ActiveJobs":[{"JobId":"a"},{"JobName":"`+strings.Repeat("x", 4<<20)+`","JobId":"b"},{"JobId":"c"}]}`), 1000, "a b c", false, ""},
		{"one huge job among many", answer(200, `{"ActiveJobs":[{"JobId":"a"},{"x":[`+strings.Repeat("1,", 1<<20)+`1]},{"JobId":"c"}]}`), 1000, "a c", false, ""},
		{"one huge job, compressed", answer(200, gzipped(`{"ActiveJobs":[{"JobName":"`+strings.Repeat("x", 64<<20)+`"},{"JobId":"a"}]}`), "Content-Encoding", "gzip"), 100000, "a", false, ""},
		{"something else that is huge", answer(200, `{"Username":"`+strings.Repeat("x", 4<<20)+`","ActiveJobs":[{"JobId":"a"}]}`), 1000, "a", false, ""},
		{"many jobs", answer(200, `{"ActiveJobs":[`+strings.Repeat(`{"JobName":"`+strings.Repeat("x", 8<<10)+`"},`, 1000)+`{"JobId":"a"}]}`), 2000, strings.Repeat(" ", 1000) + "a", false, ""},
		{"no list", answer(200, `{"Username":"u"}`), 4, "", false, "invalid_body"},
		{"a job", answer(200, `{"JobId":"a"}`), 4, "", false, "invalid_body"},
		{"null for the list", answer(200, `{"ActiveJobs":null}`), 4, "", false, ""},
		{"nothing for the list", answer(200, `{"ActiveJobs" : "" , "Username":"u"}`), 4, "", false, ""},
		{"a number for the list", answer(200, `{"ActiveJobs":0}`), 4, "", false, "invalid_body"},
		{"HTML", answer(200, `<html>`), 4, "", false, "invalid_body"},
		{"refused with 200", answer(200, `{"ErrorType":"NOT_PARENT_ACCOUNT","ErrorComment":"c"}`), 4, "", false, "NOT_PARENT_ACCOUNT"},
		{"refused with null for the list", answer(200, `{"ActiveJobs":null,"ErrorType":"NOT_PARENT_ACCOUNT"}`), 4, "", false, "NOT_PARENT_ACCOUNT"},
		{"an ErrorType beside a list", answer(200, `{"ErrorType":"NOT_PARENT_ACCOUNT","ActiveJobs":[{"JobId":"a"}]}`), 4, "a", false, ""},
		{"refused", answer(400, `{"ErrorType":"NOT_PARENT_ACCOUNT"}`), 4, "", false, "NOT_PARENT_ACCOUNT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ids, cut, failure := list(t, newClient(t, serve(t, test.handler)), cielo24.ListFilter{}, test.most)
			reason := ""
			if failure != nil {
				reason = failure.Reason
			}
			if strings.Join(ids, " ") != test.ids || cut != test.cut || reason != test.reason {
				t.Errorf("got %v, cut %v, %v", ids, cut, failure)
			}
		})
	}
}

// FuzzJobList: whatever the body, each job that comes out is fit for labels and without the secret, and the error, if any,
// is one short line.
func FuzzJobList(f *testing.F) {
	for _, name := range []string{"job_list_docs_current_4624ea9.json", "job_list_docs_2014-10_82f2b52.json"} {
		f.Add(payload(f, name))
	}
	f.Add([]byte(`{"Username":{},"ActiveJobs":[{"JobId":"` + token + `"},{},null,1,{"jobid":"b"},{"JobId":"c"},{"JobId":"d"}]}`))
	f.Add([]byte(`{"ActiveJobs":[{"JobName":"` + strings.Repeat("x", 3000)))
	f.Fuzz(func(t *testing.T, body []byte) {
		err := cielo24.DecodeList(bytes.NewReader(body), time.UTC, func(job cielo24.Job) {
			checkTexts(t, job)
			if all := fmt.Sprintf("%+v", job); strings.Contains(all, token) {
				t.Fatalf("the secret is in %s", all)
			}
		}, cielo24.NewSecret(token))
		if err != nil && (strings.ContainsAny(err.Error(), "\r\n") || strings.Contains(err.Error(), token) || len(err.Error()) > 200) {
			t.Fatalf("unfit error: %q", err)
		}
	})
}
