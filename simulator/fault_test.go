package simulator_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"cielo24_exporter/simulator"
)

// try asks for a job and returns the answer's body and what a plain client says of it.
func (w *world) try(id string) (status int, header http.Header, body string, _ error) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+infoPath(id), http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := w.client.Do(r)
	if err != nil {
		return 0, nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(data), err
}

func twoJobs(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.api.AddJob(simulator.Job{ID: job1, Name: "one"})
	w.api.AddJob(simulator.Job{ID: job2, Name: "two"})
	return w
}

func TestAFaultCanBeAnyAnswer(t *testing.T) {
	for _, test := range []struct {
		name   string
		fault  simulator.Fault
		status int
		body   string // is contained
		header string // Retry-After
	}{
		{"a status alone", simulator.Fault{Status: 503}, 503, "", ""},
		{"a status with a body", simulator.Fault{Status: 400, Body: `{"ErrorType":"GREMLINS"}`}, 400, "GREMLINS", ""},
		{"a status with a header", simulator.Fault{Status: 429, Header: http.Header{"retry-after": {"7"}}}, 429, "", "7"},
		{"a body alone", simulator.Fault{Body: "<html>"}, 200, "<html>", ""},
		{"a header on the real answer", simulator.Fault{Header: http.Header{"Retry-After": {"9"}}}, 200, `"one"`, "9"},
		{"bytes on the wire", simulator.Fault{Raw: "HTTP/1.1 299 Odd\r\nRetry-After: 1\r\n\r\nno length"}, 299, "no length", "1"},
		{"a latency", simulator.Fault{Latency: time.Nanosecond}, 200, `"one"`, ""},
		{"nothing", simulator.Fault{}, 200, `"one"`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := twoJobs(t)
			w.api.SetFault(job1, test.fault)
			status, header, body, err := w.try(job1)
			if err != nil || status != test.status || !strings.Contains(body, test.body) || header.Get("Retry-After") != test.header {
				t.Errorf("got %d %v %q %v", status, header, body, err)
			}
		})
	}
}

func TestAFaultCanBreakTheConnection(t *testing.T) {
	for _, test := range []struct {
		fault simulator.Fault
		want  error
		body  string
	}{
		{simulator.Fault{Break: simulator.BreakReset}, syscall.ECONNRESET, ""},
		{simulator.Fault{Break: simulator.BreakClose}, io.EOF, ""},
		{simulator.Fault{Break: simulator.BreakTruncate}, io.ErrUnexpectedEOF, `{"JobId":`},
		{simulator.Fault{Break: simulator.BreakTruncate, Status: 500, Body: "half of it"}, io.ErrUnexpectedEOF, "half "},
		{simulator.Fault{Raw: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}, io.ErrUnexpectedEOF, "abc"},
	} {
		t.Run(test.fault.Break, func(t *testing.T) {
			w := twoJobs(t)
			w.api.SetFault(job1, test.fault)
			_, _, body, err := w.try(job1)
			if !errors.Is(err, test.want) || !strings.HasPrefix(body, test.body) {
				t.Errorf("got %q %v, want %v", body, err, test.want)
			}
			if _, _, body, err := w.try(job2); err != nil || !strings.Contains(body, "two") {
				t.Errorf("the other job: %q %v", body, err)
			}
		})
	}
}

func TestABreakWorksOverTLSToo(t *testing.T) {
	api := simulator.New(simulator.Options{})
	server := httptest.NewTLSServer(api)
	defer server.Close()
	api.SetFault("", simulator.Fault{Break: simulator.BreakReset})
	client := server.Client()
	defer client.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+infoPath(job1), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err == nil {
		_ = resp.Body.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v", err)
	}
}

