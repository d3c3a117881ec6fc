package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"cielo24_exporter/config"
)

// wrap makes the lines of an account a whole configuration, so that they begin at line 3.
func wrap(lines string) string {
	return "accounts:\n  - name: a\n    " + strings.ReplaceAll(lines, "\n", "\n    ") + "\n"
}

func TestEveryProblemIsSaidWithFileLineAndKey(t *testing.T) {
	const ok = "api_token: x\njobs: []\n"
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "c.yml: is empty"},
		{"only comments", "# nothing\n", "c.yml: is empty"},
		{"null", "~", "c.yml: is empty"},
		{"a list", "- a", "c.yml:1: must be a mapping (key: value), found a list"},
		{"a word", "accounts", "c.yml:1: must be a mapping (key: value), found a single value"},
		{"no accounts", "account: []", "c.yml:1: account: unknown key; did you mean accounts?\nc.yml:1: accounts is missing; a configuration begins with accounts:"},
		{"empty accounts", "accounts: []", "c.yml:1: accounts: must list at least one account"},
		{"null accounts", "accounts:", "c.yml:1: accounts: must list at least one account"},
		{"accounts no list", "accounts: {name: a}", "c.yml:1: accounts: must be a list, found a mapping (key: value)"},
		{"account no mapping", "accounts: [a]", "c.yml:1: accounts[0]: must be a mapping (key: value), found a single value"},
		{"two documents", "accounts: []\n---\naccounts: []\n", "c.yml:2: a second YAML document starts here; a file has only one"},
		{"UTF-16", "\xff\xfea\x00", "c.yml:1: is UTF-16; save it as UTF-8"},
		{"NUL", "a: b\n\x00", "c.yml:2: contains a NUL byte; not a text file, or UTF-16"},
		{"Latin-1", "a: b\nc: caf\xe9\n", "c.yml:2: is not valid UTF-8"},
		{"tab", "accounts:\n\t- name: a", "c.yml:2: not valid YAML: unexpected character; quote the value, and indent with spaces, not tabs"},
		{"syntax", "accounts: [", "c.yml:1: not valid YAML: did not find expected node content"},
		{"secret as an alias", wrap("api_token: *hunter2"), "c.yml:1: not valid YAML: alias (*name) without its anchor (&name); quote a value that starts with *"},
		{"merge key", wrap(ok + "<<: {timeout: 1s}"), "c.yml:5: accounts[0].(key): merge keys (<<) are not supported; write out the values"},
		{"unknown key, near", wrap(ok + "time_zone: UTC"), "c.yml:5: accounts[0].time_zone: unknown key; did you mean timezone?"},
		{
			"unknown key, far", wrap("login: {username: u, password: p, hash: md}\njobs: []"),
			"c.yml:3: accounts[0].login.hash: unknown key (known: password, password_file, securekey, securekey_file, username)",
		},
		{
			"a secret as a key", wrap("login: {hunter2}\njobs: []"),
			"c.yml:3: accounts[0].login.(key): unknown key (known: password, password_file, securekey, securekey_file, username)\n" +
				"c.yml:3: accounts[0].login: username is missing\n" +
				"c.yml:3: accounts[0].login: the secret is missing; give one of securekey, securekey_file, password, password_file",
		},
		{"twice", wrap(ok + "jobs: [aa]"), "c.yml:5: accounts[0].jobs: duplicate key, first at line 4"},
		{"no name", "accounts: [{api_token: x, jobs: []}]", "c.yml:1: accounts[0]: name is missing; it becomes the label account"},
		{"empty name", "accounts: [{name: '', api_token: x, jobs: []}]", "c.yml:1: accounts[0].name: must not be empty"},
		{
			"same name", "accounts:\n- {name: a, api_token: x, jobs: []}\n- {name: a, api_token: x, jobs: []}",
			`c.yml:3: accounts[1]: duplicate account name "a", also at line 2`,
		},
		{"no credentials", wrap("jobs: []"), "c.yml:2: accounts[0]: credentials are missing; give one of api_token, api_token_file, login"},
		{"two credentials", wrap(ok + "login: {username: u, password: p}"), "c.yml:5: accounts[0].login: cannot be combined with api_token"},
		{"two secrets", wrap("jobs: []\nlogin: {username: u, password: p, securekey: k}"), "c.yml:4: accounts[0].login.password: cannot be combined with securekey"},
		{"nothing to watch", wrap("api_token: x"), "c.yml:2: accounts[0]: nothing to watch; give jobs, job_files or discovery"},
		{"token is a list", wrap("api_token: [hunter2]\njobs: []"), "c.yml:3: accounts[0].api_token: must be a single value, found a list"},
		{"token is nothing", wrap("api_token:\njobs: []"), "c.yml:3: accounts[0].api_token: must be a single value, found nothing"},
		{"token is empty", wrap("api_token: ''\njobs: []"), "c.yml:3: accounts[0].api_token: is empty"},
		{"token with a space", wrap("api_token: hunter 2\njobs: []"), "c.yml:3: accounts[0].api_token: contains a space or a non-ASCII character, which no token or securekey has"},
		{"no token file", wrap("api_token_file: nowhere\njobs: []"), "c.yml:3: accounts[0].api_token_file: DIR/nowhere: no such file"},
		{"token file is a folder", wrap("api_token_file: .\njobs: []"), "c.yml:3: accounts[0].api_token_file: DIR: is not a regular file"},
		{"token file is empty", wrap("api_token_file: empty\njobs: []"), "c.yml:3: accounts[0].api_token_file: DIR/empty: is empty"},
		{"token file is binary", wrap("api_token_file: binary\njobs: []"), "c.yml:3: accounts[0].api_token_file: DIR/binary: is binary, not text"},
		{"URL", wrap(ok + "base_url: api.cielo24.com"), "c.yml:5: accounts[0].base_url: must be a URL such as https://api.cielo24.com"},
		{"URL without a host", wrap(ok + "base_url: https:///x"), "c.yml:5: accounts[0].base_url: has no host; it must be a URL such as https://api.cielo24.com"},
		{"URL with a password", wrap(ok + "base_url: https://u:hunter2@host"), "c.yml:5: accounts[0].base_url: must not contain a user name or password; use the keys for credentials"},
		{"URL with a query", wrap(ok + "base_url: https://host?api_token=hunter2"), "c.yml:5: accounts[0].base_url: must not contain a query or fragment (? or #)"},
		{"zone", wrap(ok + "timezone: Pacific"), `c.yml:5: accounts[0].timezone: not a time zone: "Pacific" (expected a name such as America/Los_Angeles or UTC)`},
		{"zone of the machine", wrap(ok + "timezone: Local"), `c.yml:5: accounts[0].timezone: not a time zone: "Local" (expected a name such as America/Los_Angeles or UTC)`},
		{"duration", wrap(ok + "timeout: 10"), `c.yml:5: accounts[0].timeout: must be a duration such as 90s, 5m or 30d, found "10"`},
		{"no time", wrap(ok + "timeout: 0s"), `c.yml:5: accounts[0].timeout: must be between 1ms and 10m, found "0s"`},
		{"negative duration", wrap(ok + "min_interval: -1s"), `c.yml:5: accounts[0].min_interval: must be a duration such as 90s, 5m or 30d, found "-1s"`},
		{"concurrency", wrap(ok + "concurrency: 0"), `c.yml:5: accounts[0].concurrency: must be a whole number between 1 and 1000, found "0"`},
		{"rate", wrap(ok + "requests_per_second: .inf"), `c.yml:5: accounts[0].requests_per_second: must be a number of at least 0, found ".inf"`},
		{"no ID", wrap("api_token: x\njobs: [{labels: {a: b}}]"), "c.yml:4: accounts[0].jobs[0]: id is missing"},
		{"no hex", wrap("api_token: x\njobs:\n- aa\n- xyz"), `c.yml:6: accounts[0].jobs[1]: not a job ID: "xyz" (expected 1 to 64 hex digits, dashes allowed)`},
		{"empty ID", wrap("api_token: x\njobs: [{id: '-'}]"), `c.yml:4: accounts[0].jobs[0].id: not a job ID: "-" (expected 1 to 64 hex digits, dashes allowed)`},
		{"the same ID", wrap("api_token: x\njobs:\n- aa-bb\n- cc\n- {id: AABB}"), "c.yml:7: accounts[0].jobs[2]: duplicate job ID, also at c.yml:5"},
		{"labels no mapping", wrap("api_token: x\njobs: [{id: aa, labels: [a]}]"), "c.yml:4: accounts[0].jobs[0].labels: must be a mapping (label: value), found a list"},
		{"label name", wrap("api_token: x\njobs: [{id: aa, labels: {a-b: c}}]"), `c.yml:4: accounts[0].jobs[0].labels."a-b": not a label name (expected letters, digits and underscores, not starting with a digit)`},
		{"label of Prometheus", wrap("api_token: x\njobs: [{id: aa, labels: {__x: c}}]"), "c.yml:4: accounts[0].jobs[0].labels.__x: not allowed: label names that start with __ are reserved by Prometheus"},
		{"label job", wrap("api_token: x\njobs: [{id: aa, labels: {job: c}}]"), "c.yml:4: accounts[0].jobs[0].labels.job: not allowed: the exporter or Prometheus sets this label itself; choose another name"},
		{"label value", wrap("api_token: x\njobs: [{id: aa, labels: {x: {}}}]"), "c.yml:4: accounts[0].jobs[0].labels.x: must be a single value, found a mapping (key: value)"},
		{"pattern", wrap("api_token: x\njob_files: ['[']"), `c.yml:4: accounts[0].job_files[0]: not a file name or pattern: "["`},
		{"no job file", wrap("api_token: x\njob_files: [nowhere.yml]"), "c.yml:4: accounts[0].job_files[0]: no such file: DIR/nowhere.yml"},
		{"in a job file", wrap("api_token: x\njobs: [aa]\njob_files: [jobs.yml]"), "DIR/jobs.yml:2: [1]: not a job ID: \"zz\" (expected 1 to 64 hex digits, dashes allowed)"},
		{"in two files", wrap("api_token: x\njobs: [cc]\njob_files: [more.yml]"), "DIR/more.yml:1: duplicate job ID, also at c.yml:4"},
		{
			"status", wrap("api_token: x\ndiscovery: {statuses: [Done]}"),
			`c.yml:4: accounts[0].discovery.statuses[0]: not a status: "Done" (known: Authorizing, Pending, In Process, Reviewing, Complete, Media Failure)`,
		},
		{"most jobs", wrap("api_token: x\ndiscovery: {max_jobs: 0}"), `c.yml:4: accounts[0].discovery.max_jobs: must be a whole number between 1 and 1000000, found "0"`},
		{"HTTP client, unknown key", wrap(ok + "http_client:\n  tls_config:\n    ca_fle: x"), "c.yml:7: accounts[0].http_client.ca_fle: unknown key; see Prometheus' http_config"},
		{"HTTP client, redirects", wrap(ok + "http_client: {follow_redirects: true}"), "c.yml:5: accounts[0].http_client.follow_redirects: redirects are never followed: they would send the token elsewhere"},
		{"HTTP client, secret of the wrong kind", wrap(ok + "http_client: {basic_auth: [hunter2]}"), "c.yml:5: accounts[0].http_client: a value has the wrong type; see Prometheus' http_config"},
		{
			"HTTP client, two ways in", wrap(ok + "http_client: {basic_auth: {username: u, password: hunter2}, authorization: {credentials: hunter2}}"),
			"c.yml:5: accounts[0].http_client: at most one of basic_auth, oauth2 & authorization must be configured",
		},
		{"HTTP client, no CA", wrap(ok + "http_client: {tls_config: {ca_file: nowhere.pem}}"), "c.yml:5: accounts[0].http_client: unable to read CA cert: unable to read file DIR/nowhere.pem: open DIR/nowhere.pem: no such file or directory"},
		{
			"several", wrap("api_tokn: x\njobs: [zz]\ntimeout: soon"),
			"c.yml:2: accounts[0]: credentials are missing; give one of api_token, api_token_file, login\n" +
				"c.yml:3: accounts[0].api_tokn: unknown key; did you mean api_token?\n" +
				`c.yml:4: accounts[0].jobs[0]: not a job ID: "zz" (expected 1 to 64 hex digits, dashes allowed)` + "\n" +
				`c.yml:5: accounts[0].timeout: must be a duration such as 90s, 5m or 30d, found "soon"`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := folder(t, map[string]string{
				"c.yml": test.text, "empty": "", "binary": "\xff\x00", "jobs.yml": "- bb\n- zz\n", "more.yml": "- CC\n",
			})
			_, err := config.Load(file)
			if err == nil {
				t.Fatal("no problem")
			}
			dir := filepath.Dir(file)
			got := strings.ReplaceAll(strings.ReplaceAll(err.Error(), dir+"/c.yml", "c.yml"), dir, "DIR")
			if got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			if strings.Contains(got, "hunter") {
				t.Error("a secret is repeated")
			}
		})
	}
}

