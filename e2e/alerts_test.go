package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"cielo24_exporter/simulator"
)

// The jobs of the story, all of account media-services but the last.
const (
	jobLate    = "a0000000000000000000000000000001"
	jobBroken  = "a0000000000000000000000000000002"
	jobDone    = "a0000000000000000000000000000003" // complete, after its due date
	jobInTime  = "a0000000000000000000000000000004"
	jobOfOther = "b0000000000000000000000000000001" // of account broadcast
)

// watch is everything from the simulated API to the people: exporter, Prometheus, Alertmanager, all of them real, with
// the configurations of examples/.
type watch struct {
	t            *testing.T
	api          string
	exporter     *process
	config       string
	alertmanager string
	inbox        *inbox
}

// newWatch starts the simulated API, without jobs.
func newWatch(t *testing.T) *watch {
	t.Helper()
	w := &watch{t: t, inbox: newInbox(t)}
	w.api = start(t, program, "simulate", "--simulator.listen-address=127.0.0.1:0", "--simulator.speed=1").says(`base_url: (\S+)`)
	return w
}

// put makes the API say so of a job.
func (w *watch) put(id, name, status string, due time.Duration) {
	w.t.Helper()
	body, err := json.Marshal(simulator.Job{
		ID: id, Name: name, Username: simulator.DemoUsername, Difficulty: "Good", SourceLanguage: "en", TargetLanguage: "en",
		Created: time.Now().Add(-24 * time.Hour), Due: time.Now().Add(due), Life: []simulator.Stage{{Status: status}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPut, w.api+"/_simulator/jobs", bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusNoContent {
		w.t.Fatal(resp.Status)
	}
}

// way starts a way to the API, and returns its URL. A call for which fault returns a status gets that with the body.
func (w *watch) way(fault func(*http.Request) (status int, body string)) string {
	w.t.Helper()
	target, err := url.Parse(w.api)
	if err != nil {
		w.t.Fatal(err)
	}
	onward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	way := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		status, body := fault(r)
		if status == 0 {
			onward.ServeHTTP(rw, r)
			return
		}
		rw.WriteHeader(status)
		_, _ = rw.Write([]byte(body))
	}))
	w.t.Cleanup(way.Close)
	return way.URL
}

// account is one of the configuration; further holds its other keys.
func account(name, base, further string) string {
	return fmt.Sprintf("  - {name: %s, base_url: %s, timezone: America/Los_Angeles, api_token: %s, %s}\n", name, base, simulator.DemoToken, further)
}

// startAll starts the exporter, Alertmanager and Prometheus, and waits until the jobs are watched.
func (w *watch) startAll(accounts string, rules *strings.Replacer, jobs ...string) {
	w.t.Helper()
	w.config = w.write("cielo24.yml", "accounts:\n"+accounts)
	w.exporter = start(w.t, program, "--config.file="+w.config, "--web.listen-address=127.0.0.1:0")
	w.exporter.says(`msg="Listening on" address=(\S+)`)
	w.startAlertmanager()
	w.startPrometheus(rules).wants(`count(cielo24_job_up{job_id=~"`+strings.Join(jobs, "|")+`"})`, strconv.Itoa(len(jobs)))
}

