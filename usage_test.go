package main

import (
	"bytes"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// flagsOf returns every flag of every command, by command and name; those of all commands stand under "version".
func flagsOf(t *testing.T) map[string]*kong.Flag {
	t.Helper()
	parser, err := newParser(&cli{}, build{})
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]*kong.Flag{}
	for _, flag := range parser.Model.Flags {
		flags["version --"+flag.Name] = flag
	}
	for _, command := range parser.Model.Leaves(true) {
		for _, flag := range command.Flags {
			flags[command.Name+" --"+flag.Name] = flag
		}
	}
	if len(flags) < 25 {
		t.Fatalf("got only %d flags", len(flags))
	}
	return flags
}

// withoutVariable are the flags that take no value, and that no variable sets.
func withoutVariable() []string { return []string{"version --help", "version --version"} }

// arguments are what commands need besides flags.
func arguments(command string) []string {
	return map[string][]string{"check": {"c.yml"}, "job": {"aa"}, "completion": {"bash"}}[command]
}

// invalidValues are values that each flag must refuse. One that takes any text has none.
func invalidValues() map[string][]string {
	addresses := []string{
		"", "localhost", ":", "127.0.0.1", "10059", ":70000", ":-1", ":http", "::1:10059", "[::1]", "[::1", "999.0.0.1:80", "127.0.0.1:10059 ",
		" :10059", "local host:80", "http://localhost:10059", "localhost:10059/metrics", "a\nb:80", "[a:b]:80",
	}
	addressLists := append([]string{",", ":10059,", ",:10059", ":10059, :10060"}, addresses...)
	counts := []string{"", "-1", "1.5", "many", "99999999999999999999"}
	durations := []string{"", "-1s", "1", "soon", "9999999999h"}
	simulated := map[string][]string{
		"--simulator.listen-address": append([]string{":1,:2"}, addresses...),
		"--simulator.timezone":       {"", "Local", "Pacific", "../UTC"},
		"--simulator.speed":          {"", "0", "-1", "NaN", "Inf", "1000001", "fast"},
	}
	values := map[string][]string{
		"version --log.level":                 {"", "loud", "INFO"},
		"version --log.format":                {"", "xml"},
		"serve --config.file":                 {""},
		"serve --web.listen-address":          addressLists,
		"serve --web.telemetry-path":          {"", "metrics", "/metrics/", "//", "/a b", "/a{b}", "/a?b", "/-/ready", "/probe", "/debug/pprof/heap", "/%2d/ready", "/a\nb"},
		"serve --web.config.file":             nil,
		"serve --web.systemd-socket":          {"", "perhaps"},
		"serve --web.enable-lifecycle":        {"", "perhaps"},
		"serve --web.enable-pprof":            {"", "perhaps"},
		"serve --web.max-requests":            counts,
		"serve --scrape.timeout-offset":       durations,
		"serve --shard":                       append([]string{"1"}, counts...),
		"serve --total-shards":                append([]string{"0"}, counts...),
		"job --config.file":                   {""},
		"job --account":                       nil,
		"job --output":                        {"", "yaml"},
		"health --web.listen-address":         append([]string{":0", "127.0.0.1:00"}, addressLists...),
		"health --web.config.file":            nil,
		"health --timeout":                    append([]string{"0s"}, durations...),
		"demo --web.listen-address":           append([]string{":1,:2"}, addresses...),
		"simulate --simulator.jobs":           append([]string{"1000001"}, counts...),
		"simulate --simulator.token-lifetime": append([]string{"0s"}, durations...),
	}
	for flag, invalid := range simulated {
		values["demo "+flag], values["simulate "+flag] = invalid, invalid
	}
	return values
}

// usageError runs the program and fails unless that is a usage error, said in one line that names what is wrong.
func usageError(t *testing.T, what string, args ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, &stdout, &stderr)
	text := strings.TrimSuffix(stderr.String(), "\n")
	if code != exitUsage || stdout.Len() > 0 || !strings.HasPrefix(text, "cielo24_exporter: ") || strings.ContainsAny(text, "\n\r") || !strings.Contains(text, what) {
		t.Errorf("%q: got exit code %d, output %q and %q; want 2 and one line about %s", args, code, &stdout, text, what)
	}
}

func TestUsage_InvalidFlagsAndVariablesExitWith2(t *testing.T) {
	all := invalidValues()
	for key, flag := range flagsOf(t) {
		command, name, _ := strings.Cut(key, " ")
		invalid, known := all[key]
		switch {
		case slices.Contains(withoutVariable(), key):
			continue
		case !known:
			t.Errorf("%s: say here which of its values are invalid", key)
		}
		for _, value := range invalid {
			args := append([]string{command, name + "=" + value}, arguments(command)...)
			usageError(t, name, args...)
			if value == "" {
				continue // as a variable: not set
			}
			t.Run(flag.Tag.Envs[0], func(t *testing.T) {
				t.Setenv(flag.Tag.Envs[0], value)
				usageError(t, name, append([]string{command}, arguments(command)...)...)
			})
		}
	}
}