func TestFilesOfAbsurdSizeEndSoon(t *testing.T) {
	var ids []string
	for i := range 10000 {
		ids = append(ids, hex8(i))
	}
	bomb := "accounts:\n- &a {name: a, api_token: x, jobs: [" + strings.Join(ids, ",") + "]}\n" + strings.Repeat("- *a\n", 1000)
	for name, test := range map[string]struct{ text, want string }{
		"alias bomb":     {bomb, "too many values, or nested too deeply"},
		"too large":      {"# " + strings.Repeat("x", 9<<20), "larger than 8 MiB"},
		"deep":           {strings.Repeat("[", 100000), "not valid YAML"},
		"deep, but fine": {wrap("api_token: x\njobs: [{id: aa, labels: {x: " + strings.Repeat("[", 90) + strings.Repeat("]", 90) + "}}]"), "must be a single value"},
		"10,000 wrong":   {wrap("api_token: x\njobs: [" + strings.Repeat("zz, ", 10000) + "]"), "and 9900 more problems"},
	} {
		_, err := config.Load(folder(t, map[string]string{"c.yml": test.text}))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %.300v", name, err)
		}
	}
}

func TestFilesThatCantBeReadSaySo(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("nowhere", filepath.Join(dir, "dangling.yml")); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		dir:                                  dir + ": is a directory, not a file",
		filepath.Join(dir, "missing.yml"):    filepath.Join(dir, "missing.yml") + ": no such file",
		filepath.Join(dir, "dangling.yml"):   filepath.Join(dir, "dangling.yml") + ": no such file",
		filepath.Join(dir, "missing", "yml"): filepath.Join(dir, "missing", "yml") + ": no such file",
	} {
		_, err := config.Load(file)
		var problems config.Problems
		if !errors.As(err, &problems) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestJobFilesFollowWhatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := folder(t, map[string]string{
			"c.yml":      wrap("api_token: x\njobs: [aa]\njob_files: ['jobs/*.yml', jobs/b.yml]"),
			"jobs/b.yml": "- bb\n- {id: cc, labels: {x: y}}\n",
		})
		cfg, err := config.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		path := func(name string) string { return filepath.Join(filepath.Dir(file), "jobs", name) }
		expect := func(what, wantJobs, wantProblems string) {
			t.Helper()
			jobs, problems := cfg.Accounts[0].JobFiles.Read()
			var ids []string
			for _, job := range jobs {
				ids = append(ids, job.ID)
			}
			got := strings.ReplaceAll(problems.Error(), filepath.Dir(file)+"/", "")
			if strings.Join(ids, " ") != wantJobs || got != wantProblems {
				t.Errorf("%s: %v %s", what, ids, got)
			}
		}
		expect("at first", "bb cc", "")
		write(t, path("a.yml"), `["dd", "bb", "aa"]`)
		expect("a file comes", "dd bb cc", "jobs/a.yml:1: duplicate job ID, also at c.yml:4\njobs/b.yml:1: duplicate job ID, also at jobs/a.yml:1")
		write(t, path("a.yml"), "- dd\n- not hex\n")
		expect("a file breaks", "dd bb cc", "jobs/a.yml:2: [1]: not a job ID: \"not hex\" (expected 1 to 64 hex digits, dashes allowed)\n"+
			"jobs/a.yml:1: duplicate job ID, also at c.yml:4\njobs/b.yml:1: duplicate job ID, also at jobs/a.yml:1")
		write(t, path("a.yml"), "")
		expect("a file is empty", "dd bb cc", "jobs/a.yml: is empty\njobs/a.yml:1: duplicate job ID, also at c.yml:4\njobs/b.yml:1: duplicate job ID, also at jobs/a.yml:1")
		write(t, path("a.yml"), "[]")
		expect("a file lists nothing", "bb cc", "")
		if err := os.Remove(path("b.yml")); err != nil {
			t.Fatal(err)
		}
		expect("a file goes", "", "")
	})
}

