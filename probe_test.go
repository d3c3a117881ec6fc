package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"cielo24_exporter/simulator"
)

func TestAProbeAsksForOneJobNow(t *testing.T) {
	_, base := simulateFor(t, "--simulator.jobs=3")
	exporter, _ := serveWith(t, strings.Replace(configuration(base, []string{"X"}, loginLines), "[X]",
		"[{id: "+documentedID+", labels: {course: BIO101}}]", 1))
	url := exporter.address()
	status, text := get(t, http.MethodGet, url+"/probe?account=a&job_id="+documentedID)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	wantLines(t, text, "probe_success 1", `cielo24_job_media_length_seconds{account="a",job_id="`+documentedID+`"} 607.81`)
	if !strings.Contains(text, `course="BIO101"`) || !strings.Contains(text, "\nprobe_duration_seconds ") || strings.Contains(text, "go_goroutines") {
		t.Error(text)
	}
	_, text = get(t, http.MethodGet, url+"/probe?job_id="+simulator.FleetID(2)) // watched by nobody
	wantLines(t, text, "probe_success 1", `cielo24_job_up{account="a",job_id="`+simulator.FleetID(2)+`"} 1`)
	_, text = get(t, http.MethodGet, url+"/probe?job_id="+simulator.DemoUnknownJobID)
	wantLines(t, text, "probe_success 0", `cielo24_job_error{account="a",job_id="`+simulator.DemoUnknownJobID+`",reason="ITEM_NOT_FOUND"} 1`)
}

func TestAProbeExplainsItselfWithoutSecrets(t *testing.T) {
	_, base := simulateFor(t)
	exporter, _ := serveWith(t, configuration(base, nil, loginLines))
	url := exporter.address()
	_, text := get(t, http.MethodGet, url+"/probe?debug=true&job_id="+documentedID)
	for _, part := range []string{
		"> GET " + base + "/api/account/login?v=1\n", "> X-Auth-Securekey: <secret>\n", "(not shown: it holds the token)",
		"> GET " + base + "/api/job/info?v=1&api_token=<secret>&job_id=" + documentedID + "\n", "< HTTP/1.1 200 OK\n",
		"< Content-Type: application/json", `"JobName": "example_job"`, `"MediaLengthSeconds": 607.81`, "\nprobe_success 1\n",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("missing: %q in\n%s", part, text)
		}
	}
	put(t, http.MethodPut, base+"/_simulator/faults", `{"endpoint": "job_info", "status": 418, "body": "`+strings.Repeat("tea ", 100000)+`"}`)
	_, text = get(t, http.MethodGet, url+"/probe?debug=true&job_id="+documentedID)
	if !strings.Contains(text, "< HTTP/1.1 418 I'm a teapot\n") || !strings.Contains(text, "job_info: http_4xx: status 418\n") || len(text) > 100000 {
		t.Errorf("%d bytes\n%.2000s", len(text), text)
	}
	if strings.Contains(text, simulator.DemoSecureKey) {
		t.Error("the securekey is shown")
	}
}

func TestBadParametersAreSaidInOneLine(t *testing.T) {
	_, base := simulateFor(t)
	one := configuration(base, nil, "api_token: x")
	exporter, _ := serveWith(t, one+strings.Replace(strings.TrimPrefix(one, "accounts:\n"), "name: a", "name: b", 1))
	url := exporter.address()
	for query, want := range map[string]string{
		"/probe":                             "parameter account is missing (known: a, b)",
		"/probe?account=a":                   "parameter job_id is missing",
		"/probe?account=a&job_id=zz":         `parameter job_id: not a job ID: "zz" (expected 1 to 64 hex digits, dashes allowed)`,
		"/probe?account=a&job_id=a&debug=on": "parameter debug must be true or false",
		"/probe?account=c&job_id=a":          `parameter account: no account "c" (known: a, b)`,
		"/sd?account=c":                      `parameter account: no account "c" (known: a, b)`,
	} {
		if status, body := get(t, http.MethodGet, url+query); status != http.StatusBadRequest || body != want+"\n" {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
}

func TestJobsAreTargetsOfServiceDiscovery(t *testing.T) {
	_, base := simulateFor(t, "--simulator.jobs=30")
	text := strings.Replace(configuration(base, []string{"X"}, "api_token: "+simulator.DemoToken, "discovery: {username: '*'}"), "[X]",
		"[{id: "+documentedID+", labels: {course: BIO101}}]", 1)
	exporter, _ := serveWith(t, text)
	var groups []struct {
		Targets []string
		Labels  map[string]string
	}
	_, body := get(t, http.MethodGet, exporter.address()+"/sd?account=a")
	if err := json.Unmarshal([]byte(body), &groups); err != nil {
		t.Fatal(err, body)
	}
	if len(groups) < 20 || groups[0].Targets[0] != documentedID || groups[0].Labels["__meta_cielo24_label_course"] != "BIO101" ||
		groups[0].Labels["__meta_cielo24_status"] != "Complete" || groups[0].Labels["__meta_cielo24_fidelity"] != "MECHANICAL" ||
		groups[1].Labels["__meta_cielo24_source"] != "discovery" {
		t.Errorf("%d groups: %+v", len(groups), groups[:2])
	}
}
