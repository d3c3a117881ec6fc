// Command soak runs the built exporter for minutes against a simulated API that misbehaves at random, restarts and
// forgets its sessions, while clients scrape, leave early and ask for nonsense and the configuration is reloaded. In the
// end nothing may have leaked: goroutines, descriptors, memory, or the securekey into the log.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"cielo24_exporter/simulator"
)

func main() {
	if err := run(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// soak is one run.
type soak struct {
	api      *api
	ids      []string
	file     string // the configuration
	exporter *exec.Cmd
	url      string
	log      *os.File

	mu      sync.Mutex
	answers map[string]int
}

// settle is how long the exporter may take to come to rest.
const settle = time.Minute

func run() error {
	binary := flag.String("binary", "./cielo24_exporter", "the built exporter")
	duration := flag.Duration("duration", 3*time.Minute, "how long")
	jobs := flag.Int("jobs", 300, "number of jobs")
	flag.Parse()

	dir, err := os.MkdirTemp("", "cielo24_exporter-soak-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s := &soak{file: filepath.Join(dir, "cielo24.yml"), answers: map[string]int{}}
	if s.api, err = newAPI(*jobs); err != nil {
		return err
	}
	defer s.api.close()
	for i := range *jobs {
		s.ids = append(s.ids, simulator.FleetID(i))
	}
	if err := s.start(*binary, filepath.Join(dir, "log")); err != nil {
		return err
	}
	defer s.stop()

	s.scrapes(200)
	before, err := s.atRest()
	if err != nil {
		return err
	}
	fmt.Println("before: ", before)
	s.torment(*duration)
	s.api.heal()
	s.configure(16)
	s.reload()
	s.scrapes(200)
	after, err := s.atRest()
	if err != nil {
		return err
	}
	fmt.Println("after:  ", after)
	fmt.Printf("answered by the simulated API: %d calls, with %d restarts\n", s.api.total(), s.api.restarts)
	fmt.Println("answered by the exporter:", s.answers)
	return s.judge(before, after)
}

// configure writes the configuration; its concurrency tells one from the next.
func (s *soak) configure(concurrency int) {
	var b strings.Builder
	fmt.Fprintf(&b, "accounts:\n  - name: soak\n    base_url: http://%s\n    timezone: America/Los_Angeles\n", s.api.address)
	fmt.Fprintf(&b, "    login: {username: %s, securekey: %s}\n", simulator.DemoUsername, simulator.DemoSecureKey)
	fmt.Fprintf(&b, "    timeout: 500ms\n    concurrency: %d\n    jobs: [%s]\n", concurrency, strings.Join(s.ids, ", "))
	_ = os.WriteFile(s.file, []byte(b.String()), 0o600)
}

// start starts the exporter and waits until it listens.
func (s *soak) start(binary, log string) (err error) {
	s.configure(16)
	if s.log, err = os.Create(log); err != nil {
		return err
	}
	s.exporter = exec.Command(binary, "--config.file="+s.file, "--web.listen-address=127.0.0.1:0", "--log.level=debug") //nolint:gosec,noctx // ended by stop
	s.exporter.Stderr = s.log
	if err := s.exporter.Start(); err != nil {
		return err
	}
	return eventually(func() error {
		text, _ := os.ReadFile(log)
		_, rest, found := strings.Cut(string(text), `msg="Listening on" address=`)
		if !found {
			return fmt.Errorf("the exporter does not listen:\n%s", text)
		}
		address, _, _ := strings.Cut(rest, "\n")
		s.url = "http://" + address
		return nil
	})
}

func (s *soak) stop() {
	_ = s.exporter.Process.Signal(syscall.SIGTERM)
	_ = s.exporter.Wait()
	_ = s.log.Close()
}

func (s *soak) reload() { _ = s.exporter.Process.Signal(syscall.SIGHUP) }

// scrapes asks for the metrics n times, one after the other.
func (s *soak) scrapes(n int) {
	for range n {
		s.ask(context.Background(), http.DefaultClient, visit{http.MethodGet, "/metrics", "10"})
	}
}

// visit is a request to the exporter. The timeout is what Prometheus would say it waits, in seconds.
type visit struct{ method, path, timeout string }

// ask makes a request and counts what came.
func (s *soak) ask(ctx context.Context, client *http.Client, v visit) {
	req, err := http.NewRequestWithContext(ctx, v.method, s.url+v.path, http.NoBody)
	if err != nil {
		return
	}
	req.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", v.timeout)
	resp, err := client.Do(req)
	answer := "left early"
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		answer = resp.Status
	} else if ctx.Err() == nil {
		answer = "failed"
	}
	s.mu.Lock()
	s.answers[answer]++
	s.mu.Unlock()
}

// eventually tries until check returns nil, for at most settle.
func eventually(check func() error) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	end := time.After(settle)
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-end:
			return err
		}
	}
}
