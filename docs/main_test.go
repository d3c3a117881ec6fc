// Package docs_test checks the documents against what they speak of: links, metrics, alerts, flags, commands and words.
package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// root is where the repository begins.
const root = ".."

// files returns the files of the repository that git does not ignore and whose names match the pattern, from its root.
func files(t *testing.T, pattern string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "git", "grep", "--no-index", "--exclude-standard", "--files-with-matches", "--null", "-I", "-e", "")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Fatalf("files of the repository: %v", err)
	}
	var found []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if regexp.MustCompile(pattern).MatchString(name) {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		t.Fatalf("got no file that matches %s", pattern)
	}
	return found
}

// read returns the content of a file, named from the root.
func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// documents returns the Markdown of the repository by file, but for the licenses of others.
func documents(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, file := range files(t, `\.md$`) {
		if file != "docs/licences.md" {
			all[file] = read(t, file)
		}
	}
	return all
}

// code returns what stands in code spans, and the lines of code blocks, fenced or indented; a line that goes on in the next
// is one.
func code(text string) []string {
	var all []string
	fenced, paragraph := false, ""
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", "")) {
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
		case fenced || strings.HasPrefix(line, "    ") && paragraph == "":
			all = append(all, strings.TrimSpace(line))
			continue
		case strings.TrimSpace(line) != "":
			paragraph += strings.TrimSuffix(line, "\n") + " "
			continue
		}
		all, paragraph = append(all, spans(paragraph)...), ""
	}
	return append(all, spans(paragraph)...)
}

func spans(paragraph string) []string {
	var all []string
	for _, span := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(paragraph, -1) {
		all = append(all, span[1])
	}
	return all
}
