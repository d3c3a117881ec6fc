package cielo24_test

import (
	"net/http"
	"strings"
	"testing"

	"cielo24_exporter/cielo24"
)

// wantTexts fails for every text that is not in got.
func wantTexts(t *testing.T, got string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(got, text) {
			t.Errorf("%q is missing in:\n%.3000s", text, got)
		}
	}
}

func TestTrace_HasEveryExchangeWithoutSecrets(t *testing.T) {
	e := newEnv(t, func(api http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Echo", r.URL.Query().Get("api_token")+r.Header.Get("X-Auth-Securekey"))
			w.Header().Set("Set-Cookie", "a=b")
			if r.URL.Query().Get("job_id") == otherID {
				answer(404, "no "+r.URL.RawQuery+"\xff\n")(w, r)
				return
			}
			api.ServeHTTP(w, r)
		})
	})
	client := e.client()
	ctx, trace := cielo24.WithTrace(t.Context())
	_, _ = askFor(ctx, t, client, jobID)
	_, _ = askFor(ctx, t, client, otherID)
	_, _ = askFor(t.Context(), t, client, otherID) // not traced
	got := trace.String()
	wantTexts(t, got,
		"> X-Auth-User: "+username+"\n", "> X-Auth-Securekey: <secret>\n", "> Accept: application/json\n> User-Agent: test/1\n",
		"< HTTP/1.1 200 OK\n", "< Set-Cookie: <secret>\n", "< X-Echo: <secret>\n",
		"< HTTP/1.1 404 Not Found\n", "\nno v=1&api_token=<secret>&job_id="+otherID+"\uFFFD\n", "\nhttp_4xx: status 404\n")
	if n := strings.Count(got, "\n> GET") + 1; n != 3 {
		t.Errorf("got %d exchanges, want 3:\n%s", n, got)
	}
	if strings.Contains(got, secureKey) {
		t.Errorf("the securekey is in:\n%s", got)
	}
}

func TestTrace_IsBounded(t *testing.T) {
	const most = 64 << 10
	for _, size := range []int{most - 1, most, most + 1, 10 * most} {
		body := `{"JobId":"` + strings.Repeat("x", size-12) + `"}`
		transport := inMemory(t, answer(200, body))
		client := newClient(t, "http://api.test", func(o *cielo24.Options) { o.Transport = transport })
		ctx, trace := cielo24.WithTrace(t.Context())
		if _, failure := askFor(ctx, t, client, jobID); failure != nil {
			t.Fatal(failure)
		}
		_, got, _ := strings.Cut(trace.String(), `{"JobId":"`)
		if want := min(size, most); len(`{"JobId":"`)+len(strings.TrimSuffix(got, "\n")) != want || size <= most && !strings.HasSuffix(got, "\"}\n") {
			t.Errorf("got %d bytes of a body of %d, want %d", len(`{"JobId":"`)+len(got), size, want)
		}
	}
}
