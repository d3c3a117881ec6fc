package cielo24_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/cielo24"
)

// aList is an API that answers with this body.
func aList(t *testing.T, body string, header ...string) *cielo24.Client {
	t.Helper()
	transport := inMemory(t, answer(200, body, header...))
	return newClient(t, "http://api.test", func(o *cielo24.Options) { o.Transport = transport })
}

func TestJobList_DocumentedListsAreUnderstood(t *testing.T) {
	for _, name := range []string{"job_list_docs_current_4624ea9.json", "job_list_docs_2014-10_82f2b52.json"} {
		ids, result, failure := list(t, aList(t, string(payload(t, name))), 10)
		if failure != nil || result != (cielo24.ListResult{Read: 1, Whole: true}) || !slices.Equal(ids, []string{jobID}) {
			t.Errorf("%s: got %v, %+v, %v", name, ids, result, failure)
		}
	}
}

func TestJobList_IsNarrowedByItsFilter(t *testing.T) {
	zone := pacific(t)
	for _, test := range []struct {
		filter cielo24.ListFilter
		want   string
	}{
		{cielo24.ListFilter{}, ""},
		{cielo24.ListFilter{Status: "In Process"}, "&JobStatus=In+Process"},
		{cielo24.ListFilter{Username: "*"}, "&Username=%2A"},
		{
			cielo24.ListFilter{Status: "Complete", Username: "u&v", CreatedFrom: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
			"&CreationDateFrom=2026-01-01T19%3A04%3A05&JobStatus=Complete&Username=u%26v",
		},
	} {
		var got *http.Request
		transport := inMemory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r
			answer(200, gzipped(`{"ActiveJobs":[]}`), "Content-Encoding", "gzip")(w, r)
		}))
		client := newClient(t, "http://api.test", func(o *cielo24.Options) { o.Location, o.Transport = zone, transport })
		result, err := client.JobList(t.Context(), test.filter, cielo24.NewAttempts(1), 10, func(cielo24.Job) {})
		if err != nil || !result.Whole {
			t.Errorf("got %+v, %v", result, err)
		}
		if want := "/api/job/list?v=1&api_token=" + token + test.want; got.URL.String() != want || got.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("got %s with %v, want %s", got.URL, got.Header, want)
		}
	}
}

// huge is a job of n bytes.
func huge(n int) string { return `{"JobId":"h","Options":"` + strings.Repeat("x", n-26) + `"}` }

