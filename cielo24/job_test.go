package cielo24_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cielo24_exporter/cielo24"
)

func payload(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func utc(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04:05.999999", s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestJob_EveryDocumentedPayloadIsUnderstood(t *testing.T) {
	length := 607.81
	created := utc(t, "2014-08-27T14:00:06.472706")
	done := cielo24.Job{
		ID: jobID, Name: "example_job", ExternalID: "sample_id",
		Status: "Complete", RawStatus: "Complete", Priority: "STANDARD", Fidelity: "MECHANICAL",
		SourceLanguage: "en", TargetLanguage: "en", MediaLengthSeconds: &length,
		Created: created, Started: created, Due: created.Add(48 * time.Hour),
		Completed: utc(t, "2014-08-27T14:10:41.923125"),
	}
	current := done
	current.Authorized, current.Returned = created, utc(t, "2014-08-27T14:10:42.885185")
	current.Difficulty = "Unknown"
	returned := done
	returned.RawStatus, returned.ExternalID = "RETURNED", ""
	for name, want := range map[string]cielo24.Job{
		"job_info_docs_current_4624ea9.json": current,
		"job_info_docs_2015-03_4c21b72.json": done,
		"job_info_docs_2014-10_5a2dc28.json": returned,
		"job_info_docs_2014-08_549a9ec.json": {ID: otherID, Name: "example_job", Status: "unknown"},
	} {
		transport := inMemory(t, answer(200, string(payload(t, name))))
		got, failure := ask(t, newClient(t, "http://api.test", func(o *cielo24.Options) { o.Transport = transport }))
		if failure != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, failure, want)
		}
	}
}

func TestJob_OneOddFieldCostsNoOther(t *testing.T) {
	odd := []string{
		`""`, `null`, `0`, `-1`, `12.5`, `"12.5"`, `true`, `[]`, `{}`, `[1,"a"]`, `{"a":{"b":[null]}}`, `1e999`, `"NaN"`,
		`"\u0000\ud800"`, `"0001-01-01T00:00:00"`, `"yesterday"`, `1409320806`, `99999999999999999999999999`, "absent",
	}
	var documented map[string]json.RawMessage
	if err := json.Unmarshal(payload(t, "job_info_docs_current_4624ea9.json"), &documented); err != nil {
		t.Fatal(err)
	}
	for field := range documented {
		for _, value := range odd {
			fields := maps.Clone(documented)
			fields[field] = json.RawMessage(value)
			if value == "absent" {
				delete(fields, field)
			}
			body, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			job, err := cielo24.DecodeJob(body, time.UTC)
			switch {
			case err != nil:
				t.Errorf("%s = %s: %v", field, value, err)
			case field != "JobName" && job.Name != "example_job", field != "DueDate" && job.Due.IsZero():
				t.Errorf("%s = %s costs other fields: %+v", field, value, job)
			}
		}
	}
}

