package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"cielo24_exporter/simulator"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	user  = "media@example.edu"
	token = "0123456789abcdef0123456789abcdef"
	job1  = "64bea283eff6475ea6596027a6ba0929"
	job2  = "d4fb871e07514304b23131b45f8caa1f"
)

// clock is a time that moves when a test says so.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// start is when every test begins: 05:00 in Los Angeles.
func start() time.Time { return time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC) }

// world is a simulated API with one account and a client of it.
type world struct {
	t      *testing.T
	clock  *clock
	api    *simulator.Simulator
	server *httptest.Server
	url    string
	client *http.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, simulator.Options{})
}

func newWorldWith(t *testing.T, opts simulator.Options) *world {
	t.Helper()
	c := &clock{now: start()}
	opts.Now = c.Now
	w := &world{t: t, clock: c, api: simulator.New(opts)}
	w.api.AddUser(simulator.User{Username: user, Password: "correct horse", SecureKey: "fedcba98"})
	w.api.AddToken(token, user)
	w.server = httptest.NewServer(w.api)
	// A connection is used once: a client that keeps them would repeat a call whose connection ends.
	w.url, w.client = w.server.URL, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	t.Cleanup(func() {
		w.api.Close()
		w.server.Close()
	})
	return w
}

// send sends a request and returns the answer's status and body.
func (w *world) send(method, pathAndQuery, body string, headers ...string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+pathAndQuery, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := w.client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func infoPath(id string) string {
	return "/api/job/info?v=1&api_token=" + token + "&job_id=" + url.QueryEscape(id)
}

func listPath(filters string) string { return "/api/job/list?v=1&api_token=" + token + "&" + filters }

// info asks for a job, which must be there.
func (w *world) info(id string) map[string]any {
	w.t.Helper()
	status, body := w.send("GET", infoPath(id), "")
	var job map[string]any
	if err := json.Unmarshal([]byte(body), &job); err != nil || status != http.StatusOK {
		w.t.Fatalf("%d %s", status, body)
	}
	return job
}

// wantError fails unless the answer is a documented error.
func wantError(t *testing.T, status int, body, errorType, comment string) {
	t.Helper()
	var got struct{ ErrorType, ErrorComment string }
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	if status != http.StatusBadRequest || got.ErrorType != errorType || !strings.Contains(got.ErrorComment, comment) {
		t.Errorf("got %d %s, want 400 %s %q", status, body, errorType, comment)
	}
}

// wantMembers fails for every member that has another value.
func wantMembers(t *testing.T, job map[string]any, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if job[name] != value {
			t.Errorf("%s is %v, want %v", name, job[name], value)
		}
	}
}