func TestJobList_AnOddElementCostsOnlyItself(t *testing.T) {
	const good = `{"JobId":"a"},`
	deep := func(n int) string { return `{"JobId":"d","x":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	for _, test := range []struct {
		name, element string
		ids           string // of what is read between a and z
		unreadable    int
	}{
		{"a string", `"x"`, "", 1},
		{"a string with brackets", `"]}[{\"]"`, "", 1},
		{"a number", `17`, "", 1},
		{"a list", `[]`, "", 1},
		{"null", `null`, "", 1},
		{"true", "true", "", 1},
		{"no job", `{}`, "", 1},
		{"some other object", `{"a":{"b":[{},"]"]}}`, "", 1},
		{"an error", `{"ErrorType":"ITEM_NOT_FOUND"}`, "", 1},
		{"not JSON", `{"JobId":b}`, "", 1},
		{"a word", `oops`, "", 1},
		{"a word that ends in white space", "oops \n", "", 1},
		{"two words", `well oops`, "", 2},
		{"a bracket that is never closed", `{"JobId":"b","x":[}`, "", 1},
		{"brackets that are never closed", `{"JobId":"b","x":[[{"y":[]}]}`, "", 1},
		{"a bracket that was never opened", `{"JobId":"b","x":]}`, "", 1},
		{"a stray bracket", `}`, "", 1},
		{"a control character", "{\"JobId\":\"b\x01\"}", "", 1},
		{"nothing", ``, "", 1},
		{"white space", " \t\r\n", "", 1},
		{"a missing comma", `{"JobId":"b"}{"JobId":"c"}`, "b c", 0},
		{"all of it", `"x",{"JobId":"b"},17,[],{"JobId":"c"}`, "b c", 3},
		{"invalid UTF-8", "{\"JobId\":\"b\",\"JobName\":\"\xff\"}", "b", 0},
		{"escapes", `{"JobId":"b","JobName":"\"}],\\"}`, "b", 0},
		{"names in another case", `{"jobid":"b"}`, "b", 0},
		{"a date that cannot be read", `{"JobId":"b","DueDate":"29/08/2014 14:00"}`, "b", 0},
		{"as long as may be", huge(4 << 20), "h", 0},
		{"too long", huge(4<<20 + 1), "", 1},
		{"much too long", huge(7 << 20), "", 1},
		{"a string that is too long", `"` + strings.Repeat("x", 2<<20) + `"`, "", 1},
		{"as deep as brackets are told apart", deep(999), "d", 0},
		{"deeper", deep(1001), "d", 0},
		{"deeper than a decoder follows", deep(20000), "", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := `{"Username":"u","ActiveJobs":[` + good + test.element + `,{"JobId":"z"}]}`
			ids, result, failure := list(t, aList(t, body), 1000)
			want := strings.Fields("a " + test.ids + " z")
			if failure != nil || !slices.Equal(ids, want) || result != (cielo24.ListResult{Read: len(want), Unreadable: test.unreadable, Whole: true}) {
				t.Errorf("got %v, %+v, %v; want %v and %d unreadable", ids, result, failure, want, test.unreadable)
			}
		})
	}
}

func TestJobList_WhatIsAListAndWhatIsNot(t *testing.T) {
	const jobs = `{"ActiveJobs":[{"JobId":"a"},{"JobId":"b","DueDate":7},{},{"JobId":"c"}]}`
	lost := func(w http.ResponseWriter, r *http.Request) { promising(200, jobs[:40])(w, r) }
	long := func(n int) string {
		return `{"ActiveJobs":[{"JobId":"a"},` + strings.Repeat(`{"JobId":"`+strings.Repeat("x", 10<<10)+`"},`, n) + `{"JobId":"z"}]}`
	}
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		ids     string
		result  cielo24.ListResult
		want    string // of the error
	}{
		{"a list", answer(200, jobs), "a b c", cielo24.ListResult{Read: 3, Unreadable: 1, Whole: true}, ""},
		{"an empty list", answer(200, `{"ActiveJobs":[]}`), "", cielo24.ListResult{Whole: true}, ""},
		{"null", answer(200, `{"ActiveJobs": null , "x":1}`), "", cielo24.ListResult{Whole: true}, ""},
		{"an empty text", answer(200, `{"Username":"u","ActiveJobs":""}`), "", cielo24.ListResult{Whole: true}, ""},
		{"a trailing comma", answer(200, `{"ActiveJobs":[{"JobId":"a"},]}`), "a", cielo24.ListResult{Read: 1, Whole: true}, ""},
		{"a comma", answer(200, `{"ActiveJobs":[,]}`), "", cielo24.ListResult{Unreadable: 1, Whole: true}, ""},
		{"two lists", answer(200, `{"ActiveJobs":[{"JobId":"a"}],"ActiveJobs":[{"JobId":"b"}]}`), "a", cielo24.ListResult{Read: 1, Whole: true}, ""},
		{"null and a list", answer(200, `{"ActiveJobs":null,"ActiveJobs":[{"JobId":"b"}]}`), "", cielo24.ListResult{Whole: true}, ""},
		{"another case", answer(200, `{"activejobs":[{"JobId":"a"}]}`), "a", cielo24.ListResult{Read: 1, Whole: true}, ""},
		{"another spelling", answer(200, `{"active_jobs":[{"JobId":"a"}]}`), "a", cielo24.ListResult{Read: 1, Whole: true}, ""},
		{"escapes in the name", answer(200, `{"Active\u004aobs":[{"JobId":"a"}]}`), "a", cielo24.ListResult{Read: 1, Whole: true}, ""},
		{
			"other members", answer(200, `{"":1,"x":{"ActiveJobs":[{"JobId":"x"}]},"y":[[1],"]"],"z":"`+strings.Repeat("z", 60<<10)+`",,"n":-1.5e3 ,"t":true,"`+
				strings.Repeat("k", 300)+`":null,"\x":1,"ActiveJobs" : [ {"JobId":"a"} ] ,"more":{}}`), "a", cielo24.ListResult{Read: 1, Whole: true}, "",
		},
		{"white space and a mark", answer(200, "\xef\xbb\xbf \t\r\n{ \"ActiveJobs\" :\n[ {\"JobId\":\"a\"} ] } \n"), "a", cielo24.ListResult{Read: 1, Whole: true}, ""},
		{"cut off behind the list", answer(200, `{"ActiveJobs":[{"JobId":"a"}]`), "a", cielo24.ListResult{Read: 1, Whole: true}, ""},
		{"lost behind the list", promising(200, `{"ActiveJobs":[{"JobId":"a"}]`), "a", cielo24.ListResult{Read: 1, Whole: true}, ""},
		{"rubbish behind the list", answer(200, `{"ActiveJobs":[{"JobId":"a"}]]]`), "a", cielo24.ListResult{Read: 1, Whole: true}, ""},

		{"a text with all that ends a value", answer(200, `{ "Username" : "u,\"]} " , "ActiveJobs" : [{"JobId":"a"}] }`), "a", cielo24.ListResult{Read: 1, Whole: true}, ""},

		{"cut off in a job", answer(200, jobs[:40]), "a", cielo24.ListResult{Read: 1}, "invalid_body: the body is not valid JSON"},
		{"cut off between jobs", answer(200, jobs[:28]), "a", cielo24.ListResult{Read: 1}, "invalid_body: the body is not valid JSON"},
		{"cut off in a number", answer(200, `{"ActiveJobs":[17`), "", cielo24.ListResult{}, "invalid_body: the body is not valid JSON"},
		{"cut off in the name", answer(200, jobs[:8]), "", cielo24.ListResult{}, "invalid_body: the body is not valid JSON"},
		{"cut off behind the name", answer(200, jobs[:13]), "", cielo24.ListResult{}, "invalid_body: the body is not valid JSON"},
		{"cut off behind the colon", answer(200, jobs[:14]), "", cielo24.ListResult{}, "invalid_body: the body is not valid JSON"},
		{"cut off behind null", answer(200, `{"ActiveJobs":null`), "", cielo24.ListResult{}, "invalid_body: the body is not valid JSON"},
		{"cut off at once", answer(200, `{`), "", cielo24.ListResult{}, "invalid_body: the body is not valid JSON"},
		{"cut off in an error", answer(200, `{"ErrorType":"INVALID_OPTION"`), "", cielo24.ListResult{}, "invalid_body: the body is not valid JSON"},
		{"a quote that is never closed", answer(200, `{"ActiveJobs":[{"JobId":"a"},{"JobId":"b}]}`), "a", cielo24.ListResult{Read: 1}, "invalid_body: the body is not valid JSON"},
		{"a job that ends with the list", answer(200, `{"ActiveJobs":[{"JobId":"a"},{"JobId":"b"]}`), "a", cielo24.ListResult{Read: 1, Unreadable: 1}, "invalid_body: the body is not valid JSON"},
		{"no colon", answer(200, `{"ActiveJobs" [{"JobId":"a"}]}`), "", cielo24.ListResult{}, "invalid_body: the body is not valid JSON"},
		{"a name without quotes", answer(200, `{ActiveJobs:[{"JobId":"a"}]}`), "", cielo24.ListResult{}, "invalid_body: the body is not valid JSON"},
		{"an odd ErrorType", answer(200, `{"ErrorType":x}`), "", cielo24.ListResult{}, "invalid_body: the body is not valid JSON"},
		{"lost in a job", lost, "a", cielo24.ListResult{Read: 1}, "connection: unexpected EOF"},
		{"no list", answer(200, `{"Username":"u"}`), "", cielo24.ListResult{}, "invalid_body: the body is a JSON object without a job list"},
		{"a job", answer(200, `{"JobId":"a"}`), "", cielo24.ListResult{}, "invalid_body: the body is a JSON object without a job list"},
		{"an object for the list", answer(200, `{"ActiveJobs":{"JobId":"a"}}`), "", cielo24.ListResult{}, "invalid_body: the body is a JSON object without a job list"},
		{"a text for the list", answer(200, `{"ActiveJobs":"none"}`), "", cielo24.ListResult{}, "invalid_body: the body is a JSON object without a job list"},
		{"a number for the list", answer(200, `{"ActiveJobs":0}`), "", cielo24.ListResult{}, "invalid_body: the body is a JSON object without a job list"},
		{"a list alone", answer(200, `[{"JobId":"a"}]`), "", cielo24.ListResult{}, "invalid_body: the body is a JSON list, not an object"},
		{"HTML", answer(200, `<html>`), "", cielo24.ListResult{}, "invalid_body: the body is HTML or XML, not JSON"},
		{"nothing", answer(200, ``), "", cielo24.ListResult{}, "invalid_body: the body is empty"},
		{"white space", answer(200, ` `), "", cielo24.ListResult{}, "invalid_body: the body is empty"},
		{"text", answer(200, `oops`), "", cielo24.ListResult{}, "invalid_body: the body is not a JSON object"},
		{"lost before the list", promising(200, ``), "", cielo24.ListResult{}, "connection: unexpected EOF"},
		{"lost before the name", promising(200, `{`), "", cielo24.ListResult{}, "connection: unexpected EOF"},
		{"lost in the name", promising(200, `{"Act`), "", cielo24.ListResult{}, "connection: unexpected EOF"},
		{"lost before the colon", promising(200, `{"ActiveJobs"`), "", cielo24.ListResult{}, "connection: unexpected EOF"},
		{"lost behind the colon", promising(200, `{"ActiveJobs":`), "", cielo24.ListResult{}, "connection: unexpected EOF"},
		{"lost in an error", promising(200, `{"ErrorType":"x`), "", cielo24.ListResult{}, "connection: unexpected EOF"},
		{"broken gzip", answer(200, gzipped(jobs)[:30], "Content-Encoding", "gzip"), "", cielo24.ListResult{}, "invalid_body: the gzip of the body is broken: unexpected EOF"},
		{"refused", answer(200, `{"ErrorComment":"why","ErrorType":"INVALID_OPTION"}`), "", cielo24.ListResult{}, "INVALID_OPTION: why"},
		{"refused at length", answer(200, `{"ErrorComment":"`+strings.Repeat("x", 64<<10)+`","ErrorType":"INVALID_OPTION"}`), "", cielo24.ListResult{}, "INVALID_OPTION"},
		{"refused with an odd comment", answer(200, `{"ErrorComment":{"a":1},"ErrorType":"INVALID_OPTION"}`), "", cielo24.ListResult{}, "INVALID_OPTION"},

		{"as many jobs as were expected, and long ones", answer(200, long(12)), "a", cielo24.ListResult{Read: 14, Whole: true}, ""},
		{"too large", answer(200, long(20)), "a", cielo24.ListResult{Read: 15}, "too_large: the answer has more than 147456 bytes"},
		{"too large, with a job that ends within", answer(200, `{"ActiveJobs":[`+huge(147456-15)+`,{"JobId":"z"}]}`), "h", cielo24.ListResult{Read: 1}, "too_large: the answer has more than 147456 bytes"},
		{"too large, with a job that does not", answer(200, `{"ActiveJobs":[`+huge(147456-14)+`,{"JobId":"z"}]}`), "", cielo24.ListResult{}, "too_large: the answer has more than 147456 bytes"},
		{"too large in another member", answer(200, `{"x":"`+strings.Repeat("x", 147456)+`"}`), "", cielo24.ListResult{}, "too_large: the answer has more than 147456 bytes"},
		{"too large behind the list", answer(200, `{"ActiveJobs":[],"x":"`+strings.Repeat("x", 147456)+`"}`), "", cielo24.ListResult{Whole: true}, ""},
		{"a gzip bomb", answer(200, gzipped(`{"x":"`+strings.Repeat("x", 4<<20)), "Content-Encoding", "gzip"), "", cielo24.ListResult{}, "too_large: the answer has more than 147456 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			transport := inMemory(t, test.handler)
			client := newClient(t, "http://api.test", func(o *cielo24.Options) { o.Transport = transport })
			ids, result, failure := list(t, client, 10) // so at most 64 KiB and 10 times 8 KiB
			got := ""
			if failure != nil {
				got = strings.TrimPrefix(failure.Error(), "job_list: ")
			}
			if len(test.ids) == 1 && len(ids) > 1 {
				ids = ids[:1]
			}
			if got != test.want || result != test.result || strings.Join(ids, " ") != test.ids {
				t.Errorf("got %v, %+v, %q; want %s, %+v, %q", ids, result, got, test.ids, test.result, test.want)
			}
		})
	}
}
