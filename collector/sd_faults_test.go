package collector_test

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

// target is a job as service discovery names it.
type target struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// targets asks service discovery, and returns the status of the answer and the jobs in it by ID.
func targets(e *testenv.Env, path string) (int, map[string]target) {
	e.T.Helper()
	w := e.Get(path, 0)
	var all []target
	if w.Code == http.StatusOK {
		if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil {
			e.T.Errorf("%s: got %s, want JSON: %v", path, w.Body, err)
		}
	}
	byID := map[string]target{}
	for _, one := range all {
		byID[one.Targets[0]] = one
	}
	return w.Code, byID
}

// wantTargets fails unless service discovery answers with the status and the jobs.
func wantTargets(e *testenv.Env, path string, code int, ids ...string) {
	e.T.Helper()
	got, byID := targets(e, path)
	if got != code || len(byID) != len(ids) || slices.ContainsFunc(ids, func(id string) bool { return byID[id].Targets == nil }) {
		e.T.Errorf("%s: got %d and %v, want %d and the jobs %v", path, got, byID, code, ids)
	}
}

func TestSD_UnavailableUntilEveryListWasHadOnce(t *testing.T) {
	for name, test := range map[string]struct {
		fault  simulator.Fault
		known  bool // the list counts as had
		status string
	}{
		"500 for one list":            {fault: simulator.Fault{Status: 500}, status: "Pending"},
		"500 for all lists":           {fault: simulator.Fault{Status: 500}},
		"BAD_API_TOKEN":               {fault: simulator.Fault{Status: 400, Body: `{"ErrorType":"BAD_API_TOKEN"}`}},
		"LOGIN_INVALID":               {fault: simulator.Fault{Status: 400, Body: `{"ErrorType":"LOGIN_INVALID"}`}},
		"401":                         {fault: simulator.Fault{Status: 401}},
		"UNHANDLED_ERROR":             {fault: simulator.Fault{Status: 400, Body: `{"ErrorType":"UNHANDLED_ERROR"}`}, status: "Pending"},
		"400 without an ErrorType":    {fault: simulator.Fault{Status: 400, Body: "<html>"}, status: "Pending"},
		"a page":                      {fault: simulator.Fault{Body: "<html>"}, status: "Pending"},
		"a page for all lists":        {fault: simulator.Fault{Body: "<html>"}},
		"a list that breaks off":      {fault: simulator.Fault{Body: `{"ActiveJobs":[{"JobId":"dd"},`}, status: "Pending"},
		"silence":                     {fault: simulator.Fault{Hang: true}, status: "Pending"},
		"NOT_PARENT_ACCOUNT":          {fault: simulator.Fault{Status: 400, Body: `{"ErrorType":"NOT_PARENT_ACCOUNT"}`}, known: true, status: "Pending"},
		"INVALID_OPTION with 200":     {fault: simulator.Fault{Body: `{"ErrorType":"INVALID_OPTION"}`}, known: true, status: "Pending"},
		"an unknown ErrorType":        {fault: simulator.Fault{Status: 403, Body: `{"ErrorType":"GREMLINS"}`}, known: true, status: "Pending"},
		"ACCOUNT_UNPRIVILEGED by 401": {fault: simulator.Fault{Status: 401, Body: `{"ErrorType":"ACCOUNT_UNPRIVILEGED"}`}, known: true, status: "Pending"},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				put(e, "aa", "Pending", "")
				put(e, "bb", "In Process", "")
				put(e, "cc", "Reviewing", "")
				list(e, test.status, test.fault)
				e.Load(threeLists("timeout: 2s", "jobs: [cc]"))
				for range 3 {
					if test.known {
						wantTargets(e, "/sd?account=a", 200, "bb", "cc")
					} else {
						wantTargets(e, "/sd?account=a", 503)
					}
					e.Wait(time.Minute)
					e.Scrape(0)
				}
				e.API.ClearFaults()
				e.Wait(10 * time.Minute)
				wantTargets(e, "/sd?account=a", 200, "aa", "bb", "cc")
			})
		})
	}
}

func TestSD_LastKnownJobsWhenListsFail(t *testing.T) {
	for name, test := range listFaults() {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				put(e, "aa", "Pending", "")
				put(e, "bb", "In Process", "")
				e.Load(threeLists("timeout: 2s"))
				wantTargets(e, "/sd?account=a", 200, "aa", "bb")
				list(e, "Pending", test.fault)
				for range 3 {
					e.Wait(61 * time.Second)
					wantTargets(e, "/sd?account=a", 200, "aa", "bb")
				}
				list(e, "", test.fault)
				for range 30 { // far beyond stale_after
					e.Wait(61 * time.Second)
					wantTargets(e, "/sd?account=a", 200, "aa", "bb")
				}
			})
		})
	}
}

