package cielo24_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cielo24_exporter/cielo24"
)

// meaning is what an error says of itself, in a few words.
func meaning(e *cielo24.Error) string {
	words := []string{reasonOf(e)}
	if label, ok := e.CountsAsErrorType(); ok {
		words = append(words, "error="+label)
	}
	for word, is := range map[string]bool{
		"proof": e.Proof(), "credentials": e.CredentialsRefused(), "rejected": e.JobRejected(),
		"refused": e.ListRefused(), "retryable": e.Retryable(),
	} {
		if is {
			words = append(words, word)
		}
	}
	slices.Sort(words[1:])
	return strings.Join(words, " ")
}

func TestError_WhatAStatusAndAnErrorTypeMean(t *testing.T) {
	const (
		info, list, login = cielo24.EndpointJobInfo, cielo24.EndpointJobList, cielo24.EndpointLogin
		none              = "" // no ErrorType
	)
	statuses := []int{200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 503, 599}
	for _, test := range []struct {
		endpoint  cielo24.Endpoint
		errorType string
		statuses  []int
		want      string
	}{
		{info, "ITEM_NOT_FOUND", statuses, "ITEM_NOT_FOUND error=ITEM_NOT_FOUND proof rejected"},
		{info, "ACCOUNT_UNPRIVILEGED", statuses, "ACCOUNT_UNPRIVILEGED error=ACCOUNT_UNPRIVILEGED proof rejected"},
		{info, "GREMLINS", statuses, "other error=other proof rejected"},
		{info, "BAD_API_TOKEN", statuses, "BAD_API_TOKEN credentials error=BAD_API_TOKEN"},
		{info, "item_not_found", statuses, "other error=other proof rejected"},
		{info, "LOGIN_INVALID", statuses, "LOGIN_INVALID credentials error=LOGIN_INVALID"},
		{info, "UNHANDLED_ERROR", statuses, "UNHANDLED_ERROR error=UNHANDLED_ERROR retryable"},
		{list, "NOT_PARENT_ACCOUNT", statuses, "NOT_PARENT_ACCOUNT error=NOT_PARENT_ACCOUNT proof refused"},
		{list, "GREMLINS", statuses, "other error=other proof refused"},
		{list, "BAD_API_TOKEN", statuses, "BAD_API_TOKEN credentials error=BAD_API_TOKEN"},
		{list, "LOGIN_INVALID", statuses, "LOGIN_INVALID credentials error=LOGIN_INVALID"},
		{list, "UNHANDLED_ERROR", statuses, "UNHANDLED_ERROR error=UNHANDLED_ERROR retryable"},
		{login, "LOGIN_INVALID", statuses, "LOGIN_INVALID credentials error=LOGIN_INVALID"},
		{login, "ACCOUNT_UNPRIVILEGED", statuses, "ACCOUNT_UNPRIVILEGED credentials error=ACCOUNT_UNPRIVILEGED"},
		{login, "GREMLINS", statuses, "other credentials error=other"},
		{login, "UNHANDLED_ERROR", statuses, "UNHANDLED_ERROR error=UNHANDLED_ERROR"},

		{info, none, []int{200, 201, 204, 299, 600, 999}, "invalid_body"},
		{info, none, []int{300, 302, 304, 399}, "redirect"},
		{info, none, []int{400}, "http_4xx error=other"},
		{info, none, []int{401, 403}, "unauthorized credentials"},
		{info, none, []int{404, 409, 499}, "http_4xx"},
		{info, none, []int{429}, "rate_limited retryable"},
		{info, none, []int{500, 503, 599}, "http_5xx retryable"},
		{list, none, []int{400}, "http_4xx error=other"},
		{list, none, []int{401, 403}, "unauthorized credentials"},
		{list, none, []int{429}, "rate_limited retryable"},
		{list, none, []int{500, 503, 599}, "http_5xx retryable"},
		{login, none, []int{200}, "invalid_body"},
		{login, none, []int{302}, "redirect"},
		{login, none, []int{400}, "http_4xx credentials error=other"},
		{login, none, []int{401, 403}, "unauthorized credentials"},
		{login, none, []int{404}, "http_4xx"},
		{login, none, []int{429}, "rate_limited"},
		{login, none, []int{500, 503}, "http_5xx"},
	} {
		for _, status := range test.statuses {
			body := `{"answer": 42}`
			if test.errorType != "" {
				body = `{"ErrorType": "` + test.errorType + `", "ErrorComment": "why"}`
			}
			failure := failing(t, test.endpoint, status, body)
			if got := meaning(failure); got != test.want {
				t.Errorf("%s, status %d, %s: got %q, want %q", test.endpoint, status, body, got, test.want)
			}
			if failure == nil || failure.Code != status || failure.Endpoint != test.endpoint {
				t.Errorf("%s, status %d: got the error %+v", test.endpoint, status, failure)
			}
		}
	}
}

// failing calls an endpoint that answers so.
func failing(t *testing.T, endpoint cielo24.Endpoint, status int, body string) *cielo24.Error {
	t.Helper()
	transport := inMemory(t, answer(status, body))
	client := newClient(t, "http://api.test", func(o *cielo24.Options) {
		o.Transport = transport
		if endpoint == cielo24.EndpointLogin {
			session, err := cielo24.NewLoginSession(cielo24.Credentials{Username: "u", Password: &secretFile{value: "correct horse"}})
			if err != nil {
				t.Fatal(err)
			}
			o.Session = session
		}
	})
	if endpoint == cielo24.EndpointJobList {
		_, _, failure := list(t, client, 10)
		return failure
	}
	_, failure := ask(t, client)
	return failure
}

