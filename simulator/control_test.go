package simulator_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"cielo24_exporter/simulator"
)

func TestAProcessOfItsOwnCanBeSteeredOverHTTP(t *testing.T) {
	w := newWorld(t)
	want := func(method, path, body string, status int) {
		t.Helper()
		if got, text := w.send(method, path, body); got != status {
			t.Errorf("%s %s: got %d %s, want %d", method, path, got, text, status)
		}
	}
	want("PUT", "/_simulator/jobs", `{"id": "C0-FFEE", "name": "Lecture", "media_length": "90s", "created": "2026-03-02T12:00:00Z", "turnaround": "24h",
		"life": [{"status": "Pending", "for": "30m"}, {"status": "Complete"}], "not_returned": true}`, 204)
	wantMembers(t, w.info("c0ffee"), map[string]any{
		"JobName": "Lecture", "MediaLengthSeconds": 90.0, "JobStatus": "Complete", "ReturnDate": "",
		"CompletedDate": "2026-03-02T04:30:00", "DueDate": "2026-03-03T04:00:00",
	})
	want("PUT", "/_simulator/faults?job_id=c0ffee", `{"status": 503, "header": {"Retry-After": ["5"]}, "times": 1}`, 204)
	want("GET", infoPath("c0ffee"), "", 503)
	want("GET", infoPath("c0ffee"), "", 200)
	want("PUT", "/_simulator/faults", `{"latency": "1ns", "endpoint": "job_info", "status": 418}`, 204)
	want("GET", infoPath("c0ffee"), "", 418)
	want("PUT", "/_simulator/faults", `{"endpoint": "job_list", "job_status": "Pending", "status": 500}`, 204)
	want("GET", listPath("JobStatus=Pending"), "", 500)
	want("DELETE", "/_simulator/faults", "", 204)
	want("GET", infoPath("c0ffee"), "", 200)
	want("DELETE", "/_simulator/jobs?job_id=c0ffee", "", 204)
	want("DELETE", "/_simulator/jobs?job_id=c0ffee", "", 404)
	want("POST", "/_simulator/expire", "", 204)
	status, body := w.send("GET", listPath(""), "")
	wantError(t, status, body, "BAD_API_TOKEN", "")

	_, body = w.send("GET", "/_simulator/calls", "")
	if want := `{"job_info":5,"job_list":2,"login":0,"jobs":{"c0ffee":5}}`; body != want {
		t.Errorf("calls: %s, want %s", body, want)
	}
}

func TestThePageShowsJobsFaultsAndCallsAndNoSecret(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(simulator.Job{ID: job1, Life: []simulator.Stage{{Status: "In Process"}}})
	w.api.AddJob(simulator.Job{ID: job2, Raw: json.RawMessage(documented(t, "job_info_docs_current_4624ea9.json"))})
	w.api.AddJob(simulator.Job{ID: "f00d", Created: start().AddDate(0, 0, 1)})
	w.api.SetFault("", simulator.Fault{Latency: 2e9, Endpoint: "login"})
	w.api.SetFault(job1, simulator.Fault{Break: "drip", Times: 3})
	w.send("GET", listPath(""), "")
	status, page := w.send("GET", "/_simulator/", "")
	for _, line := range []string{
		"Calls: 0 job_info, 1 job_list, 0 login", "Faults: 2", "Jobs: 3",
		`  every call  {"endpoint":"login","latency":"2s"}`, "  " + job1 + `  {"break":"drip","times":3}`,
		"  " + job1 + "  In Process", "  " + job2 + "  Complete", "  f00d  not created yet",
	} {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("missing: %s", line)
		}
	}
	if strings.Contains(page, token) || strings.Contains(page, "fedcba98") || status != http.StatusOK {
		t.Error("a secret is shown")
	}
	if t.Failed() {
		t.Log(page)
	}
}

func TestBadInputToTheControlsGetsOneLine(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct{ name, method, path, body, want string }{
		{"no JSON", "PUT", "/_simulator/faults", "fault", "invalid character"},
		{"no body", "PUT", "/_simulator/faults", "", "EOF"},
		{"an unknown member", "PUT", "/_simulator/faults", `{"latenzy": "2s"}`, `"latenzy"`},
		{"a latency without a unit", "PUT", "/_simulator/faults", `{"latency": "2"}`, "duration"},
		{"a latency that is a number", "PUT", "/_simulator/faults", `{"latency": 2}`, "number"},
		{"an impossible status", "PUT", "/_simulator/faults", `{"status": 42}`, "status"},
		{"an unknown break", "PUT", "/_simulator/faults", `{"break": "bread"}`, "break"},
		{"two values", "PUT", "/_simulator/faults", `{} {}`, "more than one"},
		{"a fault for no hex", "PUT", "/_simulator/faults?job_id=lecture", `{}`, "job_id"},
		{"a body without end", "PUT", "/_simulator/faults", `{"body": "` + strings.Repeat("a", 1<<20) + `"}`, "too large"},
		{"a job without an ID", "PUT", "/_simulator/jobs", `{}`, "id"},
		{"a job with an unknown member", "PUT", "/_simulator/jobs", `{"id": "a", "JobName": "x"}`, `"JobName"`},
		{"a stage with an unknown member", "PUT", "/_simulator/jobs", `{"id": "a", "life": [{"state": "x"}]}`, `"state"`},
		{"a job of negative length", "PUT", "/_simulator/jobs", `{"id": "a", "media_length": "-1s"}`, "negative"},
		{"the removal of nothing", "DELETE", "/_simulator/jobs", "", "job_id"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := w.send(test.method, test.path, test.body)
			if status != http.StatusBadRequest || strings.Count(body, "\n") != 1 || !strings.Contains(body, test.want) {
				t.Errorf("got %d %q, want 400 and %q", status, body, test.want)
			}
		})
	}
}

func TestWrongMethodsAndPathsAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{"POST", "/api/job/info", 405},
		{"DELETE", "/api/job/list", 405},
		{"PUT", "/api/account/login", 405},
		{"POST", "/_simulator/", 405},
		{"GET", "/_simulator/jobs", 405},
		{"POST", "/_simulator/faults", 405},
		{"GET", "/_simulator/expire", 405},
		{"POST", "/_simulator/calls", 405},
		{"GET", "/", 404},
		{"GET", "/api/job/new", 404},
		{"GET", "/_simulator/tokens", 404},
	} {
		if status, body := w.send(test.method, test.path, ""); status != test.want {
			t.Errorf("%s %s: got %d %s, want %d", test.method, test.path, status, body, test.want)
		}
	}
}

func TestWhatIsWrittenAsJSONIsReadTheSame(t *testing.T) {
	for _, text := range []string{
		`{"endpoint":"login","hang":true,"status":503,"header":{"A":["b"]},"body":"c","raw":"d","break":"drip","times":2,"latency":"2s"}`,
		`{}`,
	} {
		var f simulator.Fault
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(f); err != nil || string(got) != text {
			t.Errorf("got %s %v, want %s", got, err, text)
		}
	}
	job := completeJob()
	data, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	var again simulator.Job
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if data2, err := json.Marshal(again); err != nil || !bytes.Equal(data2, data) || again.Turnaround != job.Turnaround ||
		again.MediaLength != job.MediaLength || again.Life[0] != job.Life[0] {
		t.Errorf("got %s %v, want %s", data2, err, data)
	}
}