// FuzzParse: whatever the text, the end is a configuration, or problems of one line each that name the file and repeat
// no secret.
func FuzzParse(f *testing.F) {
	contract, err := os.ReadFile("testdata/contract.yml")
	if err != nil {
		f.Fatal(err)
	}
	const marker = "s3cr3tm4rk3r"
	f.Add(string(contract))
	f.Add(wrap("api_token: MARKER\njobs: [aa, {id: bb, labels: {x: y}}]"))
	f.Add(wrap("login: {username: u, securekey: MARKER}\ndiscovery: {statuses: [Pending]}"))
	f.Add(wrap("api_token: *MARKER\nhttp_client: {authorization: {credentials: MARKER}}"))
	f.Add("a: &a [*a]\naccounts: *a")
	f.Add("{accounts: [{name: a, api_token: [MARKER], jobs: !!binary aa}]}")
	line := regexp.MustCompile(`^c\.yml(:\d+)?: .`)
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ReplaceAll(text, "MARKER", marker)
		cfg, err := config.Parse("c.yml", []byte(text))
		if err == nil {
			for _, a := range cfg.Accounts {
				if a.Name == "" || a.BaseURL == nil || a.Location == nil || (a.Token == nil) == (a.Login == nil) ||
					a.Timeout <= 0 || a.Concurrency < 1 || a.RequestsPerSecond < 0 {
					t.Fatalf("not valid: %+v", a)
				}
			}
			return
		}
		for l := range strings.SplitSeq(err.Error(), "\n") {
			if !line.MatchString(l) && !strings.Contains(l, "job_files") && !strings.Contains(l, "DIR") {
				t.Fatalf("unfit line: %q", l)
			}
		}
		// Where a secret belongs, it is not repeated. (Elsewhere, as the name of a zone, say, it is no secret.)
		if regexp.MustCompile(`^[a-z_ :\[\]{},\n]*(api_token|securekey|password|credentials): *[*&!\[{]? *`+marker).MatchString(text) &&
			strings.Contains(err.Error(), marker) {
			t.Fatalf("a secret is in %q", err)
		}
	})
}