func TestUsage_InvalidArgumentsExitWith2(t *testing.T) {
	for _, test := range []struct {
		what string
		args []string
	}{
		{"<file>", []string{"check"}},
		{"<file>", []string{"check", ""}},
		{"<job_id>", []string{"job"}},
		{"<job_id>", []string{"job", ""}},
		{"<job_id>", []string{"job", "aa", "not hex"}},
		{"<shell>", []string{"completion"}},
		{"<shell>", []string{"completion", "csh"}},
		{"unexpected argument serv", []string{"serv"}},
		{"unexpected argument cielo24.yml", []string{"cielo24.yml"}},
		{"unexpected argument now", []string{"version", "now"}},
		{`unknown flag --confg.file, did you mean "--config.file"?`, []string{"--confg.file=x"}},
		{"unknown flag --simulator.jobs", []string{"demo", "--simulator.jobs=1"}},
		{"--shard=3: must be from 0 to 2, one less than --total-shards", []string{"--shard=3", "--total-shards=3"}},
		{`--web.listen-address="": the address is empty`, []string{"--web.listen-address=:10059", "--web.listen-address="}},
		{`--web.listen-address="localhost": the port is missing (expected HOST:PORT, such as 127.0.0.1:10059 or :10059); see cielo24_exporter --help`, []string{"--web.listen-address=localhost"}},
	} {
		usageError(t, test.what, test.args...)
	}
}

// What is meant but does not work is a failure.
func TestUsage_FailuresExitWith1(t *testing.T) {
	dir := t.TempDir()
	missing, broken := filepath.Join(dir, "missing.yml"), filepath.Join(dir, "broken.yml")
	writeFile(t, broken, "nothing: 1\n")
	for _, args := range [][]string{
		{"--config.file=" + missing},
		{"--config.file=" + broken},
		{"--config.file=" + missing, "--shard=2", "--total-shards=3", "--web.max-requests=0", "--scrape.timeout-offset=0s", "--web.listen-address=:0,[::1]:0,localhost:65535"},
		{"--config.file=" + broken, "--web.config.file=" + missing},
		{"check", missing},
		{"check", broken},
		{"job", "--config.file=" + missing, "AA-bb"},
		{"health", "--web.listen-address=127.0.0.1:1,:0"},
		{"health", "--web.config.file=" + broken},
		{"demo", "--web.listen-address=192.0.2.1:0", "--simulator.listen-address=127.0.0.1:0"},
		{"simulate", "--simulator.listen-address=192.0.2.1:0"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, &stdout, &stderr); code != exitFailure || stderr.Len() == 0 {
			t.Errorf("%q: got exit code %d and %q, want 1 and the reason", args, code, &stderr)
		}
	}
}

// parsed returns what the command line means, or the error.
func parsed(t *testing.T, command string) (cli, error) {
	t.Helper()
	var c cli
	parser, err := newParser(&c, build{}, kong.Exit(func(int) { t.Error("the parser wants to exit") }))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(append([]string{command}, arguments(command)...))
	return c, err
}

func TestEnvironment_AnEmptyVariableCountsAsNotSet(t *testing.T) {
	for key, flag := range flagsOf(t) {
		if slices.Contains(withoutVariable(), key) {
			if len(flag.Tag.Envs) != 0 {
				t.Errorf("%s: got the variables %v, want none", key, flag.Tag.Envs)
			}
			continue
		}
		command, _, _ := strings.Cut(key, " ")
		want, err := parsed(t, command)
		if err != nil {
			t.Fatal(err)
		}
		if len(flag.Tag.Envs) != 1 {
			t.Errorf("%s: got the variables %v, want one", key, flag.Tag.Envs)
			continue
		}
		variable := flag.Tag.Envs[0]
		t.Run(key, func(t *testing.T) {
			t.Setenv(variable, "")
			if got, err := parsed(t, command); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s is empty: got %+v, %v; want %+v", variable, got, err, want)
			}
			t.Setenv(variable, "something else")
			if got, err := parsed(t, command); err == nil && reflect.DeepEqual(got, want) {
				t.Errorf("%s has no effect", variable)
			}
		})
	}
}

func TestEnvironment_SetsWhatFlagsSet(t *testing.T) {
	t.Setenv("CIELO24_EXPORTER_WEB_LISTEN_ADDRESS", "127.0.0.1:1,[::1]:2")
	t.Setenv("CIELO24_EXPORTER_SCRAPE_TIMEOUT_OFFSET", "1s")
	t.Setenv("CIELO24_EXPORTER_WEB_ENABLE_PPROF", "true")
	c, err := parsed(t, "serve")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Serve.ListenAddresses; !reflect.DeepEqual(got, addressList{"127.0.0.1:1", "[::1]:2"}) {
		t.Errorf("got the addresses %q", got)
	}
	if got := c.Serve.TimeoutOffset.String(); got != "1s" || !c.Serve.Pprof {
		t.Errorf("got the offset %s, profiles %t; want 1s and true", got, c.Serve.Pprof)
	}
}
