package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cielo24_exporter/simulator"
)

const loginLines = "login: {username: " + simulator.DemoUsername + ", securekey: " + simulator.DemoSecureKey + "}"

func TestASessionThatExpiresCostsNoScrapeAndOneLogin(t *testing.T) {
	_, base := simulateFor(t, "--simulator.jobs=50")
	exporter, _ := serveWith(t, configuration(base, strings.Fields(fleet(50)), loginLines), "--web.max-requests=0")
	url := exporter.address() + "/metrics"
	logins := func(text string) float64 {
		return value(text, `cielo24_session_logins_total{account="a",result="success"}`)
	}
	_, text := get(t, http.MethodGet, url)
	if got := logins(text); got != 1 {
		t.Fatalf("%v logins at first", got)
	}
	put(t, http.MethodPost, base+"/_simulator/expire", "")
	var scrapes sync.WaitGroup
	for range 50 {
		scrapes.Go(func() {
			_, text := get(t, http.MethodGet, url)
			if got := strings.Count(text, "\ncielo24_job_up{"); got != 50 || strings.Contains(text, "\ncielo24_job_error{") {
				t.Errorf("%d jobs", got)
			}
		})
	}
	scrapes.Wait()
	_, text = get(t, http.MethodGet, url)
	if got := logins(text); got != 2 {
		t.Errorf("%v logins after 50 scrapes of an expired session, want one more", got)
	}
}

func TestARefusedLoginIsVisibleEverywhereAndNotRepeatedMuch(t *testing.T) {
	_, base := simulateFor(t)
	exporter, _ := serveWith(t, configuration(base, []string{documentedID}, strings.Replace(loginLines, simulator.DemoSecureKey, "wrong", 1)))
	url := exporter.address()
	var text string
	for range 200 {
		_, text = get(t, http.MethodGet, url+"/metrics")
	}
	wantLines(t, text, `cielo24_up{account="a"} 0`, `cielo24_account_error{account="a",reason="LOGIN_INVALID"} 1`,
		`cielo24_session_logins_total{account="a",result="refused"} 1`,
		`cielo24_api_errors_total{account="a",endpoint="login",error_type="LOGIN_INVALID"} 1`)
	if _, page := get(t, http.MethodGet, url+"/"); !strings.Contains(page, "login: LOGIN_INVALID") {
		t.Errorf("not on the page:\n%s", page)
	}
	if logged := exporter.stderr.String(); strings.Count(logged, "LOGIN_INVALID") != 2 || strings.Count(logged, "API not usable") != 1 {
		t.Errorf("logged:\n%s", logged)
	}
}

func TestTheExporterServesBeforeTheAPIIsThereAndAfterItHasRestarted(t *testing.T) {
	reserved, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := reserved.Addr().String()
	_ = reserved.Close()
	exporter, _ := serveWith(t, configuration("http://"+address, []string{documentedID}, loginLines))
	url := exporter.address() + "/metrics"
	_, text := get(t, http.MethodGet, url)
	wantLines(t, text, `cielo24_up{account="a"} 0`, `cielo24_account_error{account="a",reason="connection"} 1`)

	for range 3 { // killed and restarted; its sessions are gone with it
		api := start(t, "simulate", "--simulator.listen-address="+address)
		api.stdout.wait(t, "base_url")
		within(t, 3*time.Second, func() error { // the back-off after a login that found nobody
			_, text := get(t, http.MethodGet, url)
			if !strings.Contains(text, fmt.Sprintf("\ncielo24_job_up{account=%q,job_id=%q} 1\n", "a", documentedID)) {
				return fmt.Errorf("not back:\n%s", family(text, "cielo24_"))
			}
			return nil
		})
		api.stop()
		_, text := get(t, http.MethodGet, url)
		wantLines(t, text, `cielo24_up{account="a"} 0`, fmt.Sprintf("cielo24_job_up{account=%q,job_id=%q} 0", "a", documentedID))
		if !strings.Contains(text, "\ncielo24_job_status{") {
			t.Error("the last values are gone")
		}
	}
}

// within repeats check until it returns nil, for at most d of real time: what it waits for is another program.
func within(t *testing.T, d time.Duration, check func() error) {
	t.Helper()
	deadline := time.After(d * 5) // the machines are slow at times
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal(err)
		}
	}
}

