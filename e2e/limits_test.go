package e2e_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheExporterWorksWith64Descriptors(t *testing.T) {
	_, configuration := startSimulate(t)
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	write(t, file, configuration(""))
	exporter := start(t, "sh", "-c", `ulimit -n 64 && exec "$0" "$@"`, program, "--config.file="+file,
		"--web.listen-address=127.0.0.1:0")
	url := "http://" + exporter.says(`msg="Listening on" address=(\S+)`)
	stop := load(t, url)
	for range 50 {
		if text := get(t, url+"/metrics"); strings.Count(text, "\ncielo24_job_up{") != 12 || strings.Contains(text, "\ncielo24_job_error{") {
			t.Fatalf("not whole:\n%s", text)
		}
	}
	answers := stop()
	delete(answers, "stopped")
	if len(answers) != 1 || answers["whole"] == 0 {
		t.Errorf("%v", answers)
	}
}

// What a server sends after its answer, net/http prints through Go's global logger, outside of ours and unredacted.
func TestWhatTheAPISendsUnaskedIsNotPrinted(t *testing.T) {
	const token = "0123456789abcdef0123456789abcdef"
	api, configuration := startSimulate(t)
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	write(t, file, configuration(""))
	exporter := start(t, program, "--config.file="+file, "--web.listen-address=127.0.0.1:0", "--log.level=debug")
	url := "http://" + exporter.says(`msg="Listening on" address=(\S+)`)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, api+"/_simulator/faults",
		strings.NewReader(`{"raw": "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"JobId\":\"aa\"}`+token+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	for range 20 {
		get(t, url+"/metrics")
	}
	if data, err := os.ReadFile(file); err != nil || !strings.Contains(string(data), token) {
		t.Fatal("this is not the token", err)
	}
	if out := exporter.out.String(); strings.Contains(out, token) || strings.Contains(out, "Unsolicited") {
		t.Errorf("printed:\n%s", out)
	}
}
