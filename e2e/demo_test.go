package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// startDemo starts the demo on free ports and returns the base URL of the exporter.
func startDemo(t *testing.T) (*process, string) {
	t.Helper()
	demo := start(t, program, "demo", "--web.listen-address=127.0.0.1:0", "--simulator.listen-address=127.0.0.1:0")
	return demo, strings.TrimSuffix(demo.says(`Metrics +(http://\S+)`), "/metrics")
}

func TestARealPrometheusScrapesTheDemo(t *testing.T) {
	_, exporter := startDemo(t)
	example, err := os.ReadFile("../examples/prometheus/prometheus.yml")
	if err != nil {
		t.Fatal(err)
	}
	configuration := strings.NewReplacer(
		"localhost:10059", strings.TrimPrefix(exporter, "http://"),
		"scrape_interval: 1m", "scrape_interval: 1s", "scrape_timeout: 30s", "scrape_timeout: 1s",
	).Replace(string(example))
	p := startPrometheus(t, configuration, "--enable-feature=native-histograms")
	p.wants(`up{job="cielo24"}`, "1")
	p.wants(`cielo24_up`, "1")
	// Every state is there, and the unknown job is the one that has none.
	p.wants(`count(count by (status) (cielo24_job_status == 1)) >= 6`, "6")
	p.wants(`cielo24_job_error{reason="ITEM_NOT_FOUND"}`, "1")
	p.wants(`sum(cielo24_jobs) - count(count by (job_id) (cielo24_job_status))`, "1")
	p.wants(`sum(cielo24_job_up == 1) - sum(cielo24_job_status)`, "0")
	p.wants(`count(count by (account) (cielo24_job_time_until_due_seconds < 0
		unless on (account, job_id) cielo24_job_status{status=~"Complete|Media Failure"} == 1))`, "1")
	p.wants(`cielo24_session_logins_total{result="success"}`, "1")
	// The native histogram arrives through the protobuf format.
	p.wants(`histogram_count(cielo24_api_request_duration_seconds{endpoint="job_info"}) > bool 0`, "1")
	// Labels of the exporter survive Prometheus' own.
	values, err := p.query(`{__name__=~"cielo24_.+", exported_job!=""} or {__name__=~"cielo24_.+", exported_instance!=""}`)
	if err != nil || len(values) != 0 {
		t.Errorf("labels that Prometheus had to rename: %v %v", values, err)
	}
}

func TestPromtoolFindsNothingToSayAboutTheMetrics(t *testing.T) {
	_, exporter := startDemo(t)
	expositions := map[string]string{"the demo": get(t, exporter+"/metrics")}
	files, err := filepath.Glob("../collector/testdata/*.prom")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		expositions[file] = string(data)
	}
	for name, text := range expositions {
		check := exec.CommandContext(t.Context(), tool(t, "promtool"), "check", "metrics")
		check.Stdin = strings.NewReader(text)
		if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestTheExamplesAreWell(t *testing.T) {
	for _, args := range [][]string{
		{tool(t, "promtool"), "check", "config", "../examples/prometheus/prometheus.yml"},
		{program, "check", copyExample(t)},
	} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

// copyExample copies the example and gives it the token that it asks for.
func copyExample(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../examples/cielo24.yml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"cielo24.yml": string(data), "cielo24.token": "abc\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cielo24.yml")
}

// startSimulate starts the simulated API and returns its base URL, and the configuration that watches its jobs.
func startSimulate(t *testing.T) (base string, configuration func(settings string) string) {
	t.Helper()
	api := start(t, program, "simulate", "--simulator.listen-address=127.0.0.1:0", "--simulator.jobs=50")
	base = api.says(`base_url: (\S+)`)
	ids := regexp.MustCompile(`(?m)^ {6}- (\S+)$`).FindAllStringSubmatch(api.says(`(?s)(.*List of all jobs)`), -1)
	key := regexp.MustCompile(`api_token: (\S+)`).FindStringSubmatch(api.out.String())[1]
	return base, func(more string) string {
		var b strings.Builder
		fmt.Fprintf(&b, "accounts:\n  - name: a\n    base_url: %s\n    api_token: %s\n%s    jobs:\n", base, key, more)
		for _, id := range ids {
			fmt.Fprintf(&b, "      - %q\n", id[1])
		}
		return b.String()
	}
}

// startServe starts simulate and an exporter that watches jobs of it.
func startServe(t *testing.T, settings string) (exporter *process, url, file string, configuration func(string) string) {
	t.Helper()
	_, configuration = startSimulate(t)
	file = filepath.Join(t.TempDir(), "cielo24.yml")
	write(t, file, configuration(settings))
	exporter = start(t, program, "--config.file="+file, "--web.listen-address=127.0.0.1:0")
	return exporter, "http://" + exporter.says(`msg="Listening on" address=(\S+)`), file, configuration
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// load scrapes from several clients until stop is called, and counts answers by what came.
func load(t *testing.T, url string) (stop func() map[string]int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var (
		mu      sync.Mutex
		answers = map[string]int{}
		clients sync.WaitGroup
	)
	for range 4 {
		clients.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				answer := scrapeOnce(ctx, client, url)
				mu.Lock()
				answers[answer]++
				mu.Unlock()
				if answer == "refused" {
					return
				}
			}
		})
	}
	return func() map[string]int {
		cancel()
		clients.Wait()
		return answers
	}
}