// TestOneJobInAHundredThatHangsDelaysNoOther is a tenth of what docs/performance.md describes at full size.
func TestOneJobInAHundredThatHangsDelaysNoOther(t *testing.T) {
	const n = 1000
	_, base := simulateFor(t, fmt.Sprintf("--simulator.jobs=%d", n))
	ids := strings.Fields(fleet(n))
	for i := 0; i < n; i += 100 {
		put(t, http.MethodPut, base+"/_simulator/faults?job_id="+ids[i], `{"hang": true}`)
	}
	exporter, _ := serveWith(t, configuration(base, ids, "api_token: "+simulator.DemoToken, "concurrency: 32", "timeout: 2s"))
	url := exporter.address() + "/metrics"
	for scrape := range 3 {
		began := time.Now()
		_, text := get(t, http.MethodGet, url, "X-Prometheus-Scrape-Timeout-Seconds", "10")
		healthy := strings.Count(text, "\ncielo24_job_status{") / 7
		if took := time.Since(began); took >= 10*time.Second || healthy != n-n/100 {
			t.Errorf("scrape %d: %d healthy jobs after %s", scrape, healthy, took)
		}
	}
}

func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	_, base := simulateFor(t)
	exporter, _ := serveWith(t, configuration(base, nil, "api_token: x"))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(exporter.address(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write([]byte("GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ")); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 1024)
	for {
		if _, err := conn.Read(buffer); err != nil {
			if timeout, ok := err.(net.Error); ok && timeout.Timeout() { //nolint:errorlint // straight from the connection
				t.Error("still connected after 30 s")
			}
			return
		}
	}
}

func TestClientsThatDoNotReadAreCutOff(t *testing.T) {
	t.Parallel()
	_, base := simulateFor(t, "--simulator.jobs=6000")
	exporter, _ := serveWith(t, "accounts: [{name: a, base_url: '"+base+"', api_token: "+simulator.DemoToken+
		", discovery: {username: '*', created_within: 3650d, statuses: [Complete, Pending, In Process, Reviewing]}}]", "--web.max-requests=1")
	if _, body := get(t, http.MethodGet, exporter.address()+"/metrics"); len(body) < 5<<20 {
		t.Fatalf("only %d bytes, which the kernel might take", len(body))
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(exporter.address(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("GET /metrics HTTP/1.1\r\nHost: x\r\nX-Prometheus-Scrape-Timeout-Seconds: 1000000\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	begin := make([]byte, len("HTTP/1.1 200"))
	if _, err := io.ReadFull(conn, begin); err != nil || string(begin) != "HTTP/1.1 200" {
		t.Fatal(err, string(begin))
	}
	turnedAway := false
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(40 * time.Second); ; <-tick.C {
		status, _ := get(t, http.MethodGet, exporter.address()+"/metrics")
		turnedAway = turnedAway || status == http.StatusServiceUnavailable
		switch {
		case status == http.StatusOK && turnedAway:
			return
		case time.Now().After(late):
			t.Fatalf("status %d; was anybody turned away? %t", status, turnedAway)
		}
	}
}

func TestMoreScrapesThanAllowedAreTurnedAway(t *testing.T) {
	_, base := simulateFor(t)
	put(t, http.MethodPut, base+"/_simulator/faults", `{"latency": "700ms"}`)
	exporter, _ := serveWith(t, configuration(base, []string{documentedID}, "api_token: "+simulator.DemoToken), "--web.max-requests=2")
	url := exporter.address() + "/metrics"
	var scrapes sync.WaitGroup
	var mu sync.Mutex
	got := map[int]int{}
	for range 6 {
		scrapes.Go(func() {
			status, body := get(t, http.MethodGet, url)
			if status == http.StatusServiceUnavailable && !strings.HasPrefix(body, "Limit of concurrent scrapes reached (2)") {
				t.Error(body)
			}
			mu.Lock()
			defer mu.Unlock()
			got[status]++
		})
	}
	scrapes.Wait()
	if got[200] != 2 || got[503] != 4 {
		t.Errorf("%v", got)
	}
}
