package cielo24_test

import (
	"encoding/json"
	"fmt"
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

func TestEveryDocumentedPayloadIsUnderstood(t *testing.T) {
	length := 607.81
	created := utc(t, "2014-08-27T14:00:06.472706")
	done := cielo24.Job{
		ID: "d4fb871e07514304b23131b45f8caa1f", Name: "example_job", ExternalID: "sample_id",
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
		"job_info_docs_2014-08_549a9ec.json": {
			ID: "64bea283eff6475ea6596027a6ba0929", Name: "example_job", Status: "unknown",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, failure := ask(t, newClient(t, serve(t, answer(200, string(payload(t, name))))))
			if failure != nil {
				t.Fatal(failure)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestOneOddFieldNeverLosesTheJob(t *testing.T) {
	odd := []string{
		`""`, `null`, `0`, `-1`, `12.5`, `"12.5"`, `true`, `[]`, `{}`, `[1,"a"]`, `{"a":{"b":[null]}}`, `1e999`, `"NaN"`,
		`"\u0000\ud800"`, `"0001-01-01T00:00:00"`, `"yesterday"`, `1409320806`, `99999999999999999999999999`,
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(payload(t, "job_info_docs_current_4624ea9.json"), &fields); err != nil {
		t.Fatal(err)
	}
	for field, good := range fields {
		for _, value := range append(odd, "absent") {
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
			fields[field] = good
		}
	}
}

func TestFieldsInOtherSpellingsAndTypes(t *testing.T) {
	for _, test := range []struct {
		body string
		want func(cielo24.Job) bool
	}{
		{`{"JobId":"a","ExternalId":"x1"}`, func(j cielo24.Job) bool { return j.ExternalID == "x1" }},
		{`{"JobId":"a","JobName":42}`, func(j cielo24.Job) bool { return j.Name == "42" }},
		{`{"JobId":"a","MediaLengthSeconds":"607.81"}`, func(j cielo24.Job) bool { return *j.MediaLengthSeconds == 607.81 }},
		{`{"JobId":"a","MediaLengthSeconds":607}`, func(j cielo24.Job) bool { return *j.MediaLengthSeconds == 607 }},
		{`{"JobId":"a","MediaLengthSeconds":""}`, func(j cielo24.Job) bool { return j.MediaLengthSeconds == nil }},
		{`{"JobId":"a","MediaLengthSeconds":-4}`, func(j cielo24.Job) bool { return j.MediaLengthSeconds == nil }},
		{`{"JobId":"a","JobStatus":"in process"}`, func(j cielo24.Job) bool { return j.Status == "In Process" }},
		{`{"JobId":"a","JobStatus":"Paused"}`, func(j cielo24.Job) bool { return j.Status == "unknown" && j.RawStatus == "Paused" }},
		{"\xef\xbb\xbf\n {\"JobId\":\"a\"} \n", func(j cielo24.Job) bool { return j.ID == "a" }},
		{`{"JobId":"a","JobName":"two\nlines\t"}`, func(j cielo24.Job) bool { return j.Name == "two lines" }},
		{`{"JobId":"a","JobName":"` + strings.Repeat("é", 500) + `"}`, func(j cielo24.Job) bool {
			return len(j.Name) <= 256 && strings.HasSuffix(j.Name, "é…")
		}},
	} {
		job, err := cielo24.DecodeJob([]byte(test.body), time.UTC)
		if err != nil || !test.want(job) {
			t.Errorf("%s: %+v, %v", test.body, job, err)
		}
	}
}

func TestDatesAreReadInTheConfiguredZone(t *testing.T) {
	pacific, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		date string
		zone *time.Location
		want float64 // seconds since 1970, 0 for "not set"
	}{
		{"2014-08-29T14:00:06.472706", time.UTC, 1409320806.472706},
		{"2014-08-29T14:00:06.472706", pacific, 1409346006.472706},
		{"2015-03-29T00:00:00", time.UTC, 1427587200},
		{"2015-01-29T00:00:00", pacific, 1422518400},
		{"2014-07-31T12:35:52Z", pacific, 1406810152},
		{"2014-07-31T12:35:52+02:00", pacific, 1406802952},
		{"2014-07-31T12:35:52.5+0200", pacific, 1406802952.5},
		{"2014-07-31 12:35:52", time.UTC, 1406810152},
		{"2014-07-31", time.UTC, 1406764800},
		{" 2014-07-31T12:35:52Z ", time.UTC, 1406810152},
		{"", time.UTC, 0},
		{"0001-01-01T00:00:00", time.UTC, 0},
		{"1970-01-01T00:00:00", time.UTC, 0},
		{"9999-12-31T23:59:59", time.UTC, 0},
		{"0000-00-00T00:00:00", time.UTC, 0},
		{"2014-13-01T00:00:00", time.UTC, 0},
		{"2014-02-30T00:00:00", time.UTC, 0},
		{"soon", time.UTC, 0},
		{strings.Repeat("2", 1000), time.UTC, 0},
	} {
		at := cielo24.ParseDate(test.date, test.zone).Time
		if test.want == 0 {
			if !at.IsZero() {
				t.Errorf("%q is read as %s", test.date, at)
			}
			continue
		}
		if got := float64(at.UnixMicro()) / 1e6; got != test.want {
			t.Errorf("%q in %s: %f, want %f", test.date, test.zone, got, test.want)
		}
	}
}

func TestStatusesInAnyCase(t *testing.T) {
	for _, status := range cielo24.Statuses() {
		for _, written := range []string{status, strings.ToUpper(status), strings.ToLower(status), " " + status + " "} {
			if got := cielo24.ParseStatus(written); got != status {
				t.Errorf("%q is %q, want %q", written, got, status)
			}
		}
	}
	for _, written := range []string{"", "Done", "InProcess", "unknown"} {
		if got := cielo24.ParseStatus(written); got != cielo24.StatusUnknown {
			t.Errorf("%q is %q", written, got)
		}
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
	f.Add([]byte(`{"JobId":null,"jobstatus":["` + token + `"],"JobName":"` + token + `"}`))
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
		if all := fmt.Sprintf("%+v", job); strings.Contains(all, token) {
			t.Fatalf("the secret is in %s", all)
		}
		checkTexts(t, job)
		if l := job.MediaLengthSeconds; l != nil && (*l < 0 || math.IsNaN(*l) || math.IsInf(*l, 0)) {
			t.Fatalf("media length %v", *l)
		}
	})
}

// checkTexts fails if a text of the job is unfit for a label.
func checkTexts(t *testing.T, job cielo24.Job) {
	t.Helper()
	v := reflect.ValueOf(job)
	for i := range v.NumField() {
		if v.Field(i).Kind() != reflect.String {
			continue
		}
		if s := v.Field(i).String(); !utf8.ValidString(s) || len(s) > 256 || strings.ContainsAny(s, "\r\n\x00") {
			t.Fatalf("%s is %q", v.Type().Field(i).Name, s)
		}
	}
	if !strings.Contains("unknown "+strings.Join(cielo24.Statuses(), " "), job.Status) || job.Status == "" {
		t.Fatalf("status %q", job.Status)
	}
}

// FuzzDate: whatever the text, the result is "not set" or a date in this century or the next that is read again from
// its own text.
func FuzzDate(f *testing.F) {
	for _, date := range []string{
		"2014-08-29T14:00:06.472706", "2015-03-29T00:00:00", "2014-07-31T12:35:52Z", "2014-07-31T12:35:52+02:00",
		"", "0001-01-01T00:00:00", "2014-07-31", "2014-07-31 12:35:52",
	} {
		f.Add(date)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at := cielo24.ParseDate(s, time.UTC).Time
		if at.IsZero() {
			return
		}
		if y := at.Year(); y < 2000 || y > 2199 {
			t.Fatalf("%q is read as %s", s, at)
		}
		if again := cielo24.ParseDate(at.UTC().Format("2006-01-02T15:04:05.999999999"), time.UTC).Time; !again.Equal(at) && at.UTC().Year() >= 2000 && at.UTC().Year() <= 2199 {
			t.Fatalf("%q is read as %s and then as %s", s, at, again)
		}
	})
}

func BenchmarkDecodeJob(b *testing.B) {
	body := payload(b, "job_info_docs_current_4624ea9.json")
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := cielo24.DecodeJob(body, time.UTC, cielo24.NewSecret(token)); err != nil {
			b.Fatal(err)
		}
	}
}