// scrapeOnce says how one scrape went: whole, partial, broken, or refused because nobody listens any more.
func scrapeOnce(ctx context.Context, client *http.Client, url string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/metrics", http.NoBody)
	if err != nil {
		return err.Error()
	}
	resp, err := client.Do(req)
	switch {
	case ctx.Err() != nil:
		return "stopped"
	case err != nil && strings.Contains(err.Error(), "connection refused"):
		return "refused"
	case err != nil:
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	switch {
	case ctx.Err() != nil:
		return "stopped"
	case err != nil:
		return "broken: " + err.Error()
	case strings.Count(string(body), "\ncielo24_job_up{") != 12:
		return "partial"
	}
	return "whole"
}

func TestSIGHUPUnderLoadCostsNoScrape(t *testing.T) {
	exporter, url, file, configuration := startServe(t, "")
	stop := load(t, url)
	for i := range 20 {
		write(t, file, configuration(fmt.Sprintf("    concurrency: %d\n", i+1)))
		exporter.signal(syscall.SIGHUP)
		eventually(t, "reload", func() error {
			if got := strings.Count(exporter.out.String(), "config loaded"); got < i+2 {
				return fmt.Errorf("%d reloads", got)
			}
			return nil
		})
	}
	write(t, file, "accounts: 7\n")
	exporter.signal(syscall.SIGHUP)
	exporter.says("keeping the previous one.*cielo24.yml:1: accounts: ")
	answers := stop()
	delete(answers, "stopped")
	if len(answers) != 1 || answers["whole"] == 0 {
		t.Errorf("scrapes during 21 reloads: %v", answers)
	}
	text := get(t, url+"/metrics")
	if !strings.Contains(text, "\ncielo24_exporter_config_last_reload_successful 0\n") {
		t.Error("the failed reload is not in the metrics")
	}
}

func TestSIGTERMUnderLoadEndsCleanly(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		exporter, url, _, _ := startServe(t, "")
		stop := load(t, url)
		eventually(t, "scrapes", func() error {
			_, err := fetch(t.Context(), url+"/metrics")
			return err
		})
		exporter.signal(s)
		code := exporter.exit()
		answers := stop()
		delete(answers, "stopped")
		for answer := range answers {
			// A connection that the server closes while it is idle is no broken scrape; net/http says EOF or reset then.
			if answer != "whole" && answer != "refused" && !strings.HasSuffix(answer, "EOF") &&
				!strings.HasSuffix(answer, "connection reset by peer") && !strings.Contains(answer, "server closed idle connection") {
				t.Errorf("%s: %v", s, answers)
			}
		}
		if code != 0 || answers["whole"] == 0 {
			t.Errorf("%s: exit code %d, %v\n%s", s, code, answers, exporter.out)
		}
	}
}
