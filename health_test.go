package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// health runs the command and returns its exit code and what it printed.
func health(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), append([]string{"health"}, args...), &out, &err)
	return code, out.String(), err.String()
}

func TestHealthOfARunningExporter(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir)
	hash := "$2a$04$KUtGEt7HCQFaXPWkoLF1I.hSFBDqUMECgF.oVv3BIVkICOdzlsOpm"
	for name, test := range map[string]struct{ listen, web string }{
		"plain":      {listen: "127.0.0.1:0"},
		"everywhere": {listen: ":0"},
		"IPv4":       {listen: "0.0.0.0:0"},
		"TLS":        {listen: "127.0.0.1:0", web: "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"},
		"password":   {listen: "127.0.0.1:0", web: "basic_auth_users: {prometheus: " + hash + "}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "cielo24.yml")
			writeFile(t, file, "accounts: [{name: a, api_token: x, jobs: []}]\n")
			var flags []string
			if test.web != "" {
				flags = []string{"--web.config.file=" + filepath.Join(dir, name+".yml")}
				writeFile(t, filepath.Join(dir, name+".yml"), test.web)
			}
			exporter := start(t, append([]string{"--config.file=" + file, "--web.listen-address=" + test.listen}, flags...)...)
			port := regexp.MustCompile(`\d+$`).FindString(exporter.address())
			listen := strings.TrimSuffix(test.listen, "0") + port
			ask := append([]string{"--web.listen-address=" + listen}, flags...)
			if code, stdout, stderr := health(t, ask...); code != exitSuccess || stdout != "healthy\n" || stderr != "" {
				t.Errorf("%d %q %q", code, stdout, stderr)
			}
			exporter.stop()
			code, stdout, stderr := health(t, ask...)
			if code != exitFailure || stdout != "" || !strings.Contains(stderr, "connection refused") || strings.Count(stderr, "\n") != 1 {
				t.Errorf("when it has ended: %d %q %q", code, stdout, stderr)
			}
		})
	}
}

// The flags may come from the same environment as the exporter's.
func TestHealthReadsTheExportersEnvironment(t *testing.T) {
	exporter, _ := serveWith(t, "accounts: [{name: a, api_token: x, jobs: []}]\n")
	t.Setenv("CIELO24_EXPORTER_WEB_LISTEN_ADDRESS", strings.TrimPrefix(exporter.address(), "http://")+",127.0.0.1:1")
	if code, _, stderr := health(t); code != exitSuccess {
		t.Error(code, stderr)
	}
}

func TestHealthOfSomethingElse(t *testing.T) {
	silent := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Host, "localhost:") {
			<-silent
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer server.Close()
	defer close(silent)
	address := server.Listener.Addr().String()
	_, port, _ := strings.Cut(address, ":")
	for _, test := range []struct{ address, want string }{
		{address, "not healthy: status 302 Found"},
		{"localhost:" + port, "Client.Timeout exceeded"},
	} {
		code, _, stderr := health(t, "--timeout=100ms", "--web.listen-address="+test.address)
		if code != exitFailure || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: %d %s", test.address, code, stderr)
		}
	}
}
