package collector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

// threeLists is an account that finds its jobs in three lists.
func threeLists(settings ...string) string {
	return testenv.Account("a", append(settings, `discovery: {statuses: [Pending, In Process, Reviewing]}`)...)
}

func TestList_OddElementCostsOnlyItself(t *testing.T) {
	large := strings.Repeat("x", 2<<20)
	for name, test := range map[string]struct {
		odd        []string
		unreadable int
		also       []string // IDs of jobs among the odd that are jobs all the same
	}{
		"text, number, array, and a job of 2 MiB": {
			[]string{`"x"`, payload("cc", "Pending", ""), `17`, `[]`, payload("dd", "Pending", `,"Options":"`+large+`"`)}, 3, []string{"cc", "dd"},
		},
		"text":                       {odd: []string{`"x"`}, unreadable: 1},
		"null":                       {odd: []string{`null`}, unreadable: 1},
		"booleans":                   {odd: []string{`true`, `false`}, unreadable: 2},
		"fractions":                  {odd: []string{`-1.5e300`}, unreadable: 1},
		"an empty object":            {odd: []string{`{}`}, unreadable: 1},
		"some other object":          {odd: []string{`{"ErrorType":"ITEM_NOT_FOUND"}`}, unreadable: 1},
		"nested arrays":              {odd: []string{`[[[{"JobId":"cc"}]]]`}, unreadable: 1},
		"deeply nested arrays":       {odd: []string{strings.Repeat("[", 20000) + strings.Repeat("]", 20000)}, unreadable: 1},
		"an ID that is none":         {odd: []string{payload("not hex", "Pending", "")}, unreadable: 1},
		"an ID that is too long":     {odd: []string{payload(strings.Repeat("a", 1000), "Pending", "")}, unreadable: 1},
		"no ID":                      {odd: []string{`{"JobStatus":"Pending","JobName":"n"}`}, unreadable: 1},
		"an ID that is an array":     {odd: []string{`{"JobId":["cc"],"JobStatus":"Pending"}`}, unreadable: 1},
		"2 MiB without an ID":        {odd: []string{`{"Options":"` + large + `"}`}, unreadable: 1},
		"text of 2 MiB":              {odd: []string{`"` + large + `"`}, unreadable: 1},
		"2 MiB of brackets in text":  {odd: []string{payload("cc", "Pending", `,"Options":"`+strings.Repeat(`]}\"`, 1<<19)+`"`)}, also: []string{"cc"}},
		"2 MiB of small values":      {odd: []string{`{"Options":[` + strings.Repeat("1,", 1<<20) + `1]}`}, unreadable: 1},
		"a job with odd fields":      {odd: []string{`{"JobId":"cc","JobStatus":{"a":[1]},"DueDate":[],"JobName":17}`}, also: []string{"cc"}},
		"a job twice":                {odd: []string{payload("aa", "Pending", ""), payload("aa", "Pending", "")}},
		"a word that is not JSON":    {odd: []string{`{"JobId":undefined,"JobStatus":"Pending"}`}, unreadable: 1},
		"brackets in text, unclosed": {odd: []string{`"]"`, `"[{"`}, unreadable: 2},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				put(e, "ee", "Reviewing", "")
				good := []string{payload("aa", "Pending", ""), payload("bb", "Pending", "")}
				list(e, "Pending", simulator.Fault{Body: lists(slices.Concat(good[:1], test.odd, good[1:])...)})
				e.Load(threeLists())
				text := e.Scrape(0)
				e.Want(text, accountUp, discoveryUp("Pending", 1), discoveryUp("In Process", 1), discoveryUp("Reviewing", 1),
					fmt.Sprintf(`cielo24_discovery_unreadable_jobs{account="a"} %d`, test.unreadable),
					fmt.Sprintf(`cielo24_jobs{account="a",source="discovery"} %d`, 3+len(test.also)))
				for _, id := range append(test.also, "aa", "bb", "ee") {
					e.Want(text, up(id, 1))
				}
			})
		})
	}
}

