package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"cielo24_exporter/simulator"

	"golang.org/x/crypto/bcrypt"
)

const documentedID = "d4fb871e07514304b23131b45f8caa1f"

// configuration is an account that watches ids; settings are further lines.
func configuration(base string, ids []string, settings ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "accounts:\n  - name: a\n    base_url: %s\n", base)
	for _, line := range settings {
		fmt.Fprintf(&b, "    %s\n", line)
	}
	fmt.Fprintf(&b, "    jobs: [%s]\n", strings.Join(ids, ", "))
	return b.String()
}

func TestEveryLogLineBeginsWithLevelAndTimeAndHasThemOnce(t *testing.T) {
	_, base := simulateFor(t)
	exporter, _ := serveWith(t, configuration(base, []string{documentedID}, "api_token: "+simulator.DemoToken))
	get(t, http.MethodGet, exporter.address()+"/metrics")
	exporter.stop()
	line := regexp.MustCompile(`^level=(debug|info|warn|error) ts=\S+Z( [a-z0-9_]+=("([^"\\]|\\.)*"|\S+))+$`)
	lines := strings.Split(strings.TrimSpace(exporter.stderr.String()), "\n")
	if len(lines) < 3 {
		t.Errorf("only %q", lines)
	}
	for _, l := range lines {
		if !line.MatchString(l) || strings.Count(l, "level=") != 1 || strings.Count(l, " ts=") != 1 || strings.Count(l, " msg=") != 1 {
			t.Errorf("%s", l)
		}
	}
}

func TestOneAccountATokenFileAndThreeIDsShowAllMetricsOfTheContract(t *testing.T) {
	_, base := simulateFor(t)
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	writeFile(t, filepath.Join(filepath.Dir(file), "cielo24.token"), simulator.DemoToken+"\n")
	writeFile(t, file, configuration(base, []string{documentedID, simulator.DemoJobs(time.Now(), 1)[0].ID, simulator.DemoUnknownJobID},
		"timezone: America/Los_Angeles", "api_token_file: cielo24.token"))
	exporter := serveFile(t, file)
	before := time.Now()
	status, text := get(t, http.MethodGet, exporter.address()+"/metrics")
	after := time.Now()
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, text)
	}
	for _, metric := range []string{
		"cielo24_up", "cielo24_job_up", "cielo24_job_status", "cielo24_job_media_length_seconds",
		"cielo24_job_time_until_due_seconds", "cielo24_job_created_timestamp_seconds",
		"cielo24_job_authorized_timestamp_seconds", "cielo24_job_started_timestamp_seconds",
		"cielo24_job_due_timestamp_seconds", "cielo24_job_completed_timestamp_seconds",
		"cielo24_job_returned_timestamp_seconds", "cielo24_job_info", "cielo24_job_last_success_timestamp_seconds",
		"cielo24_job_error", "cielo24_jobs", "cielo24_api_requests_total", "cielo24_api_errors_total",
		"cielo24_api_failures_total", "cielo24_api_request_duration_seconds", "cielo24_refresh_duration_seconds",
		"cielo24_refresh_timestamp_seconds", "cielo24_date_offset_suspect", "cielo24_exporter_build_info",
		"cielo24_exporter_config_last_reload_successful", "cielo24_exporter_config_last_reload_success_timestamp_seconds",
		"go_goroutines", "process_open_fds", "promhttp_metric_handler_requests_total",
	} {
		if !strings.Contains(text, "\n# TYPE "+metric+" ") {
			t.Errorf("missing: %s", metric)
		}
	}
	series := func(metric string) string { return metric + `{account="a",job_id="` + documentedID + `"} ` }
	wantLines(t, text,
		`cielo24_job_status{account="a",job_id="`+documentedID+`",status="Complete"} 1`,
		series("cielo24_job_media_length_seconds")+"607.81",
		series("cielo24_job_due_timestamp_seconds")+"1.409346006472706e+09",
		`cielo24_job_error{account="a",job_id="`+simulator.DemoUnknownJobID+`",reason="ITEM_NOT_FOUND"} 1`)
	if got := strings.Count(text, `cielo24_job_status{account="a",job_id="`+documentedID); got != 7 {
		t.Errorf("%d statuses", got)
	}
	left, err := strconv.ParseFloat(regexp.MustCompile(regexp.QuoteMeta(series("cielo24_job_time_until_due_seconds")) + `(\S+)`).FindStringSubmatch(text)[1], 64)
	const due = 1409346006.472706
	if now := due - left; err != nil || now < float64(before.UnixMicro())/1e6-1e-5 || now > float64(after.UnixMicro())/1e6+1e-5 {
		t.Errorf("time until due is %f, due minus now is %f", left, due-float64(before.Unix()))
	}
}

