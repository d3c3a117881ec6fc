package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/simulator"
)

// faultCase is something that the API does to one job, and what is to be seen of it.
type faultCase struct {
	name   string
	fault  simulator.Fault
	reason string // of cielo24_job_error; "" if the job is still well
}

// faultKinds are all of them, by kind.
func faultKinds() map[string][]faultCase {
	return map[string][]faultCase{
		"bodies": bodyFaults(), "fields": fieldFaults(), "texts": textFaults(), "dates": dateFaults(),
		"encodings": encodingFaults(), "statuses": statusFaults(), "errors": errorFaults(), "wire": wireFaults(),
	}
}

func body(name, text, reason string) faultCase {
	return faultCase{name, simulator.Fault{Status: 200, Body: text}, reason}
}

func bodyFaults() []faultCase {
	const good = `{"JobId":"aa","JobStatus":"Pending"}`
	return []faultCase{
		{"empty", simulator.Fault{Status: 200}, "invalid_body"},
		body("white space", " \r\n\t ", "invalid_body"),
		body("null", "null", "invalid_body"),
		body("true", "true", "invalid_body"),
		body("number", "42", "invalid_body"),
		body("string", `"JobId"`, "invalid_body"),
		body("list of jobs", "["+good+"]", "invalid_body"),
		body("empty object", "{}", "invalid_body"),
		body("other object", `{"message":"ok"}`, "invalid_body"),
		body("job list", `{"Username":"u","ActiveJobs":[`+good+`]}`, "invalid_body"),
		body("error with status 200", `{"ErrorType":"ITEM_NOT_FOUND","ErrorComment":"no"}`, "ITEM_NOT_FOUND"),
		body("HTML", "<!DOCTYPE html><html><body>Down for maintenance</body></html>", "invalid_body"),
		body("XML", `<?xml version="1.0"?><job/>`, "invalid_body"),
		body("plain text", "Service unavailable", "invalid_body"),
		body("cut off", good[:20], "invalid_body"),
		body("something behind it", good+" and more", "invalid_body"),
		body("two objects", good+good, "invalid_body"),
		body("trailing comma", `{"JobId":"aa",}`, "invalid_body"),
		body("single quotes", `{'JobId':'aa'}`, "invalid_body"),
		body("comment", `{"JobId":"aa" /* a job */}`, "invalid_body"),
		body("NaN", `{"JobId":"aa","MediaLengthSeconds":NaN}`, "invalid_body"),
		body("control character in a string", "{\"JobId\":\"a\x01\"}", "invalid_body"),
		body("NUL", "\x00\x00\x00", "invalid_body"),
		body("UTF-16", "\xff\xfe{\x00\"\x00J\x00", "invalid_body"),
		body("byte order mark alone", "\xef\xbb\xbf", "invalid_body"),
		body("byte order mark before a job", "\xef\xbb\xbf"+good, ""),
		body("white space around a job", "\n\n "+good+"\r\n", ""),
		body("Latin-1 in a string", "{\"JobId\":\"aa\",\"JobName\":\"caf\xe9\"}", ""),
		body("names in other case", `{"jobid":"aa","JOBSTATUS":"pending","ExternalId":"x"}`, ""),
		body("the same name twice", `{"JobId":"aa","JobId":"bb","JobStatus":null,"JobStatus":"Pending"}`, ""),
		body("unknown names", `{"JobId":"aa","Tasks":[{"x":[1,2,{"y":null}]}],"":0}`, ""),
		body("nested deeply", `{"JobId":"aa","Options":`+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)+"}", ""),
		body("nested without end", `{"JobId":"aa","Options":`+strings.Repeat("[", 100000), "invalid_body"),
		body("nested objects without end", strings.Repeat(`{"a":`, 100000), "invalid_body"),
		body("a million digits", `{"JobId":"aa","MediaLengthSeconds":`+strings.Repeat("9", 1000000)+"}", ""),
		body("a string of two million letters", `{"JobId":"`+strings.Repeat("a", 2000000)+`"}`, "too_large"),
		body("two million blanks", strings.Repeat(" ", 2000000)+good, "too_large"),
		body("a hundred thousand names", `{"JobId":"aa"`+manyNames(50000)+"}", ""),
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"n%d":%d`, i, i)
	}
	return b.String()
}

// fieldFaults give every field every type. None costs the job.
func fieldFaults() []faultCase {
	var all []faultCase
	for _, field := range []string{
		"JobName", "ExternalID", "MediaLengthSeconds", "Priority", "Fidelity", "JobStatus", "JobDifficulty",
		"SourceLanguage", "TargetLanguage", "CreationDate", "AuthorizationDate", "StartDate", "DueDate", "CompletedDate",
		"ReturnDate", "ReturnTargets", "Options", "JobId",
	} {
		for _, value := range []string{`null`, `""`, `17`, `-1.5e300`, `true`, `[]`, `{}`, `"text"`} {
			text := fmt.Sprintf(`{"JobId":"aa","JobStatus":"Pending","CreationDate":"2014-08-27T14:00:06",%q:%s}`, field, value)
			all = append(all, body(field+" is "+value, text, ""))
		}
	}
	return all
}

func textFaults() []faultCase {
	var all []faultCase
	for name, text := range map[string]string{
		"markup":            `<script>alert(1)</script><img src=x onerror=alert(1)>`,
		"end of a label":    `\"} 1\ncielo24_up{account=\"a\"} 0\n#`,
		"line breaks":       `a\r\nb\u2028c\u2029d\u0085e\u000bf`,
		"control":           `\u0000\u0001\u001b[31m\u007f`,
		"half a character":  `\ud83d`,
		"emoji":             `\ud83d\ude00\ud83c\udffd`,
		"right to left":     `\u202eevil\u202c \u0627\u0644`,
		"combining":         strings.Repeat(`a\u0301`, 3000),
		"very long":         strings.Repeat("x", 900000),
		"backslashes":       `\\\\n\\\"`,
		"template":          `{{.}} {{ $labels.job_name }} ${HOME} %s%n`,
		"path":              `../../../../etc/passwd`,
		"echo of the token": simulator.DemoToken,
		"number":            `1e400`,
	} {
		for _, field := range []string{"JobName", "JobStatus"} {
			all = append(all, body(name+" in "+field, fmt.Sprintf(`{"JobId":"aa",%q:"%s"}`, field, text), ""))
		}
	}
	return all
}