// listFaults are what a list can meet, with the reason that is told; "" for what is no failure.
func listFaults() map[string]struct {
	fault  simulator.Fault
	reason string
} {
	return map[string]struct {
		fault  simulator.Fault
		reason string
	}{
		"500":                      {simulator.Fault{Status: 500}, "http_5xx"},
		"503 with a page":          {simulator.Fault{Status: 503, Body: "<html>"}, "http_5xx"},
		"404":                      {simulator.Fault{Status: 404}, "http_4xx"},
		"401":                      {simulator.Fault{Status: 401}, "unauthorized"},
		"403":                      {simulator.Fault{Status: 403, Body: "<html>"}, "unauthorized"},
		"429":                      {simulator.Fault{Status: 429}, "rate_limited"},
		"302":                      {simulator.Fault{Status: 302}, "redirect"},
		"a page":                   {simulator.Fault{Body: "<html>"}, "invalid_body"},
		"nothing":                  {simulator.Fault{Raw: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}, "invalid_body"},
		"INVALID_OPTION":           {simulator.Fault{Status: 400, Body: `{"ErrorType":"INVALID_OPTION"}`}, "INVALID_OPTION"},
		"INVALID_OPTION with 200":  {simulator.Fault{Body: `{"ErrorType":"INVALID_OPTION"}`}, "INVALID_OPTION"},
		"INVALID_OPTION with 403":  {simulator.Fault{Status: 403, Body: `{"ErrorType":"INVALID_OPTION"}`}, "INVALID_OPTION"},
		"an unknown ErrorType":     {simulator.Fault{Status: 400, Body: `{"ErrorType":"GREMLINS"}`}, "other"},
		"UNHANDLED_ERROR":          {simulator.Fault{Status: 400, Body: `{"ErrorType":"UNHANDLED_ERROR"}`}, "UNHANDLED_ERROR"},
		"400 without an ErrorType": {simulator.Fault{Status: 400}, "http_4xx"},
		"an object without a list": {simulator.Fault{Body: `{"Username":"u"}`}, "invalid_body"},
		"a list that is a number":  {simulator.Fault{Body: `{"ActiveJobs":17}`}, "invalid_body"},
		"a list that is an object": {simulator.Fault{Body: `{"ActiveJobs":{}}`}, "invalid_body"},
		"a list that is a text":    {simulator.Fault{Body: `{"ActiveJobs":"none"}`}, "invalid_body"},
		"a list that breaks off":   {simulator.Fault{Body: `{"ActiveJobs":[{"JobId":`}, "invalid_body"},
		"a list without its end":   {simulator.Fault{Body: `{"ActiveJobs":[]`[:15]}, "invalid_body"},
		"a connection that breaks": {simulator.Fault{Break: simulator.BreakTruncate}, "connection"},
		"a connection that ends":   {simulator.Fault{Break: simulator.BreakClose}, "connection"},
		"silence":                  {simulator.Fault{Hang: true}, "timeout"},
	}
}

func TestList_FailureOfOneStatusLeavesTheOthersAlone(t *testing.T) {
	for name, test := range listFaults() {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				put(e, "aa", "Pending", "")
				put(e, "bb", "In Process", "")
				put(e, "cc", "Reviewing", "")
				e.Load(threeLists("timeout: 2s"))
				e.Scrape(0)
				e.Log.Take()
				list(e, "Pending", test.fault)
				for range 3 {
					e.Wait(15 * time.Second)
					text := e.Scrape(0)
					e.Want(text, accountUp, discoveryUp("Pending", 0), discoveryUp("In Process", 1), discoveryUp("Reviewing", 1),
						up("aa", 0), reason("aa", test.reason), status("aa", "Pending"), up("bb", 1), up("cc", 1))
				}
				wantLogged(t, e.Log.Take(), "job list fetch failed", 1)
				if got := e.API.JobCalls("aa"); got != 0 {
					t.Errorf("got %d calls for a job whose list failed, want none", got)
				}
				e.API.ClearFaults()
				e.Wait(time.Minute)
				e.Want(e.Scrape(0), discoveryUp("Pending", 1), up("aa", 1))
				wantLogged(t, e.Log.Take(), "job list fetched again", 1)
			})
		})
	}
}

