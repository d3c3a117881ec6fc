package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestTwoShardsUnderARealPrometheusHoldEveryJobOnce(t *testing.T) {
	_, configuration := startSimulate(t)
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	write(t, file, configuration("    discovery: {username: '*', created_within: 3650d, statuses: [Pending, In Process, Complete]}\n"))
	var targets []string
	for shard := range 2 {
		exporter := start(t, program, "--config.file="+file, "--web.listen-address=127.0.0.1:0",
			"--shard="+strconv.Itoa(shard), "--total-shards=2")
		targets = append(targets, strconv.Quote(exporter.says(`msg="Listening on" address=(\S+)`)))
	}
	p := startPrometheus(t, "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs: [{job_name: cielo24, static_configs: [{targets: ["+
		strings.Join(targets, ", ")+"]}]}]\n")
	p.wants(`count(up{job="cielo24"} == 1)`, "2")
	p.wants(`sum(cielo24_jobs{source="config"})`, "12")
	p.wants(`max(count by (job_id) (cielo24_job_up))`, "1")
	p.wants(`count(count by (instance) (cielo24_job_up)) == 2 and sum(cielo24_jobs) == count(cielo24_job_up) and sum(cielo24_jobs) > bool 30`, "2")
}

func TestTwoPrometheusServersCostOneCallAJob(t *testing.T) {
	base, configuration := startSimulate(t)
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	write(t, file, configuration("    min_interval: 5s\n"))
	exporter := start(t, program, "--config.file="+file, "--web.listen-address=127.0.0.1:0")
	target := exporter.says(`msg="Listening on" address=(\S+)`)
	scrape := "global: {scrape_interval: 10s, scrape_timeout: 5s}\nscrape_configs: [{job_name: cielo24, static_configs: [{targets: [" +
		strconv.Quote(target) + "]}]}]\n"
	one, two := startPrometheus(t, scrape), startPrometheus(t, scrape)
	for _, p := range []*prometheus{one, two} {
		p.wants(`count(cielo24_job_up == 1)`, "12")
	}
	scrapes := value(t, get(t, "http://"+target+"/metrics"), `promhttp_metric_handler_requests_total{code="200"}`)
	calls := regexp.MustCompile(`"job_info": *(\d+)`).FindStringSubmatch(get(t, base+"/_simulator/calls"))
	if calls == nil || scrapes < 2 {
		t.Fatalf("%v calls, %v scrapes", calls, scrapes)
	}
	if n, err := strconv.Atoi(calls[1]); err != nil || n%12 != 0 || float64(n)/12 >= scrapes {
		t.Errorf("%d calls for 12 jobs and %v scrapes", n, scrapes)
	}
}

// value returns the value of a series.
func value(t *testing.T, text, series string) float64 {
	t.Helper()
	match := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\S+)$`).FindStringSubmatch(text)
	if match == nil {
		return 0
	}
	v, err := strconv.ParseFloat(match[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTwoHundredScrapesLeaveNothingBehind(t *testing.T) {
	exporter, url, _, _ := startServe(t, "")
	held := func() (goroutines, descriptors float64, sockets int) {
		text := get(t, url+"/metrics")
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", exporter.cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			target, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", exporter.cmd.Process.Pid, entry.Name()))
			if strings.HasPrefix(target, "socket:") {
				sockets++
			}
		}
		return value(t, text, "go_goroutines"), value(t, text, "process_open_fds"), sockets
	}
	for range 50 { // until there are as many connections to the API as are ever wanted
		get(t, url+"/metrics")
	}
	goroutines, descriptors, sockets := held()
	for range 200 {
		get(t, url+"/metrics")
	}
	// Each connection of the API client has two goroutines; one more or less may be open at any moment.
	goroutinesNow, descriptorsNow, socketsNow := held()
	if goroutinesNow > goroutines+6 || descriptorsNow > descriptors+3 || socketsNow > sockets+3 {
		t.Errorf("goroutines %v → %v, descriptors %v → %v, sockets %v → %v", goroutines, goroutinesNow, descriptors, descriptorsNow, sockets, socketsNow)
	}
	if socketsNow > 20 {
		t.Errorf("%d sockets after 200 scrapes of 12 jobs: connections are not reused", socketsNow)
	}
}
