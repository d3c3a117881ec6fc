package property_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// fault is something that goes wrong with the calls that match, as often as times says; 0: until it is cleared.
type fault struct {
	kind     string
	endpoint string // "": all
	job      int    // index into the fleet, or -1: all
	list     string // status of a list; "": all
	times    int
	latency  time.Duration

	code       int    // of kind "status"
	errorType  string // "": the answer has none
	retryAfter int    // seconds; 0: none

	used int
}

func (f *fault) String() string {
	text := f.kind
	if f.kind == "status" {
		text = fmt.Sprintf("status %d %s", f.code, f.errorType)
		if f.retryAfter > 0 {
			text += fmt.Sprintf(" retry-after %d s", f.retryAfter)
		}
	}
	if f.latency > 0 {
		text += " after " + f.latency.String()
	}
	text += " for " + f.endpoint
	if f.job >= 0 {
		text += fmt.Sprintf(" of job %02d", f.job)
	}
	if f.list != "" {
		text += " of list " + f.list
	}
	if f.times > 0 {
		text += fmt.Sprintf(", %d times", f.times)
	}
	return text
}

// matches reports whether the fault meets a call, and uses up one of its times.
func (f *fault) matches(c *call) bool {
	switch {
	case f.endpoint != "" && f.endpoint != c.endpoint,
		f.job >= 0 && c.job != jobID(f.job),
		f.list != "" && f.list != c.list,
		f.times > 0 && f.used >= f.times:
		return false
	}
	f.used++
	return true
}

// answer is the answer with the fault.
func (f *fault) answer(a *api, c *call, r *http.Request) answer {
	switch f.kind {
	case "slow":
		return a.right(c, r)
	case "reset":
		return answer{says: says{reason: "connection"}}
	case "cut off":
		return answer{says: says{reason: "connection"}, code: http.StatusOK, body: `{"JobId":"0`, broken: true}
	case "garbage":
		return garbage("<html>maintenance</html>")
	case "another object":
		return garbage(`{"Message":"hello"}`)
	case "status":
		return f.status()
	}
	return f.spoil(a.right(c, r), c)
}

func garbage(body string) answer {
	return answer{says: says{reason: "invalid_body"}, code: http.StatusOK, body: body}
}

// status is an answer with a status of its own.
func (f *fault) status() answer {
	var ans answer
	switch {
	case f.errorType != "":
		ans = refused(f.code, f.errorType)
	case f.code == http.StatusUnauthorized, f.code == http.StatusForbidden:
		ans = answer{says: says{reason: "unauthorized", badToken: true}}
	case f.code == http.StatusBadRequest:
		ans = answer{says: says{reason: "http_4xx", errorType: "other"}}
	case f.code == http.StatusTooManyRequests:
		ans = answer{says: says{reason: "rate_limited"}}
	case f.code >= 500:
		ans = answer{says: says{reason: "http_5xx"}}
	case f.code >= 400:
		ans = answer{says: says{reason: "http_4xx"}}
	default:
		ans = answer{says: says{reason: "redirect"}}
	}
	ans.code = f.code
	if f.retryAfter > 0 {
		ans.header = http.Header{"Retry-After": {strconv.Itoa(f.retryAfter)}}
		if f.code == http.StatusTooManyRequests || f.code == http.StatusServiceUnavailable {
			ans.retryAfter = min(time.Duration(f.retryAfter)*time.Second, time.Hour)
		}
	}
	return ans
}

// spoil makes a right list an odd one. What is no list stays as it is.
func (f *fault) spoil(ans answer, c *call) answer {
	if c.endpoint != jobList || !ans.usable {
		return ans
	}
	switch f.kind {
	case "odd elements":
		ans.odd = 3
		ans.body = strings.Replace(ans.body, `"ActiveJobs":[`, `"ActiveJobs":["x",{"a":1},{"JobId":"no","JobName":"n"}`+
			comma(len(ans.content) > 0), 1)
	case "empty list":
		ans.content, ans.body = nil, `{"ActiveJobs":[]}`
	case "null list":
		ans.content, ans.body = nil, `{"ActiveJobs":null}`
	case "text for a list":
		ans.content, ans.body = nil, `{"ActiveJobs":""}`
	case "no list":
		return garbage(`{"Username":"u"}`)
	}
	return ans
}

func comma(more bool) string {
	if more {
		return ","
	}
	return ""
}

// faults draws one. The simplest comes first.
func faults(t *rapid.T) fault {
	f := fault{job: -1}
	f.kind = rapid.SampledFrom([]string{
		"status", "status", "status", "slow", "slow", "reset", "hang", "hang in body", "cut off", "garbage", "another object",
		"odd elements", "empty list", "null list", "text for a list", "no list",
	}).Draw(t, "fault")
	switch f.kind {
	case "odd elements", "empty list", "null list", "text for a list", "no list":
		f.endpoint = jobList
	default:
		f.endpoint = rapid.SampledFrom([]string{jobInfo, jobInfo, jobInfo, jobList, login, ""}).Draw(t, "endpoint")
	}
	if f.endpoint == jobInfo {
		f.job = rapid.IntRange(-1, fleet-1).Draw(t, "job")
	}
	if f.endpoint == jobList && rapid.Bool().Draw(t, "one list") {
		f.list = rapid.SampledFrom(statuses()).Draw(t, "list")
	}
	f.times = rapid.IntRange(0, 4).Draw(t, "times")
	if f.kind == "slow" || rapid.IntRange(0, 3).Draw(t, "late") == 0 {
		f.latency = rapid.SampledFrom([]time.Duration{
			100 * time.Millisecond, 700 * time.Millisecond, 3 * time.Second, 15 * time.Second,
		}).Draw(t, "latency")
	}
	if f.kind == "status" {
		f.code = rapid.SampledFrom([]int{500, 503, 429, 400, 401, 403, 404, 302, 200}).Draw(t, "code")
		if f.code == 200 || rapid.Bool().Draw(t, "with an ErrorType") {
			f.errorType = rapid.SampledFrom([]string{
				"ITEM_NOT_FOUND", "UNHANDLED_ERROR", "BAD_API_TOKEN", "ACCOUNT_UNPRIVILEGED",
			}).Draw(t, "error type")
		}
		if f.code == 503 || f.code == 429 {
			f.retryAfter = rapid.SampledFrom([]int{0, 2, 30, 90, 99999}).Draw(t, "retry after")
		}
	}
	return f
}
