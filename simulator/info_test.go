package simulator_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/simulator"
)

func documented(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// shape describes a JSON text: names in their order, and types. Of a list the first element counts. The names of
// options are free.
func shape(t *testing.T, text string) string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	var value func(indent string) string
	value = func(indent string) string {
		next, err := d.Token()
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		var b strings.Builder
		switch next {
		case json.Delim('{'):
			for d.More() {
				name, _ := d.Token()
				if strings.HasSuffix(indent, "Options.") {
					name = "*"
				}
				path := indent + fmt.Sprint(name)
				b.WriteString(path + value(path+".") + "\n")
			}
		case json.Delim('['):
			b.WriteString(" list\n" + value(indent))
			for d.More() {
				value(indent)
			}
		default:
			return fmt.Sprintf(" %T", next)
		}
		_, _ = d.Token()
		return "\n" + b.String()
	}
	return value("")
}

func completeJob() simulator.Job {
	return simulator.Job{
		ID: job1, Name: "example_job", ExternalID: "sample_id", Priority: "STANDARD", Fidelity: "MECHANICAL",
		Difficulty: "Unknown", SourceLanguage: "en", TargetLanguage: "es", Username: user,
		MediaLength: 607810 * time.Millisecond, Created: start().Add(-10*time.Hour + 1500*time.Microsecond),
		Turnaround: 48 * time.Hour,
		Life: []simulator.Stage{
			{Status: "Authorizing", For: time.Hour},
			{Status: "Pending", For: time.Hour},
			{Status: "In Process", For: time.Hour},
			{Status: "Complete"},
		},
	}
}

func TestAnswersHaveTheDocumentedShape(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(completeJob())
	for _, test := range []struct{ path, file string }{
		{infoPath(job1), "job_info_docs_current_4624ea9.json"},
		{listPath(""), "job_list_docs_current_4624ea9.json"},
		{"/api/account/login?v=1&username=" + user + "&securekey=fedcba98", "login_200_docs_4624ea9.json"},
	} {
		_, body := w.send("GET", test.path, "")
		got, want := shape(t, body), shape(t, documented(t, test.file))
		if got != want {
			t.Errorf("%s\ngot:%s\nwant:%s", test.file, got, want)
		}
	}
}

func TestAJobIsServedWithAllItsMembers(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(completeJob())
	wantMembers(t, w.info(job1), map[string]any{
		"JobId": job1, "JobName": "example_job", "MediaLengthSeconds": 607.81, "ExternalID": "sample_id",
		"Priority": "STANDARD", "Fidelity": "MECHANICAL", "JobStatus": "Complete", "JobDifficulty": "Unknown",
		"SourceLanguage": "en", "TargetLanguage": "es",
		"CreationDate":      "2026-03-01T19:00:00.001500", // Los Angeles
		"AuthorizationDate": "2026-03-01T20:00:00.001500",
		"StartDate":         "2026-03-01T21:00:00.001500",
		"CompletedDate":     "2026-03-01T22:00:00.001500",
		"ReturnDate":        "2026-03-01T22:00:00.001500",
		"DueDate":           "2026-03-03T20:00:00.001500",
	})
}

func TestDatesAreWrittenInTheZoneThatWasAskedFor(t *testing.T) {
	kathmandu, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		zone *time.Location
		want string
	}{
		{nil, "2026-03-02T05:00:00"},
		{time.UTC, "2026-03-02T13:00:00"},
		{kathmandu, "2026-03-02T18:45:00"},
	} {
		w := newWorldWith(t, simulator.Options{Location: test.zone})
		w.api.AddJob(simulator.Job{ID: job1})
		wantMembers(t, w.info(job1), map[string]any{"CreationDate": test.want})
	}
}

func TestWhatIsNotKnownYetIsEmpty(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(simulator.Job{ID: job1, Turnaround: 24 * time.Hour})
	wantMembers(t, w.info(job1), map[string]any{
		"JobStatus": "Authorizing", "MediaLengthSeconds": "", "AuthorizationDate": "", "StartDate": "", "DueDate": "",
		"CompletedDate": "", "ReturnDate": "", "JobName": "", "JobDifficulty": "",
	})
}

func TestAJobIsFoundHoweverItsIDIsWritten(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(simulator.Job{ID: "64BEA283-EFF6-475E-A659-6027A6BA0929"})
	for _, id := range []string{job1, strings.ToUpper(job1), "64bea283-eff6-475e-a659-6027a6ba0929"} {
		wantMembers(t, w.info(id), map[string]any{"JobId": job1})
	}
	if got := w.api.JobCalls(job1); got != 3 {
		t.Errorf("%d calls", got)
	}
}