func dateFaults() []faultCase {
	var all []faultCase
	for _, date := range []string{
		"0001-01-01T00:00:00", "0000-00-00T00:00:00", "1970-01-01T00:00:00", "9999-12-31T23:59:59.999999",
		"2014-02-30T00:00:00", "2014-13-01T00:00:00", "2014-08-27T24:00:00", "2014-08-27T14:00:60", "2014-08-27",
		"2014-08-27T14:00", "27.08.2014", "08/27/2014 2:00 PM", "1409173206", "Wed, 27 Aug 2014 14:00:06 GMT",
		"2014-08-27T14:00:06.123456789123456789", "2014-08-27T14:00:06+99:99", "2014-08-27T14:00:06 PDT", "tomorrow", "-",
		"99999-01-01T00:00:00", "2014-08-27T14:00:06,5",
	} {
		all = append(all, body("due "+date, fmt.Sprintf(`{"JobId":"aa","DueDate":%q}`, date), ""))
	}
	return all
}

// zip compresses text n times.
func zip(text string, n int) string {
	for range n {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
		text = b.String()
	}
	return text
}

func encodingFaults() []faultCase {
	const good = `{"JobId":"aa","JobStatus":"Pending"}`
	encoded := func(name, encoding, text, reason string) faultCase {
		return faultCase{name, simulator.Fault{
			Status: 200, Body: text, Header: http.Header{"Content-Encoding": {encoding}},
		}, reason}
	}
	return []faultCase{
		encoded("gzip", "gzip", zip(good, 1), ""),
		encoded("x-gzip", "X-GZip", zip(good, 1), ""),
		encoded("identity", "identity", good, ""),
		encoded("gzip twice", "gzip", zip(good, 2), "invalid_body"),
		encoded("gzip that is none", "gzip", good, "invalid_body"),
		encoded("gzip cut off", "gzip", zip(good, 1)[:25], "invalid_body"),
		encoded("gzip with a wrong sum", "gzip", zip(good, 1)[:len(zip(good, 1))-8]+"12345678", "invalid_body"),
		encoded("bomb of 100 MB", "gzip", zip(strings.Repeat(" ", 100<<20), 1), "too_large"),
		encoded("bomb within a bomb", "gzip", zip(strings.Repeat("\x00", 10<<20), 2), "invalid_body"),
		encoded("many empty members", "gzip", strings.Repeat(zip("", 1), 10000)+zip(good, 1), ""),
		encoded("deflate", "deflate", good, "invalid_body"),
		encoded("brotli", "br", good, "invalid_body"),
		encoded("unheard of", strings.Repeat("x", 1000), good, "invalid_body"),
		encoded("gzip, then something else", "gzip, br", zip(good, 1), "invalid_body"),
	}
}

func statusFaults() []faultCase {
	var all []faultCase
	for status, reason := range map[int]string{
		201: "invalid_body", 202: "invalid_body", 203: "invalid_body", 206: "invalid_body", 226: "invalid_body",
		300: "redirect", 301: "redirect", 302: "redirect", 303: "redirect", 305: "redirect", 307: "redirect", 308: "redirect",
		401: "unauthorized", 402: "http_4xx", 403: "unauthorized", 404: "http_4xx", 405: "http_4xx", 407: "http_4xx", 408: "http_4xx",
		410: "http_4xx", 413: "http_4xx", 414: "http_4xx", 418: "http_4xx", 421: "http_4xx", 431: "http_4xx", 451: "http_4xx",
		429: "rate_limited",
		500: "http_5xx", 501: "http_5xx", 502: "http_5xx", 503: "http_5xx", 504: "http_5xx", 507: "http_5xx", 511: "http_5xx",
		520: "http_5xx", 530: "http_5xx", 599: "http_5xx", 600: "invalid_body", 999: "invalid_body",
	} {
		fault := simulator.Fault{Status: status, Body: `{"JobId":"aa","JobStatus":"Complete"}`}
		if reason == "redirect" {
			fault.Header = http.Header{"Location": {"http://127.0.0.1:1/api/job/info?" + simulator.DemoToken}}
		}
		all = append(all, faultCase{fmt.Sprintf("%d", status), fault, reason})
	}
	for _, bare := range []int{204, 304} {
		reason := "invalid_body"
		if bare == 304 {
			reason = "redirect"
		}
		all = append(all, faultCase{fmt.Sprintf("%d without a body", bare), simulator.Fault{Status: bare}, reason})
	}
	return all
}