func TestJob_OtherSpellingsAndTypes(t *testing.T) {
	length := func(want float64) func(cielo24.Job) bool {
		return func(j cielo24.Job) bool { return j.MediaLengthSeconds != nil && *j.MediaLengthSeconds == want }
	}
	none := func(j cielo24.Job) bool { return j.MediaLengthSeconds == nil }
	for _, test := range []struct {
		body string
		want func(cielo24.Job) bool
	}{
		{`{"JobId":"a","ExternalId":"x1"}`, func(j cielo24.Job) bool { return j.ExternalID == "x1" }},
		{`{"job_id":"a","EXTERNALID":"x1"}`, func(j cielo24.Job) bool { return j.ID == "a" && j.ExternalID == "x1" }},
		{`{"JobId":"a","JobName":42}`, func(j cielo24.Job) bool { return j.Name == "42" }},
		{`{"JobId":"a","JobName":true}`, func(j cielo24.Job) bool { return j.Name == "true" }},
		{`{"JobId":"a","MediaLengthSeconds":"607.81"}`, length(607.81)},
		{`{"JobId":"a","MediaLengthSeconds":" 607 "}`, length(607)},
		{`{"JobId":"a","MediaLengthSeconds":607}`, length(607)},
		{`{"JobId":"a","MediaLengthSeconds":0}`, length(0)},
		{`{"JobId":"a","MediaLengthSeconds":""}`, none},
		{`{"JobId":"a","MediaLengthSeconds":-4}`, none},
		{`{"JobId":"a","MediaLengthSeconds":1e999}`, none},
		{`{"JobId":"a","MediaLengthSeconds":"Inf"}`, none},
		{`{"JobId":"a","MediaLengthSeconds":"NaN"}`, none},
		{`{"JobId":"a","MediaLengthSeconds":7,"MediaLengthSeconds":{}}`, none},
		{`{"JobId":"a","JobStatus":"in process"}`, func(j cielo24.Job) bool { return j.Status == "In Process" }},
		{`{"JobId":"a","JobStatus":"Paused"}`, func(j cielo24.Job) bool { return j.Status == "unknown" && j.RawStatus == "Paused" }},
		{"\xef\xbb\xbf\n {\"JobId\":\"a\"} \n", func(j cielo24.Job) bool { return j.ID == "a" }},
		{`{"JobId":"a","JobName":"two\nlines\t"}`, func(j cielo24.Job) bool { return j.Name == "two lines" }},
		{`{"JobId":"a","JobName":"\u0001x"}`, func(j cielo24.Job) bool { return j.Name == "x" }},
		{"{\"JobId\":\"a\",\"JobName\":\"\xff\"}", func(j cielo24.Job) bool { return j.Name == "\uFFFD" }},
		{`{"JobId":"a","JobName":"` + strings.Repeat("x", 256) + `"}`, func(j cielo24.Job) bool { return j.Name == strings.Repeat("x", 256) }},
		{`{"JobId":"a","JobName":"` + strings.Repeat("x", 257) + `"}`, func(j cielo24.Job) bool { return j.Name == strings.Repeat("x", 253)+"…" }},
		{`{"JobId":"a","JobName":"` + strings.Repeat("é", 500) + `"}`, func(j cielo24.Job) bool { return j.Name == strings.Repeat("é", 126)+"…" }},
		{`{"JobStatus":"Pending"}`, func(j cielo24.Job) bool { return j.ID == "" && j.Status == "Pending" }},
		{`{"JobName":"a"}`, func(j cielo24.Job) bool { return j.Name == "a" }},
		{`{"CreationDate":"2014-08-27"}`, func(j cielo24.Job) bool { return !j.Created.IsZero() }},
		{`{"DueDate":"2014-08-27"}`, func(j cielo24.Job) bool { return !j.Due.IsZero() }},
	} {
		job, err := cielo24.DecodeJob([]byte(test.body), time.UTC)
		if err != nil || !test.want(job) {
			t.Errorf("%.80s: got %+v, %v", test.body, job, err)
		}
	}
	if job, err := cielo24.DecodeJob([]byte(`{"Priority":"STANDARD","Fidelity":"HIGH"}`), time.UTC); err == nil {
		t.Errorf("got the job %+v, want it to be no job", job)
	}
}

func TestJob_DatesKnowWhatTheyWere(t *testing.T) {
	members := []string{"CreationDate", "AuthorizationDate", "StartDate", "DueDate", "CompletedDate", "ReturnDate"}
	zone := pacific(t)
	for i, d := range cielo24.Dates() {
		for _, test := range []struct {
			value      string
			unix       int64 // 0 for none
			offset     bool
			unreadable string
		}{
			{`"2014-08-29T14:00:06"`, 1409346006, false, ""},
			{`"2014-08-29T14:00:06 -0700"`, 1409346006, true, ""},
			{`1409346006`, 1409346006, true, ""},
			{`"1409346006"`, 1409346006, true, ""},
			{`""`, 0, false, ""},
			{`null`, 0, false, ""},
			{`{"a":1}`, 0, false, ""},
			{`"0001-01-01T00:00:00"`, 0, false, ""},
			{`"29/08/2014 14:00"`, 0, false, "29/08/2014 14:00"},
			{`true`, 0, false, "true"},
			{`"soon\n` + token + ` or ` + strings.Repeat("x", 300) + `"`, 0, false, "soon <secret> or " + strings.Repeat("x", 253-17) + "…"},
		} {
			job, err := cielo24.DecodeJob([]byte(`{"JobId":"a","`+members[i]+`":`+test.value+`}`), zone, cielo24.NewSecret(token))
			if err != nil {
				t.Fatal(err)
			}
			at, offset := d.Time(&job), d.HasOffset(&job)
			if at.IsZero() != (test.unix == 0) || test.unix != 0 && at.Unix() != test.unix || offset != test.offset {
				t.Errorf("%s = %s: got %s, with an offset: %t", members[i], test.value, at, offset)
			}
			var want []cielo24.UnreadableDate
			if test.unreadable != "" {
				want = []cielo24.UnreadableDate{{Name: d.Name, Text: test.unreadable}}
			}
			if !reflect.DeepEqual(job.Unreadable, want) {
				t.Errorf("%s = %s: got the unreadable dates %+v, want %+v", members[i], test.value, job.Unreadable, want)
			}
		}
	}
	job, err := cielo24.DecodeJob([]byte(`{"JobId":"a","ReturnDate":"x","CreationDate":"y","DueDate":"2014-08-29"}`), zone)
	if want := []cielo24.UnreadableDate{{"created", "y"}, {"returned", "x"}}; err != nil || !reflect.DeepEqual(job.Unreadable, want) {
		t.Errorf("got the unreadable dates %+v, %v; want %+v", job.Unreadable, err, want)
	}
}

