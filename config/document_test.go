package config_test

import (
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

// To open a named pipe waits until somebody writes to it: a reload or a refresh would never end.
func TestFiles_NamedPipesAreRefusedAtOnce(t *testing.T) {
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

func TestDocument_SyntaxErrorsHaveTheLineAnEditorShows(t *testing.T) {
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

func TestDocument_AReplacementCharacterIsText(t *testing.T) {
	if got := problem(t, wrap("api_token: x\njobs: [{id: aa, labels: {x: \"\ufffd\"}}]")); got != "" {
		t.Error(got)
	}
}
