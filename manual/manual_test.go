package manual_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/manual"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "write the golden files anew")

// grammar has one of everything, and text that needs escaping everywhere.
type grammar struct {
	Brew struct {
		Beans  string   `name:"beans.file" placeholder:"FILE" help:"Beans [it's: \"fresh\"] in C:\\new."`
		Cups   []int    `name:"cup" placeholder:"N" help:"Size of a cup; may be given several times."`
		Hidden bool     `hidden:"" help:"Nobody sees this."`
		Milk   bool     `name:"milk" help:".With milk."`
		Filter []string `arg:"" optional:"" name:"file" help:"Filters."`
	} `cmd:"" default:"withargs" help:"Brew it; don't wait: drink."`
	Clean struct {
		Depth string `arg:"" name:"depth" enum:"rinse,descale" help:"How: ${enum}."`
	} `cmd:"" help:"Clean the pot."`
	Secret struct{} `cmd:"" hidden:"" help:"Nobody sees this."`

	Level string `name:"log.level" default:"info" enum:"debug,info" help:"Say: ${enum}."`
}

func model(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := kong.New(&grammar{}, kong.Name("pot"), kong.DefaultEnvars("POT"),
		kong.Description("Brews coffee.\n\nAs it is drunk:\n\n  pot --milk\n  pot clean rinse\n\n.Never\nwithout."))
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

func TestGeneratedFiles(t *testing.T) {
	for file, write := range map[string]func(*bytes.Buffer) error{
		"pot.bash": func(b *bytes.Buffer) error { return manual.WriteCompletion(b, model(t), "bash") },
		"pot.zsh":  func(b *bytes.Buffer) error { return manual.WriteCompletion(b, model(t), "zsh") },
		"pot.fish": func(b *bytes.Buffer) error { return manual.WriteCompletion(b, model(t), "fish") },
		"pot.1": func(b *bytes.Buffer) error {
			return manual.WritePage(b, model(t), manual.Build{Version: "1.0", Date: time.Unix(0, 0)})
		},
		"pot-undated.1": func(b *bytes.Buffer) error { return manual.WritePage(b, model(t), manual.Build{Version: "1.0"}) },
	} {
		t.Run(file, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", file)
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(want, b.Bytes()) {
				t.Errorf("%s is not what is generated (write it anew with -update, after reading it): %v\n%s", golden, err, &b)
			}
		})
	}
}

func TestAnUnknownShell(t *testing.T) {
	if err := manual.WriteCompletion(&bytes.Buffer{}, model(t), "csh"); err == nil || !strings.Contains(err.Error(), `"csh"`) {
		t.Error(err)
	}
}

// The words are those of bash, which parts --flag=value at the "=". The last is the one to complete.
func TestBashCompletes(t *testing.T) {
	var script bytes.Buffer
	if err := manual.WriteCompletion(&script, model(t), "bash"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, file := range []string{"beans light.txt", "beans_dark.txt"} {
		if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := []string{"beans light.txt", "beans_dark.txt"}
	for _, test := range []struct{ words, want []string }{
		{[]string{""}, []string{"brew", "clean"}},
		{[]string{"c"}, []string{"clean"}},
		{[]string{"--m"}, []string{"--milk"}},
		{[]string{"--"}, []string{"--beans.file=", "--cup=", "--help", "--log.level=", "--milk"}},
		{[]string{"clean", "--"}, []string{"--help", "--log.level="}},
		{[]string{"clean", ""}, []string{"descale", "rinse"}},
		{[]string{"--log.level", "="}, []string{"debug", "info"}},
		{[]string{"clean", "--log.level", "=", "d"}, []string{"debug"}},
		{[]string{"--log.level", "i"}, []string{"info"}},
		{[]string{"--beans.file", "=", "b"}, files},
		{[]string{"brew", "--beans.file", "beans"}, files},
		{[]string{"brew", "b"}, files},
		{[]string{"clean", "--beans.file", "=", "b"}, nil},
		{[]string{"--cup", "=", ""}, nil},
	} {
		words := append([]string{"pot"}, test.words...)
		cmd := exec.CommandContext(t.Context(), "bash", append([]string{"--norc", "-c", script.String() +
			"\n" + `COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _pot; ((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"`, "bash"}, words...)...)
		cmd.Dir = dir
		output, err := cmd.CombinedOutput()
		var got []string
		if text := strings.TrimSuffix(string(output), "\n"); text != "" {
			got = strings.Split(text, "\n")
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%q: %v, %q, want %q", words, err, got, test.want)
		}
	}
}