// startAlertmanager starts Alertmanager with the example, whose waiting times are cut to seconds and whose receivers are
// the inbox, twice: as a webhook, and as a chat with the example's texts.
func (w *watch) startAlertmanager() {
	w.t.Helper()
	text := w.example("alertmanager/alertmanager.yml")
	text = regexp.MustCompile(`(group_wait|group_interval): \S+`).ReplaceAllString(text, "$1: 1s")
	text = regexp.MustCompile(`(?m)^ +webhook_configs:\n +- url: http://localhost:9099/(\S+)$`).ReplaceAllString(text,
		`    webhook_configs: [{url: '`+w.inbox.url+`/$1'}]
    slack_configs:
      - api_url: `+w.inbox.url+`/chat/$1
        channel: '#captions'
        send_resolved: true
        title: '{{ template "cielo24.title" . }}'
        text: '{{ template "cielo24.text" . }}'`)
	if n := strings.Count(text, w.inbox.url); n != 8 {
		w.t.Fatalf("the example has %d places for a receiver, want 4 twice:\n%s", n, text)
	}
	w.write("cielo24.tmpl", w.example("alertmanager/cielo24.tmpl"))
	file, address := w.write("alertmanager.yml", text), freePort(w.t)
	start(w.t, tool(w.t, "alertmanager"), "--config.file="+file, "--storage.path="+w.t.TempDir(),
		"--web.listen-address="+address, "--cluster.listen-address=")
	w.alertmanager = "http://" + address
}

// startPrometheus starts Prometheus with the examples. Of the rules nothing changes but how often they are looked at, and
// how long an alert has to last before it is one. What takes more than ten minutes is left to the test: were it cut to a
// second, too, a job of an API that is gone would be said to fail before anybody could know that the API is gone.
func (w *watch) startPrometheus(further *strings.Replacer) *prometheus {
	w.t.Helper()
	rules := regexp.MustCompile(`(?m)^( +(?:keep_firing_)?for:) (?:\d|10)m$`).ReplaceAllString(w.example("prometheus/rules/cielo24.rules.yml"), "$1 1s")
	configuration := strings.NewReplacer(
		"localhost:10059", w.exporter.says(`address=(\S+)`), "localhost:9093", strings.TrimPrefix(w.alertmanager, "http://"),
		"scrape_interval: 1m", "scrape_interval: 1s\n  evaluation_interval: 1s", "scrape_timeout: 30s", "scrape_timeout: 1s",
		"rules/*.rules.yml", w.write("cielo24.rules.yml", further.Replace(rules)),
	).Replace(w.example("prometheus/prometheus.yml"))
	return startPrometheus(w.t, configuration)
}

