package cielo24_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/cielo24"
)

func TestJobInfo_IsOneRequestAsDocumented(t *testing.T) {
	var got *http.Request
	client := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		answer(200, `{"JobId":"a"}`)(w, r)
	})+"/prefix/")
	if _, failure := ask(t, client); failure != nil {
		t.Fatal(failure)
	}
	want := "/prefix/api/job/info?v=1&api_token=" + token + "&job_id=" + jobID
	if got.Method != http.MethodGet || got.URL.String() != want {
		t.Errorf("got %s %s, want GET %s", got.Method, got.URL, want)
	}
	if h := got.Header; h.Get("User-Agent") != "test/1" || h.Get("Accept") != "application/json" || h.Get("Cookie") != "" || h.Get("Referer") != "" {
		t.Errorf("got the headers %v", h)
	}
}

func gzipped(body string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(body))
	_ = z.Close()
	return b.String()
}

// promising announces more of a body than it sends.
func promising(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100000")
		answer(status, body, header...)(w, r)
	}
}

func TestJobInfo_FailuresAreToldApart(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		code    int
		reason  string
		detail  string // "" for any
	}{
		{"documented error", answer(400, `{"ErrorType":"ITEM_NOT_FOUND","ErrorComment":"Invalid Job"}`), 400, "ITEM_NOT_FOUND", "Invalid Job"},
		{"unheard-of error", answer(400, `{"ErrorType":"GREMLINS"}`), 400, "other", ""},
		{"error with status 200", answer(200, `{"ErrorType":"ITEM_NOT_FOUND","ErrorComment":"x"}`), 200, "ITEM_NOT_FOUND", "x"},
		{"error in gzip", answer(500, gzipped(`{"ErrorType":"ITEM_NOT_FOUND"}`), "Content-Encoding", "gzip"), 500, "ITEM_NOT_FOUND", ""},
		{"error with a byte order mark", answer(400, "\xef\xbb\xbf{\"ErrorType\":\"ITEM_NOT_FOUND\"}"), 400, "ITEM_NOT_FOUND", ""},
		{"as long an error as may be", answer(400, `{"ErrorType":"ITEM_NOT_FOUND","x":"`+strings.Repeat("x", 64<<10-37)+`"}`), 400, "ITEM_NOT_FOUND", ""},
		{"400 of another server", answer(400, `<html>`), 400, "http_4xx", "status 400 without an ErrorType"},
		{"400 without a body", answer(400, ``), 400, "http_4xx", "status 400 without an ErrorType"},
		{"400 with broken gzip", answer(400, `{"ErrorType":"ITEM_NOT_FOUND"}`, "Content-Encoding", "gzip"), 400, "http_4xx", ""},
		{"400 in brotli", answer(400, `?`, "Content-Encoding", "br"), 400, "http_4xx", ""},
		{"400 cut off", promising(400, `{"ErrorType":"ITEM_NOT_FOUND"}`), 400, "http_4xx", ""},
		{"400 that is too large", answer(400, `{"ErrorType":"ITEM_NOT_FOUND","x":"`+strings.Repeat("x", 64<<10-36)+`"}`), 400, "http_4xx", ""},
		{"400 that is a gzip bomb", answer(400, gzipped(strings.Repeat(" ", 1<<20)), "Content-Encoding", "gzip"), 400, "http_4xx", ""},
		{"401", answer(401, `{}`), 401, "unauthorized", "status 401"},
		{"403 cut off", promising(403, `<html`), 403, "unauthorized", "status 403"},
		{"404", answer(404, `nothing here`), 404, "http_4xx", "status 404"},
		{"429", answer(429, ``), 429, "rate_limited", "status 429"},
		{"500", answer(500, `oops`), 500, "http_5xx", "status 500"},
		{"503 cut off", promising(503, `oops`), 503, "http_5xx", "status 503"},
		{
			"redirect", answer(301, ``, "Location", "https://else.example/where?x=y"), 301, "redirect",
			"status 301 to https://else.example, not followed; is base_url right?",
		},
		{"redirect to nowhere", answer(302, ``), 302, "redirect", "status 302"},
		{"no content", answer(204, ``), 204, "invalid_body", "status 204, where 200 was expected"},
		{"empty", answer(200, ``), 200, "invalid_body", "the body is empty"},
		{"white space", answer(200, " \n"), 200, "invalid_body", "the body is empty"},
		{"HTML", answer(200, `<!DOCTYPE html><title>Maintenance`), 200, "invalid_body", "the body is HTML or XML, not JSON"},
		{"list", answer(200, `[{"JobId":"a"}]`), 200, "invalid_body", "the body is a JSON list, not an object"},
		{"null", answer(200, `null`), 200, "invalid_body", "the body is not a JSON object"},
		{"string", answer(200, `"JobId"`), 200, "invalid_body", "the body is not a JSON object"},
		{"empty object", answer(200, `{}`), 200, "invalid_body", "the body is a JSON object without a single field of a job"},
		{"other object", answer(200, `{"status":"ok","JobId":""}`), 200, "invalid_body", "the body is a JSON object without a single field of a job"},
		{"cut-off JSON", answer(200, `{"JobId":"a"`), 200, "invalid_body", "the body is not valid JSON"},
		{"two objects", answer(200, `{"JobId":"a"}{}`), 200, "invalid_body", "the body is not valid JSON"},
		{"too large", answer(200, `{"JobId":"`+strings.Repeat("a", 1<<20-11)+`"}`), 200, "too_large", "the answer has more than 1048576 bytes"},
		{"gzip bomb", answer(200, gzipped(strings.Repeat(" ", 4<<20)), "Content-Encoding", "gzip"), 200, "too_large", "the answer has more than 1048576 bytes"},
		{"not gzip", answer(200, `{"JobId":"a"}`, "Content-Encoding", "gzip"), 200, "invalid_body", "the body is not the gzip its header says it is"},
		{"gzip cut off", answer(200, gzipped(`{"JobId":"a"}`)[:20], "Content-Encoding", "gzip"), 200, "invalid_body", "the gzip of the body is broken: unexpected EOF"},
		{"brotli", answer(200, `?`, "Content-Encoding", "br"), 200, "invalid_body", `the body has the content encoding "br", which was not asked for`},
		{"cut-off body", promising(200, `{"JobId":"a"`), 200, "connection", "unexpected EOF"},
		{"cut-off gzip", promising(200, gzipped(`{"JobId":"a"}`)[:20], "Content-Encoding", "gzip"), 200, "connection", "unexpected EOF"},
		{"connection closed", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "connection", ""},
		{"no HTTP", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.2\r\n")
				_ = conn.Close()
			}
		}, 0, "connection", ""},
		{"flood of headers", answer(200, `{"JobId":"a"}`, "X-Flood", strings.Repeat("x", 200<<10)), 0, "too_large", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen := &calls{}
			client := newClient(t, serve(t, test.handler), func(o *cielo24.Options) { o.Observe = seen.observe })
			job, failure := ask(t, client)
			if failure == nil {
				t.Fatalf("got the job %+v, want a failure", job)
			}
			if failure.Reason != test.reason || failure.Code != test.code || test.detail != "" && failure.Detail != test.detail {
				t.Errorf("got %d %s: %q, want %d %s: %q", failure.Code, failure.Reason, failure.Detail, test.code, test.reason, test.detail)
			}
			if label, counts := failure.CountsAsErrorType(); counts != (test.code == 400 || failure.ErrorType != "") || counts && label != test.reason && label != "other" {
				t.Errorf("counts as the error %q: %t", label, counts)
			}
			if all := seen.of("job_info"); len(all) != 1 || all[0].Err != failure || all[0].Code != test.code {
				t.Errorf("observed %+v, want one call with the error that was returned", all)
			}
			wantFitForALine(t, failure)
		})
	}
}

