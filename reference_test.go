package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"cielo24_exporter/config"
)

// printed returns what the program prints.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	var b bytes.Buffer
	run(t.Context(), args, &b, &b)
	return b.String()
}

// documentedKeys returns the rows of the tables of a document, by section and first column.
func documentedKeys(t *testing.T, file string) map[string]map[string][]string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sections, section := map[string]map[string][]string{}, ""
	for line := range strings.Lines(string(data)) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.TrimSpace(title)
			sections[section] = map[string][]string{}
		}
		if strings.HasPrefix(line, "| `") {
			cells := strings.Split(line, " | ")
			sections[section][strings.Trim(cells[0], "|` ")] = cells[1:]
		}
	}
	return sections
}

func TestEveryConfigurationKeyIsInTheDocuments(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cielo24.yml")
	// What is refused says what there is.
	writeFile(t, file, "accounts: [{name: a, nothing: 1, login: {nothing: 1}, discovery: {nothing: 1}, jobs: [{id: aa, nothing: 1}]}]")
	problems := printed(t, "check", file)
	sections := documentedKeys(t, "docs/configuration.md")
	for section, key := range map[string]string{
		"accounts": "accounts[0].nothing", "login": "accounts[0].login.nothing", "discovery": "accounts[0].discovery.nothing", "jobs": "accounts[0].jobs[0].nothing",
	} {
		_, rest, found := strings.Cut(problems, key+": unknown key (known: ")
		list, _, _ := strings.Cut(rest, ")\n")
		if documented := slices.Sorted(maps.Keys(sections[section])); !found || strings.Join(documented, ", ") != list {
			t.Errorf("section %s has %v, the exporter: %s", section, documented, list)
		}
	}
}

func TestDocumentedDefaultsAreTheDefaults(t *testing.T) {
	const minimal = "accounts:\n  - name: a\n    api_token: x\n    jobs: [aa]\n    discovery:\n"
	var defaults, discovery strings.Builder
	for section, b := range map[string]*strings.Builder{"accounts": &defaults, "discovery": &discovery} {
		for key, cells := range documentedKeys(t, "docs/configuration.md")[section] {
			if value := strings.Trim(cells[0], "`"); value != "none" && value != "required" {
				fmt.Fprintf(b, "      %s: %s\n", key, value)
			}
		}
	}
	want, err := config.Parse("c.yml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	text := minimal + discovery.String() + strings.ReplaceAll(defaults.String(), "      ", "    ")
	have, err := config.Parse("c.yml", []byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	a, b := have.Accounts[0], want.Accounts[0]
	a.Token, b.Token = nil, nil // two sources of the same secret
	if !reflect.DeepEqual(a, b) {
		t.Errorf("with the documented defaults:\n%+v\nwithout:\n%+v", a, b)
	}
}

const commandLineIntro = `# Command line

Generated from the program by ` + "`go test -run CommandLine . -update`" + `; a test keeps it true.

Every flag can also be set by an environment variable: ` + "`--config.file`" + ` by ` + "`CIELO24_EXPORTER_CONFIG_FILE`" + `. A variable that is
empty counts as not set.

| exit code | meaning |
|---|---|
| 0 | success |
| 1 | failure |
| 2 | usage error: an unknown command or flag, or an invalid argument, flag or variable |

` + "`serve`, `demo` and `simulate`" + ` keep running when the reader of their output goes away; the other commands end, as usual.
`

func TestTheCommandLineIsInTheDocuments(t *testing.T) {
	t.Setenv("COLUMNS", "100")
	var b strings.Builder
	b.WriteString(commandLineIntro)
	help := printed(t, "--help")
	fmt.Fprintf(&b, "\n```\n%s```\n", help)
	_, commands, _ := strings.Cut(help, "\nCommands:\n")
	commands, _, _ = strings.Cut(commands, "\n\n")
	for line := range strings.Lines(commands) {
		if strings.HasPrefix(line, "   ") {
			continue // the rest of a sentence
		}
		name := strings.Fields(line)[0]
		fmt.Fprintf(&b, "\n## %s\n\n```\n%s```\n", name, printed(t, name, "--help"))
	}
	compareDocument(t, "docs/command-line.md", b.String())
}