func (w *watch) example(file string) string {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "examples", filepath.FromSlash(file)))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// write writes a file into a folder of its own with those written before, and returns its name.
func (w *watch) write(name, text string) string {
	w.t.Helper()
	file := filepath.Join(filepath.Dir(w.config), name)
	if w.config == "" {
		file = filepath.Join(w.t.TempDir(), name)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return file
}

// suppressed waits until Alertmanager holds the alert back because of another.
func (w *watch) suppressed(name, job string) {
	w.t.Helper()
	eventually(w.t, name+" suppressed", func() error {
		body, err := fetch(w.t.Context(), w.alertmanager+"/api/v2/alerts")
		if err != nil {
			return err
		}
		var alerts []struct {
			Labels map[string]string
			Status struct{ InhibitedBy []string }
		}
		if err := json.Unmarshal([]byte(body), &alerts); err != nil {
			return err
		}
		for _, a := range alerts {
			if a.Labels["alertname"] == name && a.Labels["job_id"] == job && len(a.Status.InhibitedBy) > 0 {
				return nil
			}
		}
		return errors.New(body)
	})
}

func TestAlerts_ReachPeopleAndResolve(t *testing.T) {
	w := newWatch(t)
	w.put(jobLate, "HIST220 Lecture 03 – The Silk Road", "In Process", time.Hour)
	w.put(jobBroken, "MUS130 Recital – corrupted upload", "In Process", 48*time.Hour)
	w.put(jobDone, "MATH241 Lecture 02 – Eigenvalues", "Complete", -time.Hour)
	w.put(jobInTime, "CS161 Lecture 14 – Dynamic Programming", "In Process", 72*time.Hour)
	w.put(jobOfOther, "Evening news", "In Process", time.Hour)
	var broken atomic.Bool // the way of media-services to the API
	way := w.way(func(*http.Request) (int, string) {
		if broken.Load() {
			return http.StatusServiceUnavailable, ""
		}
		return 0, ""
	})
	jobs := []string{jobLate, jobBroken, jobDone, jobInTime}
	accounts := account("media-services", way, "jobs: ["+strings.Join(jobs, ", ")+"]") + account("broadcast", w.api, "jobs: ["+jobOfOther+"]")
	w.startAll(accounts, strings.NewReplacer(), append(jobs, jobOfOther)...)

	// A job becomes overdue.
	w.put(jobLate, "HIST220 Lecture 03 – The Silk Road", "In Process", -time.Minute)
	late := w.inbox.wants("firing", "media-services-urgent", "Cielo24JobOverdue", jobLate)
	text := regexp.MustCompile(`^Job ` + jobLate + ` "HIST220 Lecture 03 – The Silk Road" of media-services has been overdue for 1m \d+s\. ` +
		`Its status is In Process\. If it is waiting for you, authorize or review it now; otherwise ask cielo24 when it will be done\.$`)
	if !text.MatchString(late.Annotations["description"]) || late.Labels["severity"] != "critical" {
		t.Errorf("got %+v, want it critical, and the description to match %s", late, text)
	}
	said := w.inbox.reads("media-services-urgent", `Urgent: "HIST220 Lecture 03 – The Silk Road" is overdue`, "What to do: docs/runbook.md#cielo24joboverdue")
	t.Logf("%s\n%s", said.Title, said.Text)

	// The media of another turns out to be broken.
	w.put(jobBroken, "MUS130 Recital – corrupted upload", "Media Failure", 48*time.Hour)
	failed := w.inbox.wants("firing", "media-services-urgent", "Cielo24JobMediaFailure", jobBroken)
	if want := `Job ` + jobBroken + ` "MUS130 Recital – corrupted upload" of media-services has failed: cielo24 cannot use its media ` +
		`and has stopped working on it. Correct the media and order the job again.`; failed.Annotations["description"] != want {
		t.Errorf("got %+v, want the description %s", failed, want)
	}

	// Nothing is known of the account any more: one alert says so, and its jobs are quiet. The other account is not
	// concerned.
	broken.Store(true)
	w.inbox.wants("firing", "team-urgent", "Cielo24APIDown", "")
	w.suppressed("Cielo24JobOverdue", jobLate)
	w.suppressed("Cielo24JobMediaFailure", jobBroken)
	w.put(jobOfOther, "Evening news", "In Process", -time.Hour)
	w.inbox.wants("firing", "team-urgent", "Cielo24JobOverdue", jobOfOther)

	// The API is back, and everything is mended.
	broken.Store(false)
	w.inbox.wants("resolved", "team-urgent", "Cielo24APIDown", "")
	w.put(jobLate, "HIST220 Lecture 03 – The Silk Road", "Complete", -time.Minute)
	w.put(jobBroken, "MUS130 Recital – corrupted upload", "Pending", 48*time.Hour)
	w.inbox.wants("resolved", "media-services-urgent", "Cielo24JobOverdue", jobLate)
	w.inbox.wants("resolved", "media-services-urgent", "Cielo24JobMediaFailure", jobBroken)
	w.inbox.reads("media-services-urgent", "Resolved: ", `"HIST220 Lecture 03 – The Silk Road" is overdue`)

	// The exporter itself.
	w.write("cielo24.yml", "accounts: none\n")
	w.exporter.signal(syscall.SIGHUP)
	w.inbox.wants("firing", "team", "Cielo24ConfigReloadFailed", "")
	w.exporter.signal(syscall.SIGTERM)
	w.inbox.wants("firing", "team-urgent", "Cielo24ExporterDown", "")

	for _, job := range []string{jobDone, jobInTime} {
		if heard := w.inbox.heardOf(job); len(heard) > 0 {
			t.Errorf("heard %v of %s, want nothing", heard, job)
		}
	}
}