func errorFaults() []faultCase {
	answer := func(name, text, reason string) faultCase {
		return faultCase{name, simulator.Fault{Status: 400, Body: text}, reason}
	}
	var all []faultCase
	for _, errorType := range cielo24.ErrorTypes() {
		text := fmt.Sprintf(`{"ErrorType":%q,"ErrorComment":"because"}`, errorType)
		all = append(all, answer(errorType, text, errorType))
	}
	return append(all,
		answer("unheard of", `{"ErrorType":"GREMLINS","ErrorComment":"they bite"}`, "other"),
		answer("lower case", `{"ErrorType":"item_not_found"}`, "other"),
		answer("an ErrorType of a megabyte", `{"ErrorType":"`+strings.Repeat("E", 1<<20)+`"}`, "http_4xx"),
		answer("an ErrorType with markup", `{"ErrorType":"<b>\n\"} 1"}`, "other"),
		answer("an ErrorType that echoes the token", `{"ErrorType":"`+simulator.DemoToken+`"}`, "other"),
		answer("a comment that echoes the token", `{"ErrorType":"INVALID_QUERY","ErrorComment":"`+simulator.DemoToken+`"}`, "INVALID_QUERY"),
		answer("a number for the ErrorType", `{"ErrorType":7}`, "other"),
		answer("null for the ErrorType", `{"ErrorType":null}`, "http_4xx"),
		answer("a list", `[]`, "http_4xx"),
		answer("HTML", `<html>Bad Request</html>`, "http_4xx"),
		answer("nothing", ``, "http_4xx"),
		answer("a job", `{"JobId":"aa","JobStatus":"Complete"}`, "http_4xx"),
	)
}

func wireFaults() []faultCase {
	raw := func(name, text, reason string) faultCase {
		return faultCase{name, simulator.Fault{Raw: text}, reason}
	}
	const job = `{"JobId":"aa"}`
	return []faultCase{
		{"reset", simulator.Fault{Break: simulator.BreakReset}, "connection"},
		{"closed", simulator.Fault{Break: simulator.BreakClose}, "connection"},
		{"cut off", simulator.Fault{Break: simulator.BreakTruncate}, "connection"},
		{"a byte at a time", simulator.Fault{Break: simulator.BreakDrip}, "timeout"},
		{"hanging", simulator.Fault{Hang: true}, "timeout"},
		raw("another protocol", "SSH-2.0-OpenSSH_9.2\r\n", "connection"),
		raw("nothing but line ends", "\r\n\r\n\r\n", "connection"),
		raw("a status line without a status", "HTTP/1.1\r\n\r\n", "connection"),
		raw("a status that is no number", "HTTP/1.1 two OK\r\n\r\n", "connection"),
		raw("a version to come", "HTTP/9.9 200 OK\r\nContent-Length: 14\r\n\r\n"+job, ""),
		raw("a version that is none", "HTTP/x 200 OK\r\nContent-Length: 14\r\n\r\n"+job, "connection"),
		raw("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n"+job, ""),
		raw("a header that is none", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"+job, "connection"),
		raw("a header with NUL", "HTTP/1.1 200 OK\r\nX: \x00\r\nContent-Length: 14\r\n\r\n"+job, "connection"),
		raw("headers without end", "HTTP/1.1 200 OK\r\n"+strings.Repeat("X: y\r\n", 50000), "too_large"),
		raw("one header of a megabyte", "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("y", 1<<20)+"\r\n\r\n"+job, "too_large"),
		raw("a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"+job, "connection"),
		raw("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 14\r\n\r\n"+job, "connection"),
		raw("a length of exabytes", "HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\n"+job, "connection"),
		raw("a chunk that is none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "connection"),
		raw("a chunk of exabytes", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n"+job, "connection"),
		raw("chunks that end early", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n"+job+"\r\n", "connection"),
		raw("chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ne\r\n"+job+"\r\n0\r\n\r\n", ""),
		raw("a transfer encoding that is none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: pigeon\r\n\r\n"+job, "connection"),
		raw("early hints first", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n"+job, ""),
		raw("more than was announced", "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n"+job+strings.Repeat("x", 5000), ""),
		raw("another protocol is switched to", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "invalid_body"),
	}
}
