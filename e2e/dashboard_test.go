package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/e2e/grafana"
)

// watchDemo starts the demo and a Prometheus that scrapes it every second and applies the rules of examples/.
func watchDemo(t *testing.T) *prometheus {
	t.Helper()
	_, exporter := startDemo(t)
	return watchExporters(t, exporter)
}

// watchExporters starts a Prometheus that scrapes the exporters every second and applies the rules of examples/.
func watchExporters(t *testing.T, exporters ...string) *prometheus {
	t.Helper()
	example, err := os.ReadFile("../examples/prometheus/prometheus.yml")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := filepath.Abs("../examples/prometheus/rules")
	if err != nil {
		t.Fatal(err)
	}
	return startPrometheus(t, strings.NewReplacer(
		`"localhost:10059"`, strings.ReplaceAll(strings.Join(exporters, ","), "http://", ""), "rules/", rules+"/",
		"scrape_interval: 1m", "scrape_interval: 1s\n  evaluation_interval: 1s", "scrape_timeout: 30s", "scrape_timeout: 1s",
	).Replace(string(example)))
}

// unknownJob is no job of the simulated API.
const unknownJob = "00000000000000000000000000000404"

// watchTwice starts the simulated API and two exporters with the same configuration, which one Prometheus scrapes.
// Account a watches 12 jobs of the API and one that does not exist, account b only one that does not exist.
func watchTwice(t *testing.T) *prometheus {
	t.Helper()
	_, configuration := startSimulate(t)
	text := configuration("")
	head, _, _ := strings.Cut(strings.Replace(text, "accounts:\n", "", 1), "    jobs:\n")
	text += fmt.Sprintf("      - %q\n", unknownJob) +
		strings.Replace(head, "name: a", "name: b", 1) + fmt.Sprintf("    jobs:\n      - %q\n", unknownJob)
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	write(t, file, text)
	var exporters []string
	for range 2 {
		exporter := start(t, program, "--config.file="+file, "--web.listen-address=127.0.0.1:0")
		exporters = append(exporters, exporter.says(`msg="Listening on" address=(\S+)`))
	}
	p := watchExporters(t, exporters...)
	p.wants(`count(cielo24_up)`, "4")
	p.wants(`count(account_job_id:cielo24_job_info:last{job_name!=""})`, "12")
	p.wants(`sum(account:cielo24_jobs_failed:count) > bool 0`, "1")
	return p
}

// sample is a series of an instant query's answer.
type sample struct {
	Metric map[string]string `json:"metric"`
	Value  [2]any            `json:"value"`
}

// number is the sample's value.
func (s *sample) number() float64 {
	v, err := strconv.ParseFloat(fmt.Sprint(s.Value[1]), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// key names the sample's job.
func (s *sample) key() string { return s.Metric["account"] + "/" + s.Metric["job_id"] }

// at asks an instant query for one moment and returns the answer, also as Prometheus wrote it.
func (p *prometheus) at(moment time.Time, promql string) (samples []sample, result json.RawMessage, err error) {
	body, err := fetch(p.t.Context(), p.url+"/api/v1/query?"+url.Values{
		"query": {promql}, "time": {fmt.Sprintf("%.3f", float64(moment.UnixMilli())/1000)},
	}.Encode())
	if err != nil {
		return nil, nil, err
	}
	var answer struct {
		Data struct{ Result json.RawMessage }
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return nil, nil, err
	}
	err = json.Unmarshal(answer.Data.Result, &samples)
	return samples, answer.Data.Result, err
}

// job is what the exporters say of a job.
type job struct {
	name, status string
	left         float64 // seconds until due, NaN for none
}

// jobs returns all watched jobs by their keys, from the exporters' own metrics.
func (p *prometheus) jobs(moment time.Time) (map[string]*job, error) {
	jobs := map[string]*job{}
	for promql, put := range map[string]func(*job, *sample){
		`cielo24_job_up`:                       func(*job, *sample) {},
		`cielo24_job_info`:                     func(j *job, s *sample) { j.name = s.Metric["job_name"] },
		`cielo24_job_status == 1`:              func(j *job, s *sample) { j.status = s.Metric["status"] },
		`cielo24_job_time_until_due_seconds`:   func(j *job, s *sample) { j.left = s.number() },
		`cielo24_job_error{reason!="pending"}`: func(j *job, _ *sample) { j.status = "rejected" },
	} {
		samples, _, err := p.at(moment, promql)
		if err != nil {
			return nil, err
		}
		for _, s := range samples {
			if jobs[s.key()] == nil {
				jobs[s.key()] = &job{left: math.NaN()}
			}
			put(jobs[s.key()], &s)
		}
	}
	return jobs, nil
}

// hasData waits until the query returns something.
func (p *prometheus) hasData(where, promql string) {
	p.t.Helper()
	eventually(p.t, where+": "+promql, func() error {
		values, err := p.query(promql)
		if err == nil && len(values) == 0 {
			err = errors.New("no data")
		}
		return err
	})
}

func TestEveryRuleAndEveryPanelHasDataInTheDemo(t *testing.T) {
	dashboard, err := grafana.Load("../examples/grafana/dashboards/cielo24.json")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := os.ReadFile("../examples/prometheus/rules/cielo24.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	p := watchDemo(t)
	records := regexp.MustCompile(`- record: (\S+)`).FindAllStringSubmatch(string(rules), -1)
	if len(records) < 10 {
		t.Fatalf("%d recording rules", len(records))
	}
	for _, record := range records {
		p.hasData("recording rule", record[1])
	}
	for _, query := range dashboard.Queries(1) {
		if strings.HasPrefix(query.Where, "annotation") {
			continue // an alert has to last for minutes; that it comes is another test's business
		}
		p.hasData(query.Where, query.Expr)
	}
}
