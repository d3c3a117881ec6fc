package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
)

// state is what the exporter holds.
type state struct {
	goroutines  int
	descriptors int
	memory      int // bytes, resident
	peak        int // bytes, resident
}

func (s state) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %d MiB resident, %d MiB at the most",
		s.goroutines, s.descriptors, s.memory>>20, s.peak>>20)
}

// atRest waits until no refresh is under way and returns what the exporter holds then, with one connection of ours.
func (s *soak) atRest() (state, error) {
	var now state
	err := eventually(func() error {
		http.DefaultClient.CloseIdleConnections()
		text, err := s.page("/metrics")
		if err != nil {
			return err
		}
		if !regexp.MustCompile(`(?m)^cielo24_up\{account="soak"\} 1$`).MatchString(text) ||
			regexp.MustCompile(`(?m)^cielo24_job_error\{`).MatchString(text) {
			return fmt.Errorf("not all jobs are well")
		}
		previous := now
		now = state{goroutines: number(text, "go_goroutines"), descriptors: number(text, "process_open_fds")}
		if now.goroutines != previous.goroutines || now.descriptors != previous.descriptors {
			return fmt.Errorf("not at rest: %v, then %v", previous, now)
		}
		return nil
	})
	if err != nil {
		return state{}, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.exporter.Process.Pid))
	if err != nil {
		return state{}, err
	}
	now.memory, now.peak = kilobytes(status, "VmRSS")<<10, kilobytes(status, "VmHWM")<<10
	return now, nil
}

func (s *soak) page(path string) (string, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, s.url+path, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// number returns the value of a series without labels.
func number(text, metric string) int {
	match := regexp.MustCompile(`(?m)^` + metric + ` (\S+)$`).FindStringSubmatch(text)
	if match == nil {
		return -1
	}
	f, _ := strconv.ParseFloat(match[1], 64)
	return int(f)
}

func kilobytes(status []byte, field string) int {
	match := regexp.MustCompile(field + `:\s+(\d+) kB`).FindSubmatch(status)
	if match == nil {
		return 0
	}
	n, _ := strconv.Atoi(string(match[1]))
	return n
}