func TestJob_AnAPIThatEchoesTheTokenDoesNotLeakIt(t *testing.T) {
	ask := func(status int, body string) (cielo24.Job, *cielo24.Error) {
		transport := inMemory(t, answer(status, body))
		return ask(t, newClient(t, "http://api.test", func(o *cielo24.Options) { o.Transport = transport }))
	}
	for _, body := range []string{
		`{"JobId":"` + token + `","JobName":"call with ` + token + `","JobStatus":"` + token + `","DueDate":"` + token + `"}`,
		`{"JobId":"\u0037ca5dc5c7cce449fb0fff719307e8f5f"}`,
	} {
		job, failure := ask(200, body)
		if failure != nil || strings.Contains(fmt.Sprintf("%+v", job), token) || job.ID != "<secret>" {
			t.Errorf("got %+v, %v", job, failure)
		}
	}
	long := strings.Repeat("x", 240) + token // would be cut in the middle of the token
	_, failure := ask(400, `{"ErrorType":"A`+token+`","ErrorComment":"`+long+`"}`)
	if failure == nil || strings.Contains(failure.Error(), token[:8]) || failure.ErrorType != "A<secret>" {
		t.Errorf("got %v", failure)
	}
}

func TestStatuses_InAnyCase(t *testing.T) {
	for _, status := range cielo24.Statuses() {
		for _, written := range []string{status, strings.ToUpper(status), strings.ToLower(status), " " + status + " "} {
			if got := cielo24.ParseStatus(written); got != status {
				t.Errorf("%q: got %q, want %q", written, got, status)
			}
		}
	}
	for _, written := range []string{"", "Done", "InProcess", "unknown"} {
		if got := cielo24.ParseStatus(written); got != cielo24.StatusUnknown {
			t.Errorf("%q: got %q, want %q", written, got, cielo24.StatusUnknown)
		}
	}
	if got := cielo24.ParseStatus("Returned"); got != cielo24.StatusComplete {
		t.Errorf("Returned: got %q, want %q", got, cielo24.StatusComplete)
	}
}

// FuzzJob: whatever the body, decoding ends with a job that is fit for labels, or with an error of one line; a secret
// in the body never comes out.
func FuzzJob(f *testing.F) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no documented payloads", err)
	}
	for _, file := range files {
		f.Add(payload(f, filepath.Base(file)))
	}
	f.Add([]byte(`{"JobId":null,"jobstatus":["` + token + `"],"JobName":"` + token + `","DueDate":"` + token + `"}`))
	f.Add([]byte(`{"ErrorType":"` + token + `"}`))
	f.Add([]byte("\xef\xbb\xbf{\"JobId\":\"\\ud800\",\"MediaLengthSeconds\":1e400}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		job, err := cielo24.DecodeJob(body, time.UTC, cielo24.NewSecret(token))
		if err != nil {
			if text := err.Error(); strings.ContainsAny(text, "\r\n") || strings.Contains(text, token) || len(text) > 600 {
				t.Fatalf("unfit error: %q", text)
			}
			return
		}
		wantFitForLabels(t, job)
		if l := job.MediaLengthSeconds; l != nil && (*l < 0 || math.IsNaN(*l) || math.IsInf(*l, 0)) {
			t.Fatalf("media length %v", *l)
		}
	})
}

// wantFitForLabels fails if a text of the job is unfit for a label.
func wantFitForLabels(t *testing.T, job cielo24.Job) {
	t.Helper()
	if all := fmt.Sprintf("%+v", job); strings.Contains(all, token) {
		t.Fatalf("the secret is in %s", all)
	}
	texts := []string{job.ID, job.Status, job.RawStatus}
	for _, f := range cielo24.Fields() {
		texts = append(texts, f.Value(&job))
	}
	for _, d := range job.Unreadable {
		texts = append(texts, d.Name, d.Text)
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || len(s) > 256 || strings.ContainsAny(s, "\r\n\x00") {
			t.Fatalf("got the text %q", s)
		}
	}
	if !strings.Contains("unknown "+strings.Join(cielo24.Statuses(), " "), job.Status) || job.Status == "" {
		t.Fatalf("got the status %q", job.Status)
	}
}

func BenchmarkDecodeJob(b *testing.B) {
	body := payload(b, "job_info_docs_current_4624ea9.json")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cielo24.DecodeJob(body, time.UTC, cielo24.NewSecret(token)); err != nil {
			b.Fatal(err)
		}
	}
}
