// Command bench measures what a scrape of the built exporter costs, against a simulated API on the same machine and
// side by side with a yardstick: the least that a Go program has to do for the same answer. They take turns within one
// run, so that a busy machine slows down all.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// The calls that a contestant makes at a time, and where the API's dates come from.
const (
	concurrency = 64
	timezone    = "America/Los_Angeles"
)

// bench is one run.
type bench struct {
	binary    string
	yardstick string
	dir       string
	rounds    int
	budget    time.Duration
}

func run() error {
	binary := flag.String("binary", "./cielo24_exporter", "the built exporter")
	sizes := flag.String("sizes", "100,1000,10000", "numbers of jobs")
	latencies := flag.String("latencies", "0,20ms", "how long the API takes for a call")
	rounds := flag.Int("rounds", 50, "rounds at the most")
	budget := flag.Duration("budget", 20*time.Second, "time for the rounds of one setting; 5 are made in any case")
	flag.Parse()
	if *rounds < 1 {
		return errors.New("-rounds: at least 1")
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	dir, err := os.MkdirTemp("", "cielo24_exporter-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := &bench{binary: *binary, yardstick: filepath.Join(dir, "yardstick"), dir: dir, rounds: *rounds, budget: *budget}
	if err := build(ctx, b.yardstick); err != nil {
		return err
	}
	fmt.Printf("%d CPUs, %s, %d calls at a time.\n\n", runtime.NumCPU(), runtime.Version(), concurrency)
	fmt.Println("| jobs | latency | who | median time | ratio | CPU per job | ratio | peak memory | rounds |")
	fmt.Println("|---:|---:|---|---:|---:|---:|---:|---:|---:|")
	for size := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(size)
		if err != nil || n < 1 {
			return fmt.Errorf("-sizes: %q is no number of jobs", size)
		}
		if err := b.measure(ctx, n, strings.Split(*latencies, ",")); err != nil {
			return err
		}
	}
	return nil
}

// build builds the yardstick.
func build(ctx context.Context, file string) error {
	output, err := exec.CommandContext(ctx, "go", "build", "-o", file, "cielo24_exporter/bench/yardstick").CombinedOutput() //nolint:gosec // a file in our own directory
	if err != nil {
		return fmt.Errorf("go build: %w\n%s", err, output)
	}
	return nil
}

// measure measures all settings with n jobs, against one simulated API. Its clock is slow, so that hardly any job moves
// on meanwhile.
func (b *bench) measure(ctx context.Context, n int, latencies []string) error {
	p, err := start(ctx, b.dir, b.binary, "simulate", "--simulator.listen-address=127.0.0.1:0",
		"--simulator.speed=0.5", "--simulator.jobs="+strconv.Itoa(n), "--simulator.timezone="+timezone)
	if err != nil {
		return err
	}
	defer p.stop()
	a := &api{}
	if a.base, err = p.says(`base_url: (\S+)`); err != nil {
		return err
	}
	if a.token, err = p.says(`api_token: (\S+)`); err != nil {
		return err
	}
	for _, text := range latencies {
		latency, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("-latencies: %w", err)
		}
		if err := a.setLatency(ctx, latency); err != nil {
			return err
		}
		if err := b.compare(ctx, a, n, latency); err != nil {
			return fmt.Errorf("%d jobs, latency %v: %w", n, latency, err)
		}
	}
	return nil
}

// api is the simulated API.
type api struct{ base, token string }

func (a *api) setLatency(ctx context.Context, latency time.Duration) error {
	method, body := http.MethodPut, fmt.Sprintf(`{"latency": %q}`, latency)
	if latency == 0 {
		method, body = http.MethodDelete, ""
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+"/_simulator/faults", strings.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusNoContent {
		return errors.New("the simulated API refuses the latency: " + resp.Status)
	}
	return nil
}