func TestTheDocumentedExampleAsksForOneJobAndGetsAnother(t *testing.T) {
	w := newWorld(t)
	payload := documented(t, "job_info_docs_current_4624ea9.json")
	w.api.AddJob(simulator.Job{ID: job2, Raw: json.RawMessage(payload)})
	w.api.AddAlias(job1, job2)
	if _, body := w.send("GET", infoPath(job1), ""); body != payload {
		t.Errorf("not word for word:\n%s", body)
	}
}

func TestEveryRefusedCallSaysWhy(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(simulator.Job{ID: job1, Username: user})
	w.api.AddJob(simulator.Job{ID: job2, Username: "somebody@else.edu"})
	w.api.AddJob(simulator.Job{ID: "f00d", Username: user, Created: start().Add(time.Hour)})
	for _, test := range []struct{ name, query, errorType, comment string }{
		{"no version", "api_token=" + token + "&job_id=" + job1, "MISSING_PARAMETER", "v"},
		{"another version", "v=2&api_token=" + token + "&job_id=" + job1, "INVALID_QUERY", "v must be 1"},
		{"no token", "v=1&job_id=" + job1, "MISSING_PARAMETER", "api_token"},
		{"no job", "v=1&api_token=" + token, "MISSING_PARAMETER", "job_id"},
		{"a wrong token", "v=1&api_token=beef&job_id=" + job1, "BAD_API_TOKEN", "Invalid or expired API token"},
		{"a securekey is no token", "v=1&api_token=fedcba98&job_id=" + job1, "BAD_API_TOKEN", "Invalid or expired API token"},
		{"an ID that is not hex", "v=1&api_token=" + token + "&job_id=lecture-7", "INVALID_QUERY", "job_id"},
		{"an ID that is too long", "v=1&api_token=" + token + "&job_id=" + strings.Repeat("a", 65), "INVALID_QUERY", "job_id"},
		{"an unknown ID", "v=1&api_token=" + token + "&job_id=404", "ITEM_NOT_FOUND", "job"},
		{"a job that is not created yet", "v=1&api_token=" + token + "&job_id=f00d", "ITEM_NOT_FOUND", "job"},
		{"somebody else's job", "v=1&api_token=" + token + "&job_id=" + job2, "ACCOUNT_UNPRIVILEGED", "access"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := w.send("GET", "/api/job/info?"+test.query, "")
			wantError(t, status, body, test.errorType, test.comment)
		})
	}
}

func TestAParentReadsTheJobsOfItsDescendants(t *testing.T) {
	w := newWorld(t)
	w.api.AddUser(simulator.User{Username: "child", Parent: user})
	w.api.AddUser(simulator.User{Username: "grandchild", Parent: "child"})
	w.api.AddUser(simulator.User{Username: "own grandparent", Parent: "own parent"})
	w.api.AddUser(simulator.User{Username: "own parent", Parent: "own grandparent"})
	w.api.AddToken("c0", "child")
	w.api.AddJob(simulator.Job{ID: job1, Username: "grandchild"})
	w.api.AddJob(simulator.Job{ID: job2, Username: user})
	w.api.AddJob(simulator.Job{ID: "100b", Username: "own parent"})
	w.info(job1)
	status, body := w.send("GET", "/api/job/info?v=1&api_token=c0&job_id="+job2, "")
	wantError(t, status, body, "ACCOUNT_UNPRIVILEGED", "job")
	status, body = w.send("GET", infoPath("100b"), "")
	wantError(t, status, body, "ACCOUNT_UNPRIVILEGED", "job")
}

func TestARemovedJobIsGoneAndAReplacedOneIsNew(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(simulator.Job{ID: job1, Name: "old"})
	w.api.AddJob(simulator.Job{ID: job2})
	w.info(job1)
	w.api.AddJob(simulator.Job{ID: job1, Name: "new"})
	wantMembers(t, w.info(job1), map[string]any{"JobName": "new"})
	w.api.RemoveJob(job2)
	w.api.RemoveJob("404")
	status, body := w.send("GET", infoPath(job2), "")
	wantError(t, status, body, "ITEM_NOT_FOUND", "job")
	if got := w.api.Jobs(); len(got) != 1 || got[0] != job1 {
		t.Errorf("jobs: %v", got)
	}
}
