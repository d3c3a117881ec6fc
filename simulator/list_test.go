package simulator_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/simulator"
)

// list asks for a job list and returns its jobs.
func (w *world) list(filters string) []map[string]any {
	w.t.Helper()
	status, body := w.send("GET", listPath(filters), "")
	var answer struct {
		Username   *string
		ActiveJobs []map[string]any
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK || answer.Username == nil || answer.ActiveJobs == nil {
		w.t.Fatalf("%d %s", status, body)
	}
	return answer.ActiveJobs
}

func names(jobs []map[string]any) string {
	var all []string
	for _, job := range jobs {
		all = append(all, job["JobName"].(string))
	}
	return strings.Join(all, " ")
}

// listed is a world with jobs that differ in what is filtered by; their names tell their age.
func listed(t *testing.T) *world {
	t.Helper()
	w := newWorldWith(t, simulator.Options{Location: time.UTC})
	w.api.AddUser(simulator.User{Username: "child", Parent: user})
	w.api.AddUser(simulator.User{Username: "stranger"})
	day := 24 * time.Hour
	at := func(status string) []simulator.Stage {
		return []simulator.Stage{{Status: "Authorizing", For: time.Hour}, {Status: "Pending", For: time.Hour}, {Status: status}}
	}
	for _, j := range []simulator.Job{
		{ID: "3", Name: "three-old", Username: user, Created: start().Add(-3 * day), Life: at("Complete"), Fidelity: "HIGH", Difficulty: "Good", Turnaround: day},
		{ID: "1", Name: "one-new", Username: user, Created: start().Add(-day), Life: at("In Process"), Fidelity: "STANDARD", Priority: "PRIORITY", Turnaround: day},
		{ID: "2", Name: "two", Username: user, Created: start().Add(-2 * day), Life: at("Media Failure"), ExternalID: "x*y", Fidelity: "MECHANICAL", Turnaround: 2 * day},
		{ID: "0", Name: "zero", Username: user, Life: []simulator.Stage{{Status: "Authorizing"}}},
		{ID: "c", Name: "child's", Username: "child", Created: start().Add(-5 * day), Life: at("Complete"), NotReturned: true},
		{ID: "5", Name: "stranger's", Username: "stranger", Created: start().Add(-5 * day)},
		{ID: "6", Name: "unborn", Username: user, Created: start().Add(day)},
		{ID: "d", Username: "child", Raw: json.RawMessage(documented(t, "job_info_docs_current_4624ea9.json"))},
	} {
		w.api.AddJob(j)
	}
	return w
}

func TestAListCanBeFiltered(t *testing.T) {
	w := listed(t)
	for _, test := range []struct{ filters, want string }{
		{"", "zero one-new two three-old"},
		{"JobStatus=Complete", "three-old"},
		{"JobStatus=media+failure", "two"},
		{"JobStatus=In+Process&Priority=PRIORITY", "one-new"},
		{"JobStatus=In+Process&Priority=STANDARD", ""},
		{"JobStatus=", "zero one-new two three-old"},
		{"Fidelity=HIGH", "three-old"},
		{"Fidelity=PROFESSIONAL", "three-old"},
		{"Fidelity=PREMIUM", "one-new"},
		{"Fidelity=MECHANICAL", "two"},
		{"JobDifficulty=Good", "three-old"},
		{"ExternalID=x*y", "two"},
		{"ExternalID=x", ""},
		{"JobName=two", "two"},
		{"JobName=t*", "two three-old"},
		{"JobName=*o", "zero two"},
		{"JobName=*", "zero one-new two three-old"},
		{"JobName=*e*-*", "one-new three-old"},
		{"JobName=one-new*new", ""},
		{"JobName=three*e-*", ""},
		{"Username=child", "child's example_job"},
		{"Username=*", "zero one-new two three-old child's example_job"},
		{"Username=*&JobStatus=Complete", "three-old child's example_job"},
		{"CreationDateFrom=2026-02-28T13:00:00", "zero one-new two"},
		{"CreationDateFrom=2026-02-28T13:00:00.000001", "zero one-new"},
		{"CreationDateTo=2026-02-28T13:00:00", "two three-old"},
		{"CreationDateFrom=2026-02-28&CreationDateTo=2026-03-01", "two"},
		{"CreationDateFrom=2026-03-01T05:00:00-08:00", "zero one-new"},
		{"Username=*&CreationDateTo=2014-08-27T14:00:06.472706", "example_job"},
		{"AuthorizationDateTo=2026-03-01T00:00:00", "two three-old"},
		{"StartDateFrom=2026-02-01", "one-new three-old"},
		{"DueDateTo=2026-03-01T00:00:00Z", "three-old"},
		{"CompleteDateFrom=2026-02-01", "three-old"},
		{"Username=*&ReturnDateFrom=2010-01-01", "three-old example_job"},
		{"Username=*&ReturnDateTo=2020-01-01", "example_job"},
		{"page=2", "zero one-new two three-old"},
	} {
		t.Run(test.filters, func(t *testing.T) {
			if got := names(w.list(test.filters)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestEveryDateFilterRefusesWhatIsNoDate(t *testing.T) {
	w := listed(t)
	for _, name := range []string{"Creation", "Start", "Due", "Complete", "Return", "Authorization"} {
		for _, end := range []string{"DateFrom", "DateTo"} {
			status, body := w.send("GET", listPath(name+end+"=yesterday"), "")
			wantError(t, status, body, "INVALID_QUERY", name+end)
		}
	}
}

func TestAListIsRefusedLikeAJob(t *testing.T) {
	w := listed(t)
	for _, test := range []struct{ query, errorType string }{
		{"api_token=" + token, "MISSING_PARAMETER"},
		{"v=1", "MISSING_PARAMETER"},
		{"v=one&api_token=" + token, "INVALID_QUERY"},
		{"v=1&api_token=beef", "BAD_API_TOKEN"},
		{"v=1&Username=stranger&api_token=" + token, "ACCOUNT_UNPRIVILEGED"},
		{"v=1&Username=nobody&api_token=" + token, "ACCOUNT_UNPRIVILEGED"},
	} {
		status, body := w.send("GET", "/api/job/list?"+test.query, "")
		wantError(t, status, body, test.errorType, "")
	}
}

func TestALongListComesWholeAndNewestFirst(t *testing.T) {
	w := newWorld(t)
	for _, j := range simulator.Fleet(3000, start()) {
		j.Username = user
		w.api.AddJob(j)
	}
	jobs := w.list("")
	if len(jobs) != 3000 {
		t.Fatalf("%d jobs", len(jobs))
	}
	for pair := range slices.Chunk(jobs, 2) {
		if a, b := pair[0]["CreationDate"].(string), pair[1]["CreationDate"].(string); a < b {
			t.Fatalf("%s before %s", a, b)
		}
	}
	if got := w.api.Calls("job_list"); got != 1 {
		t.Errorf("%d calls", got)
	}
}
