package main

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cielo24_exporter/simulator"
)

// fullDisk takes the first so many bytes.
type fullDisk struct{ free int }

func (f *fullDisk) Write(data []byte) (int, error) {
	if n := f.free; n < len(data) {
		f.free = 0
		return n, errors.New("write: no space left on device")
	}
	f.free -= len(data)
	return len(data), nil
}

func TestOutput_ThatCannotBeWrittenIsAFailure(t *testing.T) {
	_, base := simulateFor(t)
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	writeFile(t, file, configuration(base, nil, "api_token: "+simulator.DemoToken))
	exporter := serveFile(t, file)
	for _, args := range [][]string{
		{"--help"},
		{"job", "--help"},
		{"--version"},
		{"version"},
		{"man"},
		{"completion", "bash"},
		{"completion", "zsh"},
		{"completion", "fish"},
		{"check", file},
		{"job", "--config.file=" + file, documentedID},
		{"job", "--config.file=" + file, "--output=json", documentedID},
		{"job", "--config.file=" + file, "--output=metrics", documentedID},
		{"health", "--web.listen-address=" + strings.TrimPrefix(exporter.address(), "http://")},
	} {
		for _, free := range []int{0, 5} {
			var stderr bytes.Buffer
			code := run(t.Context(), args, &fullDisk{free}, &stderr)
			if got, want := stderr.String(), "cielo24_exporter: write: no space left on device\n"; code != exitFailure || got != want {
				t.Errorf("%q, %d bytes free: got exit code %d and %q, want 1 and %q", args, free, code, got, want)
			}
		}
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, &stdout, &stderr); code != exitSuccess || stdout.Len() <= 5 || stderr.Len() > 0 {
			t.Errorf("%q: got exit code %d, output %q and %q; want 0", args, code, &stdout, &stderr)
		}
	}
}

func TestOutput_OfTheBuiltProgram(t *testing.T) {
	program := buildProgram(t)
	for name, test := range map[string]func(*testing.T, string){
		"a reader that goes away does not end the exporter": exporterOutlivesItsReader,
		"demo and simulate need no reader":                  simulatorsNeedNoReader,
		"a reader that goes away ends what prints":          printersEnd,
		"a full disk is a failure":                          fullDiskIsAFailure,
	} {
		t.Run(name, func(t *testing.T) { test(t, program) })
	}
}

// exporterOutlivesItsReader has the reader of the log go away while the exporter runs.
func exporterOutlivesItsReader(t *testing.T, program string) {
	t.Helper()
	_, api := simulateFor(t)
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	writeFile(t, file, configuration(api, []string{documentedID}, "api_token: "+simulator.DemoToken))
	p := launch(t, program, "--config.file="+file, "--web.listen-address=127.0.0.1:0", "--web.enable-lifecycle")
	base := "http://" + p.stderr.wait(t, `msg="Listening on" address=(\S+)`)
	p.stopReading()
	for range 3 { // each is logged
		if status, body := get(t, http.MethodPost, base+"/-/reload"); status != http.StatusOK {
			t.Errorf("reload: got status %d and %q, want 200", status, body)
		}
	}
	_, text := get(t, http.MethodGet, base+"/metrics")
	wantLines(t, text, `cielo24_job_up{account="a",job_id="`+documentedID+`"} 1`)
	p.stop()
}

// simulatorsNeedNoReader has nobody read standard output from the beginning.
func simulatorsNeedNoReader(t *testing.T, program string) {
	t.Helper()
	for page, args := range map[string][]string{
		"/metrics":     {"demo", "--web.listen-address=127.0.0.1:0"},
		"/_simulator/": {"simulate"},
	} {
		p := newProcess(t, program, append(args, "--simulator.listen-address=127.0.0.1:0", "--log.level=debug")...)
		p.cmd.Stdout = unreadPipe(t)
		p.start()
		base := "http://" + p.stderr.wait(t, `(?:"Listening on"|simulating) address=(\S+)`)
		p.stopReading()
		if status, _ := get(t, http.MethodGet, base+page); status != http.StatusOK {
			t.Errorf("%s: got status %d, want 200", args[0], status)
		}
		p.stop()
	}
}

// printersEnd has nobody read what the other commands print.
func printersEnd(t *testing.T, program string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	writeFile(t, file, configuration("http://127.0.0.1:1", nil, "api_token: x"))
	for _, args := range [][]string{{"--help"}, {"version"}, {"man"}, {"completion", "bash"}, {"check", file}} {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Stdout = unreadPipe(t)
		err := cmd.Run()
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGPIPE {
			t.Errorf("%q: got %v, want an end by SIGPIPE", args, err)
		}
	}
}

// fullDiskIsAFailure prints to a disk without space.
func fullDiskIsAFailure(t *testing.T, program string) {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Close() }()
	cmd := exec.CommandContext(t.Context(), program, "version")
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = full, &stderr
	err = cmd.Run()
	const want = "cielo24_exporter: write /dev/stdout: no space left on device\n"
	if got := cmd.ProcessState.ExitCode(); got != exitFailure || stderr.String() != want {
		t.Errorf("got exit code %d, %v and %q; want 1 and %q", got, err, &stderr, want)
	}
}
