package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program under measurement, or the simulated API. It ends with stop or with the context it was started
// with.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	log    string // file with all that it writes
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended
}

// start starts a program. dir is for its log.
func start(ctx context.Context, dir, program string, args ...string) (*process, error) {
	log, err := os.CreateTemp(dir, filepath.Base(program)+"-*.log")
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	ctx, cancel := context.WithCancel(ctx)
	p := &process{log: log.Name(), cancel: cancel, done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, program, args...) //nolint:gosec // the exporter, or what was built here
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 10 * time.Second
	if p.stdin, err = p.cmd.StdinPipe(); err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *process) stop() {
	p.cancel()
	<-p.done
}

// says waits until the program has written what matches, and returns the first group of it.
func (p *process) says(pattern string) (string, error) {
	wanted := regexp.MustCompile(pattern)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for {
		text, err := os.ReadFile(p.log)
		if err != nil {
			return "", err
		}
		if match := wanted.FindSubmatch(text); match != nil {
			return string(match[1]), nil
		}
		select {
		case <-tick.C:
			continue
		case <-p.done:
		case <-late:
		}
		return "", fmt.Errorf("%s does not say %q, but:\n%s", filepath.Base(p.cmd.Path), pattern, text)
	}
}

// cpu returns the time that all threads of the process have run, user and system. It is the scheduler's own account, in
// nanoseconds: what getrusage says may be a tick off, and a scrape of few jobs is shorter than that. (Go ends hardly
// any thread, so hardly any is missing.)
func (p *process) cpu() (time.Duration, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			continue // it has just ended
		}
		ran, _, _ := strings.Cut(string(text), " ")
		nanoseconds, err := strconv.ParseInt(ran, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(nanoseconds)
	}
	if sum == 0 {
		return 0, errors.New("the kernel does not say how long a process has run")
	}
	return sum, nil
}

// peak returns the most memory that the process has had resident, in bytes.
func (p *process) peak() (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if rest, found := bytes.CutPrefix(line, []byte("VmHWM:")); found {
			kilobytes, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(string(rest)), " kB"))
			return kilobytes << 10, err
		}
	}
	return 0, errors.New("the kernel does not say how much memory a process has had")
}