// wantFitForALine fails if the error is unfit for a log line or repeats the token.
func wantFitForALine(t *testing.T, failure *cielo24.Error) {
	t.Helper()
	if text := failure.Error(); strings.Contains(text, token) || strings.ContainsAny(text, "\r\n") || len(text) > 600 {
		t.Errorf("got an error that is unfit for a line: %q", text)
	}
}

func TestJobInfo_AsLongAsMayBeIsRead(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"plain":     answer(200, `{"JobId":"`+strings.Repeat("a", 1<<20-12)+`"}`),
		"gzip":      answer(200, gzipped(`{"JobId":"`+strings.Repeat("a", 1<<20-12)+`"}`), "Content-Encoding", " GZIP "),
		"x-gzip":    answer(200, gzipped(`{"JobId":"a"}`), "Content-Encoding", "x-gzip"),
		"identity":  answer(200, `{"JobId":"a"}`, "Content-Encoding", "identity"),
		"no header": answer(200, `{"JobId":"a"}`),
	} {
		if job, failure := ask(t, newClient(t, serve(t, handler))); failure != nil || !strings.HasPrefix(job.ID, "a") {
			t.Errorf("%s: got %q, %v", name, job.ID, failure)
		}
	}
}

func TestJobInfo_EndsInTime(t *testing.T) {
	dripping := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("{"))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
	}
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"hanging", hanging, "job_info: timeout: no complete answer within 10s"},
		{"dripping", dripping(200), "job_info: timeout: no complete answer within 10s"},
		{"dripping error", dripping(500), "job_info: http_5xx: status 500"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t, func(http.Handler) http.Handler { return test.handler })
				client := e.client(func(o *cielo24.Options) { o.Session = staticSession(t) })
				began := time.Now()
				_, failure := ask(t, client)
				if took := time.Since(began); failure == nil || failure.Error() != test.want || took != 10*time.Second {
					t.Errorf("got %v after %s, want %s after 10s", failure, took, test.want)
				}
				if failure.Retryable() {
					t.Errorf("%v is retryable, although it has had its time", failure)
				}
				if got := e.seen.of("job_info"); len(got) != 1 || got[0].Duration != 10*time.Second {
					t.Errorf("observed %+v, want one call of 10s", got)
				}
			})
		})
	}
}

