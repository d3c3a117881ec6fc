package main

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"cielo24_exporter/simulator"
)

func TestBuild_CompletedFromWhatGoNotes(t *testing.T) {
	const commit = "8c80c5f0123456789abcdef0123456789abcdef0"
	vcs := []debug.BuildSetting{
		{Key: "vcs", Value: "git"},
		{Key: "vcs.revision", Value: commit},
		{Key: "vcs.time", Value: "2026-11-25T01:40:55Z"},
	}
	modified := append(slices.Clip(vcs), debug.BuildSetting{Key: "vcs.modified", Value: "true"})
	for _, test := range []struct {
		name            string
		linked          build
		module          string
		settings        []debug.BuildSetting
		want, firstLine string
	}{
		{"linked", build{version: "1.2.3", revision: commit, branch: "main"}, "v9.9.9", modified, "1.2.3 (8c80c5f)", "1.2.3 (branch: main, revision: " + commit + ")"},
		{"linked without git", build{version: "0.1.0-dev", revision: "unknown", branch: "unknown"}, "(devel)", nil, "0.1.0-dev", "0.1.0-dev (branch: unknown, revision: unknown)"},
		{"linked without a tag", build{version: "8c80c5f-dirty", revision: commit}, "", nil, "8c80c5f-dirty", "8c80c5f-dirty (revision: " + commit + ")"},
		{"linked after a tag", build{version: "1.2.3-4-g8c80c5f", revision: commit}, "", nil, "1.2.3-4-g8c80c5f", "1.2.3-4-g8c80c5f (revision: " + commit + ")"},
		{"nothing", build{}, "", nil, "devel", "devel"},
		{"without VCS", build{}, "(devel)", nil, "devel", "devel"},
		{"commit", build{}, "v0.0.0-20261125014055-8c80c5f01234", vcs, "devel (8c80c5f)", "devel (revision: " + commit + ")"},
		{"after a tag", build{}, "v1.2.4-0.20261125014055-8c80c5f01234", vcs, "devel (8c80c5f)", "devel (revision: " + commit + ")"},
		{"after a candidate", build{}, "v1.2.4-rc.1.0.20261125014055-8c80c5f01234", vcs, "devel (8c80c5f)", "devel (revision: " + commit + ")"},
		{"modified", build{}, "v0.0.0-20261125014055-8c80c5f01234+dirty", modified, "devel (8c80c5f, modified)", "devel (revision: " + commit + "-modified)"},
		{"tag", build{}, "v1.2.3", vcs, "1.2.3 (8c80c5f)", "1.2.3 (revision: " + commit + ")"},
		{"candidate", build{}, "v1.2.3-rc.1", vcs, "1.2.3-rc.1 (8c80c5f)", "1.2.3-rc.1 (revision: " + commit + ")"},
		{"modified tag", build{}, "v1.2.3+dirty", modified, "1.2.3 (8c80c5f, modified)", "1.2.3 (revision: " + commit + "-modified)"},
	} {
		got := test.linked.completed(&debug.BuildInfo{Main: debug.Module{Version: test.module}, Settings: test.settings})
		if got.String() != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
		if line, _, _ := strings.Cut(got.details(), "\n"); line != "cielo24_exporter, version "+test.firstLine {
			t.Errorf("%s: got %q, want %q", test.name, line, test.firstLine)
		}
	}
}

// clone puts what the program is built from into a new repository, and returns its folder and its commit.
func clone(t *testing.T) (dir, commit string) {
	t.Helper()
	dir = t.TempDir()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == ".":
			return nil
		case entry.IsDir() && (strings.HasPrefix(path, ".") || slices.Contains([]string{"bench", "deploy", "dist", "docs", "e2e", "examples"}, path)):
			return fs.SkipDir
		case entry.IsDir():
			return os.Mkdir(filepath.Join(dir, path), 0o700)
		// A linked work tree has a file .git, through which git would work on the repository itself.
		case !entry.Type().IsRegular() || strings.HasPrefix(path, ".") || strings.HasSuffix(path, "_test.go") || path == "cielo24_exporter":
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, path), data, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	runIn(t, dir, "git", "init", "--quiet")
	runIn(t, dir, "git", "add", ".")
	runIn(t, dir, "git", "commit", "--quiet", "--message=All of it")
	return dir, strings.TrimSpace(runIn(t, dir, "git", "rev-parse", "HEAD"))
}

func TestVersion_OfAPlainGoBuild(t *testing.T) {
	dir, commit := clone(t)
	program := filepath.Join(t.TempDir(), "cielo24_exporter")
	want := func(first string, buildFlags ...string) string {
		t.Helper()
		runIn(t, dir, "go", append([]string{"build", "-o", program}, buildFlags...)...)
		got := runIn(t, dir, program, "version")
		if !strings.HasPrefix(got, first+"\n") || !strings.Contains(got, "\n  go version:       go1.") {
			t.Errorf("got\n%s\nwant %s", got, first)
		}
		if flag := runIn(t, dir, program, "--version"); flag != got {
			t.Errorf("--version: got %q, want %q", flag, got)
		}
		return got
	}
	want("cielo24_exporter, version devel", "-buildvcs=false")
	text := want("cielo24_exporter, version devel (revision: " + commit + ")")
	if !regexp.MustCompile(`\n {2}build date: +\d{8}-\d\d:\d\d:\d\d\n`).MatchString(text) {
		t.Errorf("got no date in\n%s", text)
	}
	runIn(t, dir, "git", "tag", "v1.2.3")
	want("cielo24_exporter, version 1.2.3 (revision: " + commit + ")")
	runIn(t, dir, "git", "tag", "--delete", "v1.2.3")
	if got := runIn(t, dir, "go", "run", ".", "version"); !strings.HasPrefix(got, "cielo24_exporter, version devel") {
		t.Errorf("go run: got\n%s", got)
	}
	writeFile(t, filepath.Join(dir, "more.go"), "package main\n")
	want("cielo24_exporter, version devel (revision: " + commit + "-modified)")
	shownEverywhere(t, program, commit)
}

// shownEverywhere looks for the version of a modified build in all places that show one.
func shownEverywhere(t *testing.T, program, commit string) {
	t.Helper()
	short := "devel (" + commit[:7] + ", modified)"
	agents := make(chan string, 100)
	api := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { agents <- r.UserAgent() }))
	defer api.Close()
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	writeFile(t, file, configuration(api.URL, []string{documentedID}, "api_token: "+simulator.DemoToken))
	p := launch(t, program, "--config.file="+file, "--web.listen-address=127.0.0.1:0")
	base := "http://" + p.stderr.wait(t, `msg="Listening on" address=(\S+)`)
	_, metrics := get(t, http.MethodGet, base+"/metrics")
	_, page := get(t, http.MethodGet, base+"/")
	p.stop()
	for where, test := range map[string]struct{ text, want string }{
		"log":        {p.stderr.String(), `msg=starting version="` + short + `"`},
		"metrics":    {metrics, `revision="` + commit + `-modified",tags="unknown",version="devel"} 1`},
		"page":       {page, short},
		"User-Agent": {<-agents, "cielo24_exporter/" + short},
		"manual":     {runIn(t, ".", program, "man"), `"cielo24_exporter devel"`},
	} {
		if !strings.Contains(test.text, test.want) {
			t.Errorf("%s: got no %q in\n%.3000s", where, test.want, test.text)
		}
	}
}