func TestError_OfNoneSaysNo(t *testing.T) {
	if got := meaning(nil); got != " proof" {
		t.Errorf("a call that succeeded is %q, want it to be a proof and nothing else", got)
	}
}

func TestError_ErrorTypeOnlyInAnAnswerThatLacksWhatWasAskedFor(t *testing.T) {
	for _, test := range []struct {
		endpoint cielo24.Endpoint
		status   int
		body     string
		want     string // "" for success
	}{
		{"job_info", 200, `{"JobId":"a","ErrorType":"ITEM_NOT_FOUND"}`, ""},
		{"job_info", 200, `{"JobStatus":"Pending","ErrorType":"ITEM_NOT_FOUND"}`, ""},
		{"job_info", 200, `{"JobName":"a","ErrorType":"ITEM_NOT_FOUND"}`, "ITEM_NOT_FOUND"},
		{"job_info", 200, `{"JobId":null,"JobStatus":"","ErrorType":"ITEM_NOT_FOUND"}`, "ITEM_NOT_FOUND"},
		{"job_info", 200, `{"jobid":null,"errortype":"ITEM_NOT_FOUND"}`, "ITEM_NOT_FOUND"},
		{"job_info", 500, `{"JobId":"a","ErrorType":"ITEM_NOT_FOUND"}`, "http_5xx"},
		{"job_info", 400, `{"JobStatus":"Pending","ErrorType":"ITEM_NOT_FOUND"}`, "http_4xx"},
		{"job_info", 200, `{"ErrorType":" "}`, "invalid_body"},
		{"job_info", 400, `{"ErrorType":" "}`, "http_4xx"},
		{"job_info", 400, `{"ErrorType":null}`, "http_4xx"},
		{"job_info", 400, `{"ErrorType":{}}`, "http_4xx"},
		{"job_info", 404, `{"ErrorType":404}`, "other"},
		{"job_info", 404, `{"ErrorType":[404]}`, "http_4xx"},
		{"job_info", 500, `{"ErrorType":"ITEM_NOT_FOUND"} trailing`, "http_5xx"},
		{"job_info", 500, `[{"ErrorType":"ITEM_NOT_FOUND"}]`, "http_5xx"},
		{"job_list", 200, `{"ActiveJobs":[],"ErrorType":"INVALID_OPTION"}`, ""},
		{"job_list", 200, `{"ErrorType":"INVALID_OPTION","ActiveJobs":[]}`, ""},
		{"job_list", 200, `{"ActiveJobs":null,"ErrorType":"INVALID_OPTION"}`, "INVALID_OPTION"},
		{"job_list", 200, `{"ActiveJobs":"","ErrorType":"INVALID_OPTION"}`, "INVALID_OPTION"},
		{"job_list", 200, `{"ErrorType":"","ActiveJobs":null}`, ""},
		{"job_list", 200, `{"ErrorType":17}`, "other"},
		{"job_list", 200, `{"ErrorType":[17]}`, "invalid_body"},
		{"job_list", 500, `{"ActiveJobs":[],"ErrorType":"INVALID_OPTION"}`, "http_5xx"},
		{"job_list", 500, `{"ActiveJobs":null,"ErrorType":"INVALID_OPTION"}`, "INVALID_OPTION"},
		{"job_list", 500, `{"ActiveJobs":{},"ErrorType":"INVALID_OPTION"}`, "INVALID_OPTION"},
		{"login", 200, `{"ApiToken":"two words","ErrorType":"LOGIN_INVALID"}`, "invalid_body"},
		{"login", 200, `{"ApiToken":"","ErrorType":"LOGIN_INVALID"}`, "LOGIN_INVALID"},
		{"login", 500, `{"ApiToken":"abc","ErrorType":"LOGIN_INVALID"}`, "http_5xx"},
		{"login", 500, `{"api_token":"abc","ErrorType":"LOGIN_INVALID"}`, "http_5xx"},
		{"login", 500, `{"api_token":null,"ErrorType":"LOGIN_INVALID"}`, "LOGIN_INVALID"},
	} {
		if got := reasonOf(failing(t, test.endpoint, test.status, test.body)); got != test.want {
			t.Errorf("%s, status %d, %s: got %q, want %q", test.endpoint, test.status, test.body, got, test.want)
		}
	}
}

func TestError_SaysWhatHappenedOnce(t *testing.T) {
	for want, e := range map[string]*cielo24.Error{
		"job_info: ITEM_NOT_FOUND: Invalid Job": {Endpoint: "job_info", ErrorType: "ITEM_NOT_FOUND", Reason: "ITEM_NOT_FOUND", Detail: "Invalid Job"},
		"job_info: GREMLINS":                    {Endpoint: "job_info", ErrorType: "GREMLINS", Reason: "other"},
		"login: timeout: no answer":             {Endpoint: "login", Reason: "timeout", Detail: "no answer"},
	} {
		if e.Error() != want {
			t.Errorf("got %q, want %q", e, want)
		}
	}
}

func TestReasons_AndErrorTypesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, reason := range slices.Concat(cielo24.Reasons(), cielo24.ErrorTypes(), []string{cielo24.ErrorTypeOther}) {
		if seen[reason] || reason == "" {
			t.Errorf("%q is there twice, or empty", reason)
		}
		seen[reason] = true
	}
	if want := 12 + 15 + 1; len(seen) != want {
		t.Errorf("got %d reasons, want %d: %s", len(seen), want, fmt.Sprint(seen))
	}
}