func TestList_FailureOfTheFirstRefreshLeavesTheOthersAlone(t *testing.T) {
	for name, test := range listFaults() {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				put(e, "bb", "In Process", "")
				list(e, "Pending", test.fault)
				e.Load(threeLists("timeout: 2s"))
				e.Want(e.Scrape(0), accountUp, discoveryUp("Pending", 0), discoveryUp("In Process", 1), discoveryUp("Reviewing", 1), up("bb", 1))
				wantLogged(t, e.Log.Take(), "job list fetch failed", 1)
			})
		})
	}
}

func TestList_ValuesOfAFailedListGoWhenTheyAreStale(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "Pending", "")
		put(e, "bb", "In Process", "")
		e.Load(threeLists("stale_after: 2m"))
		e.Scrape(0)
		list(e, "Pending", simulator.Fault{Status: 500})
		e.Scrape(0)
		e.Wait(119 * time.Second)
		e.Want(e.Scrape(time.Second), status("aa", "Pending"), up("aa", 0))
		e.Wait(2 * time.Second)
		text := e.Scrape(0)
		e.Want(text, up("aa", 0), reason("aa", "http_5xx"), status("bb", "In Process"))
		wantNone(t, text, `cielo24_job_status{account="a",job_id="aa"`, `cielo24_job_info{account="a",difficulty="",external_id="",fidelity="",job_id="aa"`)
	})
}

func TestList_RefusedByEveryStatusIsSeenAndCostsNoConfiguredJob(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"NOT_PARENT_ACCOUNT":            {Status: 400, Body: `{"ErrorType":"NOT_PARENT_ACCOUNT"}`},
		"ACCOUNT_UNPRIVILEGED with 200": {Body: `{"ErrorType":"ACCOUNT_UNPRIVILEGED"}`},
		"500":                           {Status: 500},
		"a page":                        {Body: "<html>"},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				put(e, "aa", "In Process", "")
				fault.Endpoint = "job_list"
				e.API.SetFault("", fault)
				e.Load(threeLists("jobs: [aa]"))
				for range 3 {
					e.Want(e.Scrape(0), accountUp, discoveryUp("Pending", 0), discoveryUp("In Process", 0), discoveryUp("Reviewing", 0), up("aa", 1))
					e.Wait(15 * time.Second)
				}
				wantLogged(t, e.Log.Take(), "job list fetch failed", 3)
			})
		})
	}
}

func TestList_EmptyIsAListWhateverTheWayItIsWritten(t *testing.T) {
	for _, body := range []string{`{"ActiveJobs":[]}`, `{"ActiveJobs":null}`, `{"ActiveJobs":""}`, `{"Username":"u", "ActiveJobs" : [ ] }`} {
		t.Run(body, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				e.API.SetFault("", simulator.Fault{Endpoint: "job_list", Body: body})
				e.Load(threeLists())
				e.Want(e.Scrape(0), accountUp, discoveryUp("Pending", 1), discoveryUp("In Process", 1), discoveryUp("Reviewing", 1),
					`cielo24_discovery_unreadable_jobs{account="a"} 0`)
				if w := e.Get("/sd?account=a", 0); w.Code != 200 || strings.TrimSpace(w.Body.String()) != "[]" {
					t.Errorf("/sd: got %d %s, want 200 []", w.Code, w.Body)
				}
			})
		})
	}
}

func TestList_ComesEmptyWhereManyJobsWere(t *testing.T) {
	for _, jobs := range []int{20, 21} {
		t.Run(fmt.Sprint(jobs), func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				fleet(e, jobs)
				e.Load(threeLists())
				e.Scrape(0)
				list(e, "In Process", simulator.Fault{Body: lists()})
				e.Scrape(0)
				want := 0
				if jobs <= 20 {
					want = jobs // believed at once: each is asked for singly
				}
				if got := e.API.Calls("job_info"); got != want {
					t.Errorf("after one empty list: got %d calls, want %d", got, want)
				}
				text := e.Scrape(0)
				if got := e.API.Calls("job_info"); got < jobs || downs(text) != 0 || count(text, "cielo24_job_up") != jobs {
					t.Errorf("after two: got %d calls, %d of %d jobs down, want a call for each and none down", got, downs(text), count(text, "cielo24_job_up"))
				}
			})
		})
	}
}