// FuzzJobFile: whatever is in a job file, reading it ends with jobs that have valid IDs, or with problems.
func FuzzJobFile(f *testing.F) {
	for _, text := range []string{"- aa\n- bb\n", `[{"id":"aa","labels":{"x":"y"}}]`, "", "null", "- {id: aa, id: bb}", "- &a [*a]"} {
		f.Add(text)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(dir, "jobs.yml")
		write(t, file, text)
		cfg, err := config.Parse(filepath.Join(dir, "c.yml"), []byte(wrap("api_token: x\njob_files: [jobs.yml]")))
		if err != nil {
			return
		}
		jobs, problems := cfg.Accounts[0].JobFiles.Read()
		if problems != nil {
			t.Fatal("problems only at the second reading:", problems)
		}
		for _, job := range jobs {
			if key, err := config.ParseJobID(job.ID); err != nil || key != job.Key {
				t.Fatalf("job ID %q: got key %q, want %q, error %v", job.ID, job.Key, key, err)
			}
		}
	})
}

func BenchmarkParse20000Jobs(b *testing.B) {
	var text strings.Builder
	text.WriteString("accounts:\n  - name: a\n    api_token: x\n    jobs:\n")
	for i := range 20000 {
		text.WriteString("      - " + strings.Repeat("0", 24) + hex8(i) + "\n")
	}
	data := []byte(text.String())
	for b.Loop() {
		if _, err := config.Parse("c.yml", data); err != nil {
			b.Fatal(err)
		}
	}
}

// hex8 is i as eight hex digits.
func hex8(i int) string {
	const digits = "0123456789abcdef"
	var s [8]byte
	for n := range s {
		s[7-n] = digits[i>>(4*n)&15]
	}
	return string(s[:])
}