func TestOneHangingAndOneGarbageJobCostNoOtherAndTheScrapeEndsInTime(t *testing.T) {
	_, base := simulateFor(t, "--simulator.jobs=20")
	ids := regexp.MustCompile(`[0-9a-f]{32}`).FindAllString(fleet(20), -1)
	put(t, http.MethodPut, base+"/_simulator/faults?job_id="+ids[0], `{"hang": true}`)
	put(t, http.MethodPut, base+"/_simulator/faults?job_id="+ids[1], `{"status": 200, "body": "\u0000 garbage"}`)
	exporter, _ := serveWith(t, configuration(base, ids, "api_token: "+simulator.DemoToken))
	began := time.Now()
	_, text := get(t, http.MethodGet, exporter.address()+"/metrics", "X-Prometheus-Scrape-Timeout-Seconds", "3")
	if took := time.Since(began); took >= 3*time.Second {
		t.Errorf("the scrape took %s", took)
	}
	for _, id := range ids[2:] {
		wantLines(t, text, `cielo24_job_up{account="a",job_id="`+id+`"} 1`)
	}
	wantLines(t, text, `cielo24_job_error{account="a",job_id="`+ids[1]+`",reason="invalid_body"} 1`)
}

// fleet lists the IDs of the simulated fleet.
func fleet(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(simulator.FleetID(i) + "\n")
	}
	return b.String()
}

func TestTheSecretsAppearNowhere(t *testing.T) {
	for name, credentials := range map[string][2]string{
		"token": {"api_token: " + simulator.DemoToken, simulator.DemoToken},
		"login": {"login: {username: " + simulator.DemoUsername + ", securekey: " + simulator.DemoSecureKey + "}", simulator.DemoSecureKey},
	} {
		t.Run(name, func(t *testing.T) {
			_, base := simulateFor(t)
			ids := []string{documentedID, simulator.DemoUnknownJobID}
			text := configuration(base, ids, credentials[0])
			exporter, file := serveWith(t, text, "--web.enable-lifecycle", "--web.enable-pprof")
			url := exporter.address()
			var seen strings.Builder
			visit := func(method, path string) {
				status, body := get(t, method, url+path)
				fmt.Fprintf(&seen, "%s %s: %d\n%s\n", method, path, status, body)
			}
			pages := func() {
				for _, path := range []string{
					"/", "/metrics", "/-/healthy", "/-/ready", "/nothing", "/debug/pprof/",
					"/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2",
					"/sd", "/probe?account=a&job_id=" + documentedID, "/probe?account=a&debug=true&job_id=" + documentedID,
				} {
					visit(http.MethodGet, path)
				}
			}
			pages() // a session is begun
			for _, fault := range []string{
				`"status": 200, "body": "{\"JobId\":\"` + credentials[1] + `\",\"JobName\":\"` + credentials[1] + `\"}"}`,
				`"status": 400, "body": "{\"ErrorType\":\"X` + credentials[1] + `\",\"ErrorComment\":\"bad token ` + credentials[1] + `\"}"}`,
				`"break": "reset"}`, `"raw": "` + credentials[1] + `\r\n\r\n"}`,
				`"status": 302, "header": {"Location": ["http://` + credentials[1] + `.example/` + credentials[1] + `"]}}`,
			} {
				put(t, http.MethodPut, base+"/_simulator/faults", `{"endpoint": "job_info", `+fault)
				pages()
			}
			put(t, http.MethodDelete, base+"/_simulator/faults", "")
			put(t, http.MethodPut, base+"/_simulator/faults", `{"endpoint": "login", "status": 400, `+
				`"body": "{\"ErrorType\":\"LOGIN_INVALID\",\"ErrorComment\":\"wrong key `+credentials[1]+`\"}"}`)
			put(t, http.MethodPost, base+"/_simulator/expire", "")
			pages()
			writeFile(t, file, strings.Replace(text, "jobs:", "jabs:", 1))
			visit(http.MethodPost, "/-/reload")
			writeFile(t, file, strings.Replace(text, credentials[1], "["+credentials[1]+"]", 1))
			visit(http.MethodPost, "/-/reload")
			exporter.stop()
			for where, text := range map[string]string{"pages": seen.String(), "logs": exporter.stderr.String(), "output": exporter.stdout.String()} {
				if i := strings.Index(text, credentials[1]); i >= 0 {
					t.Errorf("a secret is in the %s: …%s", where, text[max(0, i-300):i+40])
				}
			}
			if !strings.Contains(seen.String(), "&lt;secret&gt;") {
				t.Error("the echoed secret was not even tried")
			}
		})
	}
}

