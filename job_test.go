package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"cielo24_exporter/simulator"
)

// runJob asks for jobs with the command and returns what it prints and its exit code.
func runJob(t *testing.T, file string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), append([]string{"job", "--config.file=" + file}, args...), &out, &err)
	return out.String(), err.String(), code
}

func TestAJobAsAPersonReadsIt(t *testing.T) {
	_, base := simulateFor(t)
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	writeFile(t, file, configuration(base, nil, "api_token: "+simulator.DemoToken, "timezone: America/Los_Angeles"))

	stdout, stderr, code := runJob(t, file, documentedID)
	for _, line := range []string{
		"Job              d4fb871e07514304b23131b45f8caa1f", "Name             example_job", "Status           Complete",
		"Media length     10m 7s", "Source language  en", "Due              2014-08-29 14:00:06 PDT, ",
	} {
		if !strings.Contains(stdout, line) {
			t.Errorf("missing: %s\n%s", line, stdout)
		}
	}
	if stderr != "" || code != 0 {
		t.Errorf("%d %s", code, stderr)
	}

	stdout, _, _ = runJob(t, file, "--output=json", documentedID)
	var object struct {
		JobID  string `json:"job_id"`
		Status string
		Length float64 `json:"media_length_seconds"`
		Due    string
	}
	if err := json.Unmarshal([]byte(stdout), &object); err != nil || object.JobID != documentedID ||
		object.Length != 607.81 || object.Due != "2014-08-29T14:00:06.472706-07:00" {
		t.Errorf("%v\n%s", err, stdout)
	}

	stdout, _, _ = runJob(t, file, "--output=metrics", documentedID)
	wantLines(t, stdout, `cielo24_job_media_length_seconds{account="a",job_id="`+documentedID+`"} 607.81`)
}

func TestJob_PrintsADateThatCannotBeRead(t *testing.T) {
	_, base := simulateFor(t)
	put(t, http.MethodPut, base+"/_simulator/jobs", `{"id": "aa", "raw": {"JobId": "aa", "JobStatus": "Pending", "DueDate": "29/08/2014 14:00"}}`)
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	writeFile(t, file, configuration(base, nil, "api_token: "+simulator.DemoToken))
	for output, want := range map[string]string{
		"text": `Due     "29/08/2014 14:00" (cannot be read)`, "json": `"due_unreadable": "29/08/2014 14:00"`,
		"metrics": `cielo24_job_date_unreadable{account="a",job_id="aa",date="due"} 1`,
	} {
		if stdout, stderr, code := runJob(t, file, "--output="+output, "aa"); code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("--output=%s: got exit code %d and %s%s, want %s", output, code, stdout, stderr, want)
		}
	}
}

func TestAJobThatCantBeHadSaysWhy(t *testing.T) {
	_, base := simulateFor(t)
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	writeFile(t, file, configuration(base, nil, "api_token: ffffffffffffffffffffffffffffffff"))
	stdout, stderr, code := runJob(t, file, documentedID)
	if stdout != "" || code != 1 || stderr != documentedID+": job_info: BAD_API_TOKEN: Invalid or expired API token\n" {
		t.Errorf("%d %q %q", code, stdout, stderr)
	}

	text := configuration(base, nil, "api_token: "+simulator.DemoToken)
	writeFile(t, file, text)
	stdout, stderr, code = runJob(t, file, simulator.DemoUnknownJobID, documentedID)
	if !strings.Contains(stdout, "example_job") || code != 1 || !strings.HasPrefix(stderr, simulator.DemoUnknownJobID+": job_info: ITEM_NOT_FOUND: ") {
		t.Errorf("%d %q %q", code, stdout, stderr)
	}
	_, stderr, code = runJob(t, file, "not an ID")
	if code != 2 || stderr != `cielo24_exporter: job: <job_id>: not a job ID: "not an ID" (expected 1 to 64 hex digits, dashes allowed); see cielo24_exporter --help`+"\n" {
		t.Errorf("%d %q", code, stderr)
	}
	_, stderr, code = runJob(t, file, "--account=b", documentedID)
	if code != 1 || stderr != "--account=b: "+file+" has no such account (known: a)\n" {
		t.Errorf("%d %q", code, stderr)
	}
	writeFile(t, file, text+strings.Replace(strings.TrimPrefix(text, "accounts:\n"), "name: a", "name: b", 1))
	_, stderr, code = runJob(t, file, documentedID)
	if code != 1 || stderr != file+" has several accounts; choose one with --account (known: a, b)\n" {
		t.Errorf("%d %q", code, stderr)
	}
	stdout, stderr, code = runJob(t, file, "--account=b", documentedID)
	if code != 0 || !strings.Contains(stdout, "example_job") {
		t.Errorf("%d %q", code, stderr)
	}
}
