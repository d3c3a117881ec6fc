package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// runIn runs a command in dir, as on a machine without settings of its own, and returns its standard output.
func runIn(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GIT_") && !strings.HasPrefix(variable, "GOFLAGS=") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "GOENV=off", "GOWORK=off", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %q: %v\n%s%s", name, args, err, &stdout, &stderr)
	}
	return stdout.String()
}

// buildProgram builds the program as a user would, and returns its file.
func buildProgram(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cielo24_exporter")
	runIn(t, ".", "go", "build", "-o", file)
	return file
}

// process is the program in a process of its own.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr *output
	readers        []*os.File
	writers        []*os.File
}

// newProcess returns a program that is yet to be started. Its standard error is read, its standard output is not.
func newProcess(t *testing.T, program string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.CommandContext(t.Context(), program, args...), stdout: newOutput(), stderr: newOutput()}
	p.cmd.Stderr = p.pipe(p.stderr)
	return p
}

// launch starts a program.
func launch(t *testing.T, program string, args ...string) *process {
	t.Helper()
	p := newProcess(t, program, args...)
	p.cmd.Stdout = p.pipe(p.stdout)
	p.start()
	return p
}

// start starts the program and has it killed, at the latest, when the test ends.
func (p *process) start() {
	p.t.Helper()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	for _, writer := range p.writers { // the program has its own
		_ = writer.Close()
	}
	p.t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // if it still runs
		_ = p.cmd.Wait()
		p.stopReading()
	})
}

// pipe returns what the program may write to. What it writes comes to the output.
func (p *process) pipe(to *output) *os.File {
	p.t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		p.t.Fatal(err)
	}
	p.readers, p.writers = append(p.readers, reader), append(p.writers, writer)
	go func() { _, _ = io.Copy(to, reader) }()
	return writer
}

// stopReading closes the pipes that the program writes to.
func (p *process) stopReading() {
	for _, reader := range p.readers {
		_ = reader.Close()
	}
}

// stop ends the program by a signal. It must have run until then, and end without a failure.
func (p *process) stop() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Error("the program has ended by itself:", err)
	}
	late := time.AfterFunc(20*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("got %v at the end, want exit code 0", err)
	}
}

// unreadPipe returns what can be written to of a pipe whose reader is gone.
func unreadPipe(t *testing.T) *os.File {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = writer.Close() })
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	return writer
}