func TestSD_ListsInWhichJobsAreNotHadWholeDropNone(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		ids := fleet(e, 30)
		e.Load(threeLists())
		wantTargets(e, "/sd?account=a", 200, ids...)
		list(e, "In Process", simulator.Fault{Body: lists()}) // not believed at once
		e.Wait(61 * time.Second)
		wantTargets(e, "/sd?account=a", 200, ids...)
	})
}

func TestSD_OfAllAccountsIsUnavailableWhileOneIsUnknown(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "Pending", "")
		put(e, "bb", "In Process", "")
		list(e, "Pending", simulator.Fault{Status: 500})
		e.Load(testenv.Account("a", "discovery: {statuses: [Pending]}"), testenv.Account("b", "jobs: [bb]"))
		wantTargets(e, "/sd", 503)
		wantTargets(e, "/sd?account=a", 503)
		wantTargets(e, "/sd?account=b", 200, "bb")
		e.API.ClearFaults()
		e.Wait(time.Minute)
		wantTargets(e, "/sd", 200, "aa", "bb")
	})
}

func TestSD_ReloadThatAddsAListMakesItUnknown(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "Pending", "")
		put(e, "bb", "Reviewing", "")
		e.Load(testenv.Account("a", "discovery: {statuses: [Pending]}"))
		wantTargets(e, "/sd?account=a", 200, "aa")
		list(e, "Reviewing", simulator.Fault{Status: 500})
		e.Load(testenv.Account("a", "discovery: {statuses: [Pending, Reviewing]}"))
		wantTargets(e, "/sd?account=a", 503)
		e.API.ClearFaults()
		wantTargets(e, "/sd?account=a", 200, "aa", "bb")
	})
}

func TestSD_ProbesOnlyKnowStatuses(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", "")
		e.Load(testenv.Account("a", "jobs: [aa]"))
		wantTargets(e, "/sd?account=a", 200, "aa")
		e.Get("/probe?account=a&job_id=aa", 0)
		if _, byID := targets(e, "/sd?account=a"); byID["aa"].Labels["__meta_cielo24_status"] != "In Process" {
			t.Errorf("got %v, want the status that a probe has learned", byID["aa"])
		}
		put(e, "aa", "Reviewing", "")
		e.Wait(time.Minute)
		e.Get("/probe?account=a&job_id=aa", 0)
		if _, byID := targets(e, "/sd?account=a"); byID["aa"].Labels["__meta_cielo24_status"] != "Reviewing" {
			t.Errorf("got %v, want the status that the latest probe has learned", byID["aa"])
		}
	})
}

func TestSD_ReadsChangedJobFilesAndSecrets(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", "")
		put(e, "bb", "In Process", "")
		write(e, "jobs.yml", "- aa\n")
		write(e, "token", strings.Repeat("0", 32))
		e.Load("  - name: a\n    base_url: " + testenv.BaseURL + "\n    api_token_file: token\n    job_files: [jobs.yml]\n")
		probe := func(id string) string { return e.Get("/probe?account=a&job_id="+id, 0).Body.String() }
		if text := probe("aa"); !strings.Contains(text, `reason="BAD_API_TOKEN"`) {
			t.Errorf("got %s, want BAD_API_TOKEN", text)
		}
		write(e, "token", simulator.DemoToken)
		write(e, "jobs.yml", "- aa\n- id: bb\n  labels: {course: BIO101}\n")
		e.Wait(time.Minute)
		e.Want(probe("aa"), "probe_success 1")
		if text := probe("bb"); !strings.Contains(text, `course="BIO101"`) {
			t.Errorf("got %s, want the label of the job file", text)
		}
		wantTargets(e, "/sd?account=a", 200, "aa", "bb")
		write(e, "jobs.yml", "- bb\n- cc\n- dd\n")
		e.Wait(time.Minute)
		probe("bb")
		wantTargets(e, "/sd?account=a", 200, "bb", "cc", "dd")
	})
}

// write writes a file beside the configuration.
func write(e *testenv.Env, name, text string) {
	e.T.Helper()
	if err := os.WriteFile(e.Path(name), []byte(text), 0o600); err != nil {
		e.T.Fatal(err)
	}
}
