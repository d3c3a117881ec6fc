package config_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"cielo24_exporter/config"
)

// problem is what is said of a configuration, without the folder it is in.
func problem(t *testing.T, text string) string {
	t.Helper()
	file := folder(t, map[string]string{"c.yml": text})
	_, err := config.Load(file)
	if err == nil {
		return ""
	}
	return strings.ReplaceAll(err.Error(), filepath.Dir(file)+"/", "")
}

func TestNoFormAndNoEncodingShowsASecretOfTheHTTPClient(t *testing.T) {
	const marker = "hunter2hunter2"
	for name, client := range map[string]string{
		"proxy":  "{proxy_url: 'http://u:" + marker + "@h'}",
		"header": "{proxy_url: 'http://h', proxy_connect_header: {X: [" + marker + "]}}",
		"basic":  "{basic_auth: {username: u, password: " + marker + "}}",
	} {
		cfg, err := config.Parse("c.yml", []byte(wrap("api_token: "+marker+"\njobs: []\nhttp_client: "+client)))
		if err != nil {
			t.Fatal(name, err)
		}
		asJSON, err := json.Marshal(cfg)
		if err != nil {
			t.Fatal(name, err)
		}
		for _, printed := range []string{
			fmt.Sprintf("%v %+v", cfg, cfg.Accounts), fmt.Sprintf("%#v %#v", cfg, cfg.Accounts), string(asJSON),
		} {
			if strings.Contains(printed, marker) {
				t.Errorf("%s: %s", name, printed)
			}
		}
	}
}