func TestJobInfo_GivenUpByItsCaller(t *testing.T) {
	for _, test := range []struct {
		name     string
		patience time.Duration
		want     string
		seen     int
	}{
		{"before it began", 0, "job_info: timeout: no time was left for the call", 0},
		{"while it waited", 3 * time.Second, "job_info: timeout: no complete answer before its caller left", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t, func(http.Handler) http.Handler { return http.HandlerFunc(hanging) })
				client := e.client(func(o *cielo24.Options) { o.Session = staticSession(t) })
				ctx, cancel := context.WithTimeout(t.Context(), test.patience)
				defer cancel()
				_, failure := askFor(ctx, t, client, jobID)
				if failure == nil || failure.Error() != test.want || e.seen.count("job_info") != test.seen {
					t.Errorf("got %v and %d calls, want %s and %d", failure, e.seen.count("job_info"), test.want, test.seen)
				}
			})
		})
	}
	t.Run("canceled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			e := newEnv(t, func(http.Handler) http.Handler { return http.HandlerFunc(hanging) })
			client := e.client(func(o *cielo24.Options) { o.Session = staticSession(t) })
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			for _, seen := range []int{1, 1} { // the second is given up before it began
				_, failure := askFor(ctx, t, client, jobID)
				if failure == nil || failure.Error() != "job_info: canceled: given up by the exporter" || e.seen.count("job_info") != seen {
					t.Errorf("got %v and %d calls, want a canceled one and %d", failure, e.seen.count("job_info"), seen)
				}
			}
		})
	})
}

func TestJobInfo_RedirectsAreNotFollowed(t *testing.T) {
	visited := false
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { visited = true })
	_, failure := ask(t, newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere+r.URL.String(), http.StatusTemporaryRedirect)
	})))
	if reasonOf(failure) != "redirect" || visited {
		t.Errorf("got %v, followed: %t", failure, visited)
	}
}

func TestJobInfo_ConnectionsAreReused(t *testing.T) {
	connections := map[string]bool{}
	client := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		switch len(r.URL.Query().Get("job_id")) % 3 {
		case 0:
			answer(200, `{"JobId":"a"}`)(w, r)
		case 1:
			answer(503, "away")(w, r)
		default: // of unknown length
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "away")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "!")
		}
	}))
	for i := range 20 {
		_, _ = askFor(t.Context(), t, client, strings.Repeat("a", i+1))
	}
	if len(connections) != 1 {
		t.Errorf("got %d connections for 20 calls, want 1", len(connections))
	}
}
