// Package e2e_test proves the whole line with the built program and real tools: a real Prometheus scrapes the demo,
// promtool reads what is exposed, signals reach a real process.
//
// The tools come from the Makefile, first in PATH. One that is missing is a failure.
package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience bounds every wait. It is generous, because the machines are shared; nothing waits for it when all is well.
const patience = time.Minute

// program is the built exporter, made once for all tests.
var program string //nolint:gochecknoglobals // TestMain has no other way to hand it to the tests

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "cielo24_exporter-e2e-")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "cielo24_exporter")
	build := exec.Command("go", "build", "-race", "-o", program, "..") //nolint:noctx // there is nothing to cancel it with
	if out, err := build.CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); code == 0 && err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// process is a program of its own.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *output
	done chan struct{}
}

// output is what a process writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// tool finds one of the real tools.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is not in PATH; run the tests with make test, which brings it", name)
	}
	return path
}

// start starts a process, which is ended with the test.
func start(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(name, args...), out: &output{}, done: make(chan struct{})} //nolint:noctx // ended below
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(patience):
			_ = p.cmd.Process.Kill()
			<-p.done
			t.Errorf("%s had to be killed", name)
		}
		if strings.Contains(p.out.String(), "DATA RACE") {
			t.Errorf("%s has a data race:\n%s", name, p.out)
		}
	})
	return p
}

// says waits until the process has written something that matches, and returns its last group.
func (p *process) says(pattern string) string {
	p.t.Helper()
	expression := regexp.MustCompile(pattern)
	var match []string
	eventually(p.t, "output "+pattern, func() error {
		if match = expression.FindStringSubmatch(p.out.String()); match == nil {
			return errors.New(p.out.String())
		}
		return nil
	})
	return match[len(match)-1]
}

// signal sends a signal and, if the process is to end, returns its exit code.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits for the end of the process and returns its exit code.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("does not end:\n%s", p.out)
		return -1
	}
}

// eventually tries until check returns nil. Other processes can't be given a clock, so this one looks at the real one.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// freePort returns an address that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// get returns a page.
func get(t *testing.T, page string) string {
	t.Helper()
	body, err := fetch(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func fetch(ctx context.Context, page string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, body)
	}
	return string(body), err
}

// prometheus is a real one.
type prometheus struct {
	*process
	t   *testing.T
	url string
}

// startPrometheus starts a Prometheus with the configuration and further flags.
func startPrometheus(t *testing.T, configuration string, flags ...string) *prometheus {
	t.Helper()
	dir, address := t.TempDir(), freePort(t)
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, tool(t, "prometheus"), append(flags, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address)...)
	return &prometheus{process: p, t: t, url: "http://" + address}
}

// query returns the values of an instant query by their labels.
func (p *prometheus) query(promql string) (map[string]string, error) {
	body, err := fetch(p.t.Context(), p.url+"/api/v1/query?query="+url.QueryEscape(promql))
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  []any
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, r := range answer.Data.Result {
		labels, err := json.Marshal(r.Metric)
		if err != nil {
			return nil, err
		}
		values[string(labels)] = fmt.Sprint(r.Value[1])
	}
	return values, nil
}

// wants waits until the query has the one value.
func (p *prometheus) wants(promql, value string) {
	p.t.Helper()
	eventually(p.t, promql, func() error {
		values, err := p.query(promql)
		if err != nil {
			return err
		}
		for _, v := range values {
			if v == value && len(values) == 1 {
				return nil
			}
		}
		return fmt.Errorf("got %v, want %s", values, value)
	})
}