// To open a named pipe waits until somebody writes to it: a reload or a refresh would never end.
func TestANamedPipeIsRefusedAtOnce(t *testing.T) {
	for _, key := range []string{"api_token_file: pipe\njobs: []", "api_token: x\njob_files: ['pip?']"} {
		file := folder(t, map[string]string{"c.yml": wrap(key)})
		if err := syscall.Mkfifo(filepath.Join(filepath.Dir(file), "pipe"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(file); err == nil || !strings.HasSuffix(err.Error(), "pipe: is not a regular file") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestJobFilesAreFoundInAFolderWithBracketsInItsName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "[prod]*?")
	write(t, filepath.Join(dir, "jobs.yml"), "- aa\n")
	write(t, filepath.Join(dir, "c.yml"), wrap("api_token: x\njob_files: [jobs.yml, 'j*.yml']"))
	cfg, err := config.Load(filepath.Join(dir, "c.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if jobs, problems := cfg.Accounts[0].JobFiles.Read(); len(jobs) != 1 || problems != nil {
		t.Error(jobs, problems)
	}
}

// A volume of Kubernetes has its files as links into a hidden folder.
func TestJobFilesMayBeAVolumeOfKubernetes(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "jobs", "..2026_11_23", "term.yml"), "- aa\n")
	write(t, filepath.Join(dir, "c.yml"), wrap("api_token: x\njob_files: ['jobs/*', jobs/..2026_11_23/term.yml]"))
	for link, to := range map[string]string{"..data": "..2026_11_23", "term.yml": "..data/term.yml"} {
		if err := os.Symlink(to, filepath.Join(dir, "jobs", link)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := config.Load(filepath.Join(dir, "c.yml"))
	want := dir + "/jobs/term.yml:1: duplicate job ID, also at " + dir + "/jobs/..2026_11_23/term.yml:1"
	if err == nil || err.Error() != want {
		t.Errorf("%v; want %s: both files, and nothing of the folder", err, want)
	}
}

func TestASecretMayBeWrittenAsABlock(t *testing.T) {
	cfg, err := config.Parse("c.yml", []byte(wrap("api_token: |\n  abc\njobs: []")))
	if err != nil {
		t.Fatal(err)
	}
	if token, err := cfg.Accounts[0].Token.Read(); err != nil || token.Reveal() != "abc" {
		t.Errorf("%q %v", token.Reveal(), err)
	}
}

func TestWhatIsWrongWithTheHTTPClientIsSaid(t *testing.T) {
	const redirects = "c.yml:5: accounts[0].http_client.follow_redirects: redirects are never followed: they would send the token elsewhere"
	for _, test := range []struct{ client, want string }{
		{"{follow_redirects: True}", redirects},
		{"{follow_redirects: yes}", redirects},
		{"{enable_http2: &t true, follow_redirects: *t}", redirects},
		{"{follow_redirects: false}", ""},
		{"{tls_config: &t {insecure_skip_verify: true}, authorization: {type: basic}}", "c.yml:5: accounts[0].http_client: authorization type cannot be set to \"basic\", use \"basic_auth\" instead"},
		{"{http_headers: {Authorization: {values: [x]}}}", `c.yml:5: accounts[0].http_client: setting header "Authorization" is not allowed`},
		{"{enable_http3: true}", "c.yml:5: accounts[0].http_client.enable_http3: unknown key; see Prometheus' http_config"},
		{"{Hunter2: true}", "c.yml:5: accounts[0].http_client: contains an unknown key; see Prometheus' http_config"},
		{"{proxy_url: 'u:hunter2@proxy:3128'}", "c.yml:5: accounts[0].http_client: proxy_url must be a URL such as http://proxy.example:3128 (schemes: http, https, socks5, socks5h)"},
		{"{proxy_url: 'ftp://proxy:3128'}", "c.yml:5: accounts[0].http_client: proxy_url must be a URL such as http://proxy.example:3128 (schemes: http, https, socks5, socks5h)"},
		{"{proxy_url: 'http://u:hunter2@[x'}", "c.yml:5: accounts[0].http_client: has a URL that cannot be read"},
		{"{basic_auth: hunter2}", "c.yml:5: accounts[0].http_client: a value has the wrong type; see Prometheus' http_config"},
	} {
		if got := problem(t, wrap("api_token: x\njobs: []\nhttp_client: "+test.client)); got != test.want {
			t.Errorf("%s\ngot  %s\nwant %s", test.client, got, test.want)
		}
	}
}

func TestAccountsMayShareSettingsOfTheHTTPClient(t *testing.T) {
	cfg, err := config.Parse("c.yml", []byte("accounts:\n"+
		"- {name: a, api_token: x, jobs: [], http_client: {tls_config: &t {server_name: s}}}\n"+
		"- {name: b, api_token: x, jobs: [], http_client: {tls_config: *t}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.Accounts[1].HTTPClient.TLSConfig.ServerName; got != "s" {
		t.Errorf("got %q", got)
	}
}

func TestASyntaxErrorHasTheLineThatAnEditorShows(t *testing.T) {
	const head = "accounts:\n- name: a\n  jobs: []\n  timeout: 5s\n"
	for _, test := range []struct{ name, text, want string }{
		{"list not closed", head + "  job_files: [aa,\n  concurrency: 3\n", "c.yml:5: not valid YAML: a list in [ ] is missing a comma or the closing ]"},
		{"mapping not closed", head + "  login: {username: u\n  concurrency: 3\n", "c.yml:5: not valid YAML: a mapping in { } is missing a comma or the closing }"},
		{"indented less", head + " concurrency: 3\n", "c.yml:5: not valid YAML: the indentation is inconsistent from this line on"},
		{"indented less, deeper", head + "  discovery:\n    max_jobs: 1\n   username: u\n", "c.yml:2: not valid YAML: the indentation is inconsistent from this line on"},
		{"unknown tag", head + "  api_token: !hunter2!x y\n", "c.yml:5: not valid YAML: found undefined tag handle"},
		{"value missing", head + "  timezone: ]\n", "c.yml:5: not valid YAML: did not find expected node content"},
		{"control character", head + "  timezone: \x01\n", "c.yml:5: contains a control character (U+0001), which YAML does not allow"},
		{"escape", head + "  api_token: \"hunter\\q2\"\n", "c.yml:5: not valid YAML: found unknown escape character"},
	} {
		if got := problem(t, test.text); got != test.want {
			t.Errorf("%s\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestABaseURLKeepsItsPathAsItIsWritten(t *testing.T) {
	for written, want := range map[string]string{
		"https://h/a%2Fb/": "https://h/a%2Fb", "https://h/": "https://h", "http://h:8080/x": "http://h:8080/x",
		"https://h/api": "https://h", "https://h/api/": "https://h", "https://h//api//": "https://h",
		"https://h/x/api": "https://h/x", "https://h/x%2Fy/api/": "https://h/x%2Fy", "https://h/%61pi": "https://h",
		"https://h/api/api": "https://h/api", "https://h/xapi": "https://h/xapi", "https://h/api/x": "https://h/api/x",
	} {
		cfg, err := config.Parse("c.yml", []byte(wrap("api_token: x\njobs: []\nbase_url: "+written)))
		if err != nil || cfg.Accounts[0].BaseURL.String() != want {
			t.Errorf("%s: %v %v", written, cfg, err)
		}
	}
	const want = "c.yml:5: accounts[0].base_url: must have a port between 1 and 65535, or none"
	if got := problem(t, wrap("api_token: x\njobs: []\nbase_url: https://h:99999")); got != want {
		t.Errorf("got %s", got)
	}
}

func TestAReplacementCharacterIsText(t *testing.T) {
	if got := problem(t, wrap("api_token: x\njobs: [{id: aa, labels: {x: \"\ufffd\"}}]")); got != "" {
		t.Error(got)
	}
}
