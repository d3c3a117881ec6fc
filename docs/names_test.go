package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cielo24_exporter/config"

	"gopkg.in/yaml.v3"
)

// names is what there is to be spoken of.
type names struct {
	metrics  map[string]bool // and recorded series
	alerts   map[string]bool
	flags    map[string]bool
	commands map[string]bool
	targets  map[string]bool // of make
}

// set returns the first groups of all matches.
func set(text, pattern string) map[string]bool {
	all := map[string]bool{}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all[m[1]] = true
	}
	return all
}

// readNames reads them from the documents that other tests compare with the program, and from the rules.
func readNames(t *testing.T) names {
	t.Helper()
	commandLine := read(t, "docs/command-line.md")
	n := names{
		metrics:  set(read(t, "docs/metrics.md"), "(?m)^\\| `(cielo24_[a-z0-9_]+)` \\|"),
		alerts:   map[string]bool{},
		flags:    set(commandLine, `(?m)^ +(?:-\w, )?(--[a-z0-9.-]+)`),
		commands: set(commandLine, `(?m)^## ([a-z]+)$`),
		targets:  set(read(t, "Makefile"), `(?m)^([a-z-]+):`),
	}
	for metric := range n.metrics {
		n.metrics[metric+"_bucket"] = true
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Record, Alert string }
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "examples/prometheus/rules/cielo24.rules.yml")), &rules); err != nil {
		t.Fatal(err)
	}
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			if rule.Alert != "" {
				n.alerts[rule.Alert] = true
			} else {
				n.metrics[rule.Record] = true
			}
		}
	}
	if len(n.metrics) < 40 || len(n.alerts) < 10 || len(n.flags) < 20 || len(n.commands) < 8 || len(n.targets) < 10 {
		t.Fatalf("got %d metrics, %d alerts, %d flags, %d commands, %d targets of make: are they still recognized?",
			len(n.metrics), len(n.alerts), len(n.flags), len(n.commands), len(n.targets))
	}
	return n
}

// unknownMetrics returns the metrics and recorded series in a text that there are not. `cielo24_job_{due,created}_…`
// stands for each.
func (n names) unknownMetrics(text string) (unknown []string) {
	braces := regexp.MustCompile(`(cielo24_[a-z0-9_]*_)\{([a-z,]+)\}(_[a-z0-9_]+)`)
	text = braces.ReplaceAllStringFunc(text, func(short string) string {
		parts := braces.FindStringSubmatch(short)
		var each []string
		for middle := range strings.SplitSeq(parts[2], ",") {
			each = append(each, parts[1]+middle+parts[3])
		}
		return strings.Join(each, " ")
	})
	for _, name := range regexp.MustCompile(`[a-z0-9_:]*cielo24_[a-z0-9_:]*[a-z0-9]`).FindAllString(text, -1) {
		isProgram := regexp.MustCompile(`^_?cielo24_exporter(:ro)?$`).MatchString(name) // a file's name, too, and a volume's
		isTarget := strings.HasPrefix(name, "__meta_cielo24_")
		if !isProgram && !isTarget && !n.metrics[name] {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// unknownFlags returns the flags, variables and commands of this program in a piece of code that there are not. Only code
// that is a flag, or a command line of this program, is about it.
func (n names) unknownFlags(code string) (unknown []string) {
	variables := map[string]bool{}
	for flag := range n.flags {
		variables[strings.NewReplacer("--", "", ".", "_", "-", "_").Replace(strings.ToUpper(flag))] = true
	}
	for variable := range set(code, `CIELO24_EXPORTER_([A-Z_]*[A-Z])`) {
		if !variables[variable] {
			unknown = append(unknown, "CIELO24_EXPORTER_"+variable)
		}
	}
	args := code
	if !strings.HasPrefix(code, "--") {
		// Also within another command, such as docker run IMAGE demo.
		ours := regexp.MustCompile(`(?:^|[ (]|\./)cielo24_exporter ((?:--|[a-z]).*)`).FindStringSubmatch(code)
		if ours == nil {
			return unknown
		}
		args = ours[1]
	}
	for flag := range set(" "+args, ` (--[a-z][a-z0-9.-]*)`) {
		if !n.flags[flag] {
			unknown = append(unknown, flag)
		}
	}
	for command := range set(args, `^([a-z]+)\b`) {
		if !n.commands[command] {
			unknown = append(unknown, "command "+command)
		}
	}
	return unknown
}

func TestNames_InDocumentsExist(t *testing.T) {
	n := readNames(t)
	for file, text := range documents(t) {
		for _, metric := range n.unknownMetrics(text) {
			t.Errorf("%s: there is no metric or recorded series %s", file, metric)
		}
		for alert := range set(text, `\b(Cielo24[A-Z]\w+)`) {
			if !n.alerts[alert] {
				t.Errorf("%s: there is no alert %s", file, alert)
			}
		}
		for _, piece := range code(text) {
			for _, flag := range n.unknownFlags(piece) {
				t.Errorf("%s: there is no %s, in %s", file, flag, piece)
			}
			for target := range set(piece, `(?:^|\s)make ([a-z-]+)`) {
				if !n.targets[target] {
					t.Errorf("%s: there is no target %s of make", file, target)
				}
			}
		}
	}
}

func TestNames_AreRecognized(t *testing.T) {
	n := readNames(t)
	for text, want := range map[string]string{
		"`cielo24_job_up`, `cielo24_job_{due,created}_timestamp_seconds`": "",
		"`cielo24_job_{due,eaten}_timestamp_seconds`":                     "cielo24_job_eaten_timestamp_seconds",
		"`account:cielo24_jobs_open:count`":                               "",
		"`account:cielo24_jobs_eaten:count`":                              "account:cielo24_jobs_eaten:count",
		"rate(cielo24_eaten_total[5m])":                                   "cielo24_eaten_total",
	} {
		if got := strings.Join(n.unknownMetrics(text), " "); got != want {
			t.Errorf("%s: got unknown metrics %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"./cielo24_exporter --shard=0 --total-shards=3": "",
		"--web.nothing":                      "--web.nothing",
		"cielo24_exporter job ID --nothing":  "--nothing",
		"cielo24_exporter eat":               "command eat",
		"CIELO24_EXPORTER_LOG_LEVEL=debug":   "",
		"CIELO24_EXPORTER_LOG_NOTHING=debug": "CIELO24_EXPORTER_LOG_NOTHING",
		"prometheus --config.nothing":        "",
	} {
		if got := strings.Join(n.unknownFlags(text), " "); got != want {
			t.Errorf("%s: got unknown %q, want %q", text, got, want)
		}
	}
	if got := code("a `b`\n\n    c\n\n```sh\nd\n```\ne `f\ng`"); strings.Join(got, ",") != "b,c,d,f g" {
		t.Errorf("got code %q, want b, c, d and f g", got)
	}
}

// Whoever copies a configuration out of a document has one that is valid.
func TestConfigurations_InDocumentsAreValid(t *testing.T) {
	n := 0
	for file, text := range documents(t) {
		for configuration := range set(text, "(?ms)^```yaml\n(accounts:\n.*?)^```$") {
			n++
			dir := t.TempDir()
			for name, content := range map[string]string{"cielo24.yml": configuration, "cielo24.key": "0123456789abcdef\n", "cielo24.token": "0123456789abcdef\n"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := config.Load(filepath.Join(dir, "cielo24.yml")); err != nil {
				t.Errorf("%s: %v, in\n%s", file, err, configuration)
			}
		}
	}
	if n < 2 {
		t.Errorf("got %d configurations in documents, want at least 2: are they still recognized?", n)
	}
}
