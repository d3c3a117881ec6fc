package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	stdlog "log" //nolint:depguard // only to be silenced
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	stdlog.SetOutput(io.Discard) // servers that tests have made unhappy
	testscript.Main(leakChecked{m}, map[string]func(){"cielo24_exporter": main})
}

// leakChecked fails a run that leaves goroutines behind.
type leakChecked struct{ m *testing.M }

func (l leakChecked) Run() int {
	code := l.m.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); code == 0 && err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func TestTheCommandLine(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}

// running is a program that runs in this process.
type running struct {
	t      *testing.T
	stderr *output
	stdout *output
	end    context.CancelFunc
	code   chan int
}

// output is what a program writes, readable while it runs.
type output struct {
	mu   sync.Mutex
	b    bytes.Buffer
	grew chan struct{}
}

func newOutput() *output { return &output{grew: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.grew <- struct{}{}:
	default:
	}
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// wait waits until pattern stands in the output and returns its first group, or the match.
func (o *output) wait(t *testing.T, pattern string) string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	deadline := time.After(30 * time.Second)
	for {
		if match := expression.FindStringSubmatch(o.String()); match != nil {
			return match[len(match)-1]
		}
		select {
		case <-o.grew:
		case <-deadline:
			t.Fatalf("no %q in:\n%s", pattern, o)
		}
	}
}

// start runs the program with args until the test ends.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context()))
	r := &running{t: t, stdout: newOutput(), stderr: newOutput(), end: end, code: make(chan int, 1)}
	go func() { r.code <- run(ctx, args, r.stdout, r.stderr) }()
	t.Cleanup(func() { r.stop() })
	return r
}

// stop ends the program as a signal does and returns its exit code.
func (r *running) stop() int {
	r.t.Helper()
	r.end()
	select {
	case code := <-r.code:
		r.code <- code
		return code
	case <-time.After(20 * time.Second):
		r.t.Fatalf("the program does not end:\n%s", r.stderr)
		return -1
	}
}

// address waits for the program to listen and returns its base URL.
func (r *running) address() string {
	r.t.Helper()
	return "http://" + r.stderr.wait(r.t, `msg="Listening on" address=(\S+)`)
}

// simulateFor starts the simulated API and returns its base URL.
func simulateFor(t *testing.T, args ...string) (*running, string) {
	t.Helper()
	r := start(t, append([]string{"simulate", "--simulator.listen-address=127.0.0.1:0"}, args...)...)
	return r, r.stdout.wait(t, `base_url: (\S+)`)
}

// serveWith starts an exporter with the configuration text.
func serveWith(t *testing.T, text string, args ...string) (*running, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	writeFile(t, file, text)
	return serveFile(t, file, args...), file
}

func serveFile(t *testing.T, file string, args ...string) *running {
	t.Helper()
	return start(t, append([]string{
		"--config.file=" + file, "--web.listen-address=127.0.0.1:0", "--log.level=debug",
	}, args...)...)
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// get asks for a page and returns status and body.
func get(t *testing.T, method, url string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// put changes something in the simulated API.
func put(t *testing.T, method, url, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %s", method, url, resp.Status, answer)
	}
}

// wantLines fails for every line that is missing.
func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	have := map[string]bool{}
	for scanner := bufio.NewScanner(strings.NewReader(text)); scanner.Scan(); {
		have[scanner.Text()] = true
	}
	for _, line := range lines {
		if !have[line] {
			t.Errorf("missing: %s; there is:\n%s", line, family(text, line))
		}
	}
}

// family returns the lines of text that belong to the metric of line.
func family(text, line string) string {
	metric, _, _ := strings.Cut(line, "{")
	var lines []string
	for have := range strings.Lines(text) {
		if strings.HasPrefix(have, metric) {
			lines = append(lines, have)
		}
	}
	return strings.Join(lines, "")
}

// broken is a place that can't be written to, and worse.
type broken struct{}

func (broken) Write([]byte) (int, error) { panic("broken") }

func TestAPanicIsNotTakenForSuccess(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the panic is gone")
		}
	}()
	t.Errorf("exit code %d", run(t.Context(), []string{"version"}, broken{}, io.Discard))
}