func TestReloadBySignalAndByRequest(t *testing.T) {
	_, base := simulateFor(t)
	text := configuration(base, []string{documentedID}, "api_token: "+simulator.DemoToken)
	exporter, file := serveWith(t, text, "--web.enable-lifecycle")
	url := exporter.address()
	has := func(want string) bool {
		_, metrics := get(t, http.MethodGet, url+"/metrics")
		return strings.Contains(metrics, "\n"+want+"\n")
	}
	if !has(`cielo24_jobs{account="a",source="config"} 1`) || !has("cielo24_exporter_config_last_reload_successful 1") {
		t.Fatal("not as configured")
	}
	writeFile(t, file, strings.Replace(text, "name: a", "name: b", 1))
	if status, body := get(t, http.MethodPost, url+"/-/reload"); status != 200 || body != "Configuration reloaded.\n" {
		t.Errorf("%d %s", status, body)
	}
	if !has(`cielo24_jobs{account="b",source="config"} 1`) || has(`cielo24_jobs{account="a",source="config"} 1`) {
		t.Error("the new configuration is not loaded")
	}
	writeFile(t, file, "accounts: [{name: c, jbos: []}]\n")
	status, body := get(t, http.MethodPut, url+"/-/reload")
	if status != 500 || !strings.HasPrefix(body, "Config reload failed, keeping the previous one:\n") || !strings.Contains(body, "cielo24.yml:1: accounts[0].jbos: ") {
		t.Errorf("%d %s", status, body)
	}
	if !has(`cielo24_jobs{account="b",source="config"} 1`) || !has("cielo24_exporter_config_last_reload_successful 0") {
		t.Error("a broken configuration is loaded")
	}
	writeFile(t, file, text)
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	exporter.stderr.wait(t, `(?s)(config loaded.*){3}`)
	if !has(`cielo24_jobs{account="a",source="config"} 1`) || !has("cielo24_exporter_config_last_reload_successful 1") {
		t.Error("SIGHUP did not reload")
	}
}