func TestAFaultHitsOnlyWhatItIsFor(t *testing.T) {
	type call struct {
		path   string
		status int
	}
	info1, info2, list, login := infoPath(job1), infoPath(job2), listPath(""), loginPath+"&username="+user+"&securekey=fedcba98"
	for _, test := range []struct {
		name   string
		faults map[string]simulator.Fault
		calls  []call
	}{
		{"one job", map[string]simulator.Fault{job1: {Status: 500}}, []call{{info1, 500}, {info2, 200}, {list, 200}, {login, 200}}},
		{"every call", map[string]simulator.Fault{"": {Status: 500}}, []call{{info1, 500}, {info2, 500}, {list, 500}, {login, 500}}},
		{"one endpoint", map[string]simulator.Fault{"": {Status: 500, Endpoint: "login"}}, []call{{info1, 200}, {list, 200}, {login, 500}}},
		{
			"the list of one status",
			map[string]simulator.Fault{"": {Endpoint: "job_list", JobStatus: "In Process", Status: 500}},
			[]call{
				{listPath("JobStatus=In+Process"), 500},
				{listPath("JobStatus=in%20process"), 500},
				{listPath("JobStatus=Pending"), 200},
				{list, 200},
				{info1 + "&JobStatus=In+Process", 200},
				{login + "&JobStatus=In+Process", 200},
			},
		},
		{"an exempted job", map[string]simulator.Fault{"": {Status: 500}, job1: {}}, []call{{info1, 200}, {info2, 500}, {list, 500}}},
		{"a job by its alias", map[string]simulator.Fault{"A-11A5": {Status: 500}}, []call{{infoPath("a11a5"), 500}, {info1, 200}}},
		{"an alias by its job", map[string]simulator.Fault{job1: {Status: 500}}, []call{{infoPath("a11a5"), 500}}},
		{
			"a bad token",
			map[string]simulator.Fault{"": {Status: 401, BadToken: true}},
			[]call{{strings.Replace(info1, token, "dead", 1), 401}, {strings.Replace(list, token, "dead", 1), 401}, {info1, 200}, {list, 200}, {login, 200}},
		},
		{"the next call", map[string]simulator.Fault{job1: {Status: 500, Times: 1}}, []call{{info2, 200}, {info1, 500}, {info1, 200}}},
		{
			"the next list of one status",
			map[string]simulator.Fault{"": {Endpoint: "job_list", JobStatus: "Pending", Status: 500, Times: 1}},
			[]call{{list, 200}, {listPath("JobStatus=Pending"), 500}, {listPath("JobStatus=Pending"), 200}},
		},
		{"the next calls", map[string]simulator.Fault{"": {Status: 500, Times: 2}}, []call{{info2, 500}, {login, 500}, {info1, 200}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := twoJobs(t)
			w.api.AddAlias("a11a5", job1)
			for id, f := range test.faults {
				w.api.SetFault(id, f)
			}
			for _, c := range test.calls {
				if status, body := w.send("GET", c.path, ""); status != c.status {
					t.Errorf("%s: got %d %s, want %d", c.path, status, body, c.status)
				}
			}
			w.api.ClearFaults()
			if status, body := w.send("GET", info1, ""); status != 200 {
				t.Errorf("after all is over: %d %s", status, body)
			}
		})
	}
}

func TestListsOfStatusesCanFailIndependently(t *testing.T) {
	w := twoJobs(t)
	w.api.SetFault("", simulator.Fault{Endpoint: "job_list", Status: 500})
	w.api.SetFault("", simulator.Fault{Endpoint: "job_list", JobStatus: "Pending", Status: 502})
	w.api.SetFault("", simulator.Fault{Endpoint: "job_list", JobStatus: "Complete"})
	for jobStatus, want := range map[string]int{"Pending": 502, "Complete": 200, "Reviewing": 500} {
		if status, body := w.send("GET", listPath("JobStatus="+jobStatus), ""); status != want {
			t.Errorf("%s: got %d %s, want %d", jobStatus, status, body, want)
		}
	}
}

func TestFaultsThatCannotBeMeantAreRefused(t *testing.T) {
	for name, f := range map[string]simulator.Fault{
		"endpoint": {Endpoint: "jobs"}, "break": {Break: "leg"}, "status": {Status: 100}, "latency": {Latency: -1}, "times": {Times: -1},
		"job status of every call": {JobStatus: "Pending"}, "job status of job info": {Endpoint: "job_info", JobStatus: "Pending"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			simulator.New(simulator.Options{}).SetFault("", f)
		})
	}
}
