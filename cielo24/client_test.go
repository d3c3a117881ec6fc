package cielo24_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/cielo24"
)

func TestOneRequestAsDocumented(t *testing.T) {
	var got *http.Request
	client := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		answer(200, `{"JobId":"a"}`)(w, r)
	}))
	if _, failure := ask(t, client); failure != nil {
		t.Fatal(failure)
	}
	want := "/api/job/info?v=1&api_token=" + token + "&job_id=d4fb871e07514304b23131b45f8caa1f"
	if got.Method != http.MethodGet || got.URL.String() != want || got.Header.Get("User-Agent") != "test/1" {
		t.Errorf("%s %s %v", got.Method, got.URL, got.Header)
	}
	if got.Header.Get("Cookie") != "" || got.Header.Get("Referer") != "" {
		t.Errorf("headers: %v", got.Header)
	}
}

func gzipped(body string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(body))
	_ = z.Close()
	return b.String()
}

func TestFailuresAreToldApart(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		reason  string
		detail  string // "" for any
	}{
		{"documented error", answer(400, `{"ErrorType":"ITEM_NOT_FOUND","ErrorComment":"Invalid Job"}`), "ITEM_NOT_FOUND", "Invalid Job"},
		{"unheard-of error", answer(400, `{"ErrorType":"GREMLINS"}`), "other", ""},
		{"400 of another server", answer(400, `<html>`), "http_4xx", "status 400 without an ErrorType"},
		{"400 without a body", answer(400, ``), "http_4xx", ""},
		{"400 with an odd ErrorType", answer(400, `{"ErrorType":{}}`), "http_4xx", ""},
		{"401", answer(401, `{}`), "unauthorized", "status 401"},
		{"404", answer(404, `nothing here`), "http_4xx", "status 404"},
		{"429", answer(429, ``), "rate_limited", "status 429"},
		{"500 with an ErrorType", answer(500, `{"ErrorType":"ITEM_NOT_FOUND"}`), "ITEM_NOT_FOUND", ""},
		{"503", answer(503, ``), "http_5xx", "status 503"},
		{
			"redirect", answer(301, ``, "Location", "https://else.example/where?x=y"), "redirect",
			"status 301 to https://else.example, not followed; is base_url right?",
		},
		{"no content", answer(204, ``), "invalid_body", "status 204, where 200 was expected"},
		{"empty", answer(200, ``), "invalid_body", "the body is empty"},
		{"HTML", answer(200, `<!DOCTYPE html><title>Maintenance`), "invalid_body", "the body is HTML or XML, not JSON"},
		{"list", answer(200, `[{"JobId":"a"}]`), "invalid_body", "the body is a JSON list, not an object"},
		{"null", answer(200, `null`), "invalid_body", "the body is not a JSON object"},
		{"string", answer(200, `"JobId"`), "invalid_body", "the body is not a JSON object"},
		{"empty object", answer(200, `{}`), "invalid_body", "the body is a JSON object without a single field of a job"},
		{"other object", answer(200, `{"status":"ok","JobId":""}`), "invalid_body", "the body is a JSON object without a single field of a job"},
		{"cut-off JSON", answer(200, `{"JobId":"a"`), "invalid_body", "the body is not valid JSON"},
		{"two objects", answer(200, `{"JobId":"a"}{}`), "invalid_body", "the body is not valid JSON"},
		{
			"error with status 200", answer(200, `{"ErrorType":"ITEM_NOT_FOUND","ErrorComment":"x"}`), "ITEM_NOT_FOUND", "x",
		},
		{"too large", answer(200, `{"JobId":"`+strings.Repeat("a", 2<<20)+`"}`), "too_large", "the answer has more than 1048576 bytes"},
		{"gzip bomb", answer(200, gzipped(strings.Repeat(" ", 64<<20)), "Content-Encoding", "gzip"), "too_large", ""},
		{"not gzip", answer(200, `{"JobId":"a"}`, "Content-Encoding", "gzip"), "invalid_body", "the body is not the gzip its header says it is"},
		{"gzip cut off", answer(200, gzipped(`{"JobId":"a"}`)[:20], "Content-Encoding", "gzip"), "invalid_body", ""},
		{"brotli", answer(200, `?`, "Content-Encoding", "br"), "invalid_body", `the body has the content encoding "br", which was not asked for`},
		{"cut-off body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"JobId":"a"`))
		}, "connection", ""},
		{"cut-off 400", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"ErrorType":"ITEM_NOT_FOUND"`))
		}, "http_4xx", ""},
		{"connection closed", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "connection", ""},
		{"no HTTP", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.2\r\n")
				_ = conn.Close()
			}
		}, "connection", ""},
		{"flood of headers", answer(200, `{"JobId":"a"}`, "X-Flood", strings.Repeat("x", 200<<10)), "too_large", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen := &calls{}
			client := newClient(t, serve(t, test.handler), func(o *cielo24.Options) { o.Observe = seen.observe })
			job, failure := ask(t, client)
			if failure == nil {
				t.Fatalf("no failure, but %+v", job)
			}
			if failure.Reason != test.reason || test.detail != "" && failure.Detail != test.detail {
				t.Errorf("got %s: %q, want %s: %q", failure.Reason, failure.Detail, test.reason, test.detail)
			}
			if len(seen.list) != 1 || seen.list[0].Err.Reason != test.reason || seen.list[0].Endpoint != "job_info" {
				t.Errorf("observed: %+v", seen.list)
			}
			checkError(t, failure)
		})
	}
}

// checkError fails if the error is unfit for a log line or repeats the token.
func checkError(t *testing.T, failure *cielo24.Error) {
	t.Helper()
	if text := failure.Error(); strings.Contains(text, token) || strings.ContainsAny(text, "\r\n") || len(text) > 600 {
		t.Errorf("unfit error: %q", text)
	}
}

// trip is a transport that always fails.
type trip struct{ err error }

func (f trip) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestFailuresOfTheConnectionAreToldApart(t *testing.T) {
	tlsServer := httptest.NewTLSServer(answer(200, `{"JobId":"a"}`))
	t.Cleanup(tlsServer.Close)
	tlsServer.Config.ErrorLog = nil
	plain := serve(t, answer(200, `{"JobId":"a"}`))
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	_ = listener.Close()
	for _, test := range []struct {
		name, baseURL, reason string
		transport             http.RoundTripper
	}{
		{"unknown certificate", tlsServer.URL, "tls", nil},
		{"HTTP where TLS was expected", strings.Replace(plain, "http:", "https:", 1), "tls", nil},
		{"nobody listens", closed, "connection", nil},
		{"no such host", plain, "dns", trip{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}}}},
		{"DNS server does not answer", plain, "dns", trip{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "i/o timeout", Name: "x", IsTimeout: true}}}},
		{"an error with the URL in it", plain, "connection", trip{fmt.Errorf("Get %q: no luck", "/?api_token="+token)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := newClient(t, test.baseURL, func(o *cielo24.Options) {
				if test.transport != nil {
					o.Transport = test.transport
				}
			})
			_, failure := ask(t, client)
			if failure == nil || failure.Reason != test.reason {
				t.Fatalf("got %v, want %s", failure, test.reason)
			}
			checkError(t, failure)
		})
	}
}

// hanging is an API that does not answer until the client has gone.
func hanging(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestACallEndsInTime(t *testing.T) {
	dripping := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("{"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	for name, handler := range map[string]http.HandlerFunc{"hanging": hanging, "dripping": dripping} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, serve(t, handler), func(o *cielo24.Options) { o.Timeout = 20 * time.Millisecond })
			_, failure := ask(t, client)
			if failure == nil || failure.Reason != "timeout" || failure.Detail != "no complete answer within 20ms" {
				t.Errorf("got %v", failure)
			}
		})
	}
}

func TestAnAbandonedCallIsNoTimeout(t *testing.T) {
	client := newClient(t, serve(t, hanging))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, failure := askContext(ctx, t, client); failure == nil || failure.Reason != "canceled" {
		t.Errorf("got %v", failure)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	visited := false
	elsewhere := serve(t, func(http.ResponseWriter, *http.Request) { visited = true })
	_, failure := ask(t, newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere+r.URL.String(), http.StatusTemporaryRedirect)
	})))
	if failure == nil || failure.Reason != "redirect" || visited {
		t.Errorf("got %v, visited: %v", failure, visited)
	}
}

func TestAnAPIThatEchoesTheTokenDoesNotLeakIt(t *testing.T) {
	for _, body := range []string{
		`{"JobId":"` + token + `","JobName":"call with ` + token + `","JobStatus":"` + token + `"}`,
		`{"JobId":"\u0037ca5dc5c7cce449fb0fff719307e8f5f"}`,
	} {
		job, failure := ask(t, newClient(t, serve(t, answer(200, body))))
		if failure != nil || strings.Contains(fmt.Sprintf("%+v", job), token) || job.ID != "<secret>" {
			t.Errorf("%+v, %v", job, failure)
		}
	}
	long := strings.Repeat("x", 240) + token // would be cut in the middle of the token
	_, failure := ask(t, newClient(t, serve(t, answer(400, `{"ErrorType":"A`+token+`","ErrorComment":"`+long+`"}`))))
	if failure == nil || strings.Contains(failure.Error(), token[:8]) {
		t.Errorf("%v", failure)
	}
}

func TestRetryAfterIsUnderstoodAndBounded(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                              0,
		"7":                             7 * time.Second,
		"-7":                            0,
		"99999999":                      time.Hour,
		"soon":                          0,
		"Fri, 02 Jan 2026 03:05:05 GMT": time.Minute,
		"Fri, 02 Jan 2025 03:05:05 GMT": 0,
	} {
		client := newClient(t, serve(t, answer(429, "", "Retry-After", value)), func(o *cielo24.Options) {
			o.Now = func() time.Time { return now }
		})
		if _, failure := ask(t, client); failure == nil || failure.RetryAfter != want {
			t.Errorf("%q: %v, want %s", value, failure, want)
		}
	}
}

func TestRetryAfterCountsOnlyFromAServerThatIsBusy(t *testing.T) {
	for status, want := range map[int]time.Duration{404: 0, 500: 0, 302: 0, 429: time.Minute, 503: time.Minute} {
		client := newClient(t, serve(t, answer(status, "", "Retry-After", "60")))
		if _, failure := ask(t, client); failure == nil || failure.RetryAfter != want {
			t.Errorf("status %d: %v, want %s", status, failure, want)
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	connections := map[string]bool{}
	client := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		switch len(r.URL.Query().Get("job_id")) % 2 {
		case 0:
			answer(200, `{"JobId":"a"}`)(w, r)
		default:
			answer(503, "away")(w, r)
		}
	}))
	for i := range 20 {
		_, _ = client.JobInfo(t.Context(), strings.Repeat("a", i+1), cielo24.NewAttempts(3))
	}
	if len(connections) != 1 {
		t.Errorf("%d connections for 20 calls", len(connections))
	}
}

func TestErrorSaysWhatHappenedOnce(t *testing.T) {
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