func TestOnlyWhatWasAskedForIsServed(t *testing.T) {
	_, base := simulateFor(t)
	exporter, _ := serveWith(t, configuration(base, nil, "api_token: x"), "--web.telemetry-path=/m")
	url := exporter.address()
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 200},
		{"HEAD", "/", 200},
		{"GET", "/m", 200},
		{"HEAD", "/m", 200},
		{"GET", "/-/healthy", 200},
		{"GET", "/-/ready", 200},
		{"GET", "/metrics", 404},
		{"GET", "/m/", 404},
		{"GET", "/-/", 404},
		{"POST", "/-/reload", 404},
		{"GET", "/debug/pprof/", 404},
		{"GET", "/favicon.ico", 404},
		{"POST", "/", 405},
		{"POST", "/m", 405},
		{"DELETE", "/-/healthy", 405},
	} {
		if status, body := get(t, test.method, url+test.path); status != test.status {
			t.Errorf("%s %s: %d %s", test.method, test.path, status, body)
		}
	}
	if got := exporter.stop(); got != 0 {
		t.Errorf("exit code %d", got)
	}
}

func TestTLSAndBasicAuthenticationOnSeveralAddresses(t *testing.T) {
	_, base := simulateFor(t)
	dir := t.TempDir()
	certificate(t, dir)
	hash, err := bcrypt.GenerateFromPassword([]byte("open sesame"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "web.yml"),
		"tls_server_config: {cert_file: cert.pem, key_file: key.pem}\nbasic_auth_users: {prometheus: "+string(hash)+"}\n")
	exporter, _ := serveWith(t, configuration(base, nil, "api_token: x"),
		"--web.listen-address=127.0.0.1:0", "--web.config.file="+filepath.Join(dir, "web.yml"))
	exporter.address()
	addresses := regexp.MustCompile(`msg="Listening on" address=(\S+)`)
	exporter.stderr.wait(t, `(?s)TLS is enabled.*TLS is enabled`)
	found := addresses.FindAllStringSubmatch(exporter.stderr.String(), -1)
	if len(found) != 2 {
		t.Fatalf("%d addresses", len(found))
	}
	for _, address := range found {
		if status, _ := get(t, http.MethodGet, "http://"+address[1]+"/metrics"); status != http.StatusBadRequest {
			t.Errorf("plain HTTP: %d", status)
		}
		for password, want := range map[string]int{"open sesame": http.StatusOK, "guess": http.StatusUnauthorized} {
			if got := getTLS(t, "https://"+address[1]+"/metrics", password); got != want {
				t.Errorf("password %q: %d", password, got)
			}
		}
	}
}

// getTLS asks for a page with a password, whatever the certificate, and returns the status.
func getTLS(t *testing.T, url, password string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("prometheus", password)
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// certificate writes a self-signed one.
func certificate(t *testing.T, dir string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "cert.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	writeFile(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})))
}

func TestTheDemoNeedsNothingAndSaysWhereToLook(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none")) // not even a place to write to
	demo := start(t, "demo", "--web.listen-address=127.0.0.1:0", "--simulator.listen-address=127.0.0.1:0")
	page := demo.stdout.wait(t, `Status page +(\S+)`)
	demo.address()
	_, html := get(t, http.MethodGet, page)
	if !strings.Contains(html, "overdue") || !strings.Contains(html, "Media Failure") {
		t.Error(html)
	}
	_, text := get(t, http.MethodGet, page+"metrics")
	for _, status := range []string{"Authorizing", "Pending", "In Process", "Reviewing", "Complete", "Media Failure"} {
		if !regexp.MustCompile(`status="` + status + `"} 1`).MatchString(text) {
			t.Errorf("no job is in %s", status)
		}
	}
	if !strings.Contains(text, `reason="ITEM_NOT_FOUND"} 1`) || !regexp.MustCompile(`cielo24_job_time_until_due_seconds\S+ -`).MatchString(text) {
		t.Error("no unknown job, or none that is overdue")
	}
	wantLines(t, text, `cielo24_up{account="demo"} 1`, `cielo24_date_offset_suspect{account="demo"} 0`,
		`cielo24_session_logins_total{account="demo",result="success"} 1`)
	if code := demo.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
