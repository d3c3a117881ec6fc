// Command screenshots makes the pictures in docs/images: the status page as a real browser shows it, and the dashboard
// with the answers of a real Prometheus to its queries. Grafana itself is not needed for that, and not shown: the picture
// says so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"cielo24_exporter/e2e/browser"

	"github.com/chromedp/chromedp"
)

func main() {
	if err := run(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run() error {
	binary := flag.String("binary", "./cielo24_exporter", "the built exporter")
	out := flag.String("out", "docs/images", "folder for the pictures")
	history := flag.Duration("history", 4*time.Minute, "how long Prometheus watches the demo before the dashboard is drawn")
	pageOnly := flag.Bool("page-only", false, "make the pictures of the status page alone, which takes seconds")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "cielo24_exporter-screenshots-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	demo, err := start(ctx, dir, *binary, "demo", "--web.listen-address=127.0.0.1:0", "--simulator.listen-address=127.0.0.1:0",
		"--simulator.speed=400")
	if err != nil {
		return err
	}
	exporter, err := demo.says(ctx, `Status page +(http://\S+)/`)
	if err != nil {
		return err
	}
	tab, end, err := browser.Start(ctx)
	if err != nil {
		return err
	}
	defer end()
	// The page comes first, as for somebody who has just started the demo: nothing has scraped yet.
	if err := takeAll(tab, *out, []picture{
		{"status.png", exporter, 1400, 1000, false},
		{"status-phone.png", exporter, 390, 844, false},
		{"status-dark.png", exporter, 1400, 1000, true},
	}); err != nil || *pageOnly {
		return err
	}
	prometheus, err := watch(ctx, dir, exporter)
	if err != nil {
		return err
	}
	select {
	case <-time.After(*history):
	case <-ctx.Done():
		return ctx.Err()
	}
	html := filepath.Join(dir, "dashboard.html")
	if err := drawDashboard(ctx, prometheus, *history, html); err != nil {
		return err
	}
	return takeAll(tab, *out, []picture{{"dashboard.png", "file://" + html, 1600, 2200, true}})
}

// takeAll takes the pictures one after the other.
func takeAll(tab context.Context, folder string, pictures []picture) error {
	for i := range pictures {
		if err := pictures[i].take(tab, folder); err != nil {
			return fmt.Errorf("%s: %w", pictures[i].name, err)
		}
	}
	return nil
}

// picture is what a browser shows of a page, no further down than height.
type picture struct {
	name, page    string
	width, height int64
	dark          bool
}

// take writes the picture into the folder.
func (p *picture) take(tab context.Context, folder string) error {
	ctx, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	if err := browser.Scheme(ctx, p.dark); err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(p.width, p.height), chromedp.Navigate(p.page)); err != nil {
		return err
	}
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, p.name), png, 0o644) //nolint:gosec // a picture for the repository
}

// process is a program that runs until the context ends.
type process struct {
	name string
	log  string
	done chan struct{}
}

func start(ctx context.Context, dir, program string, args ...string) (*process, error) {
	log, err := os.CreateTemp(dir, "*.log")
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // the exporter or Prometheus
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, dir
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	if cmd.Path, err = filepath.Abs(cmd.Path); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{filepath.Base(program), log.Name(), make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// says waits until the program has written what matches, and returns the first group of it.
func (p *process) says(ctx context.Context, pattern string) (string, error) {
	wanted := regexp.MustCompile(pattern)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
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
		case <-ctx.Done():
		}
		return "", errors.New(p.name + " does not start:\n" + string(text))
	}
}

// watch starts a Prometheus with the rules of examples/ that scrapes the exporter every second, and returns its address.
func watch(ctx context.Context, dir, exporter string) (string, error) {
	rules, err := os.ReadFile("examples/prometheus/rules/cielo24.rules.yml")
	if err != nil {
		return "", err
	}
	configuration := "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [cielo24.rules.yml]\n" +
		"scrape_configs: [{job_name: cielo24, static_configs: [{targets: ['" + strings.TrimPrefix(exporter, "http://") + "']}]}]\n"
	for name, text := range map[string]string{"cielo24.rules.yml": string(rules), "prometheus.yml": configuration} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	p, err := start(ctx, dir, "prometheus", "--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address=127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address, err := p.says(ctx, `msg="Listening on" address=(\S+)`)
	return "http://" + address, err
}
