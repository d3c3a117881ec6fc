package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// maxFile bounds a configuration or job file, in bytes: some 200,000 jobs.
const maxFile = 8 << 20

// readFile reads a file of at most maxFile bytes, or says in a few words why it can't.
func readFile(file string) (data []byte, problem string) {
	f, err := os.Open(file)
	if err != nil {
		return nil, openProblem(err)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, "is a directory, not a file"
	}
	data, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, "can't be read"
	case len(data) > maxFile:
		return nil, "has more than " + strconv.Itoa(maxFile>>20) + " MiB"
	}
	return data, ""
}

// readRegular is readFile for what must be a plain file: to open a named pipe would wait for somebody to write to it.
func readRegular(file string) (data []byte, problem string) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, openProblem(err)
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil, "is not a regular file"
	}
	return readFile(file)
}

func openProblem(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file"
	case errors.Is(err, fs.ErrPermission):
		return "no permission to read it"
	}
	return "can't be opened"
}

// document parses data, which must be one YAML document that is not empty.
func (r *reader) document(data []byte) (value, bool) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if line, text := foreign(data); text != "" {
		r.add(line, "", text)
		return value{}, false
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	err := d.Decode(&first)
	if errors.Is(err, io.EOF) || err == nil && (len(first.Content) == 0 || isNull(first.Content[0])) {
		r.add(0, "", "is empty")
		return value{}, false
	}
	if err == nil {
		if err = d.Decode(&second); errors.Is(err, io.EOF) {
			return value{reader: r, node: first.Content[0]}, true
		}
	}
	if err != nil {
		line, text := syntaxProblem(err)
		r.add(min(line, 1+bytes.Count(bytes.TrimSpace(data), []byte("\n"))), "", text)
		return value{}, false
	}
	r.add(max(second.Line, 1), "", "a second document begins here; a file has only one")
	return value{}, false
}

// foreign tells the encodings that are no UTF-8 text.
func foreign(data []byte) (line int, text string) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return 1, "is UTF-16; save it as UTF-8"
	}
	if before, _, found := bytes.Cut(data, []byte{0}); found {
		return bytes.Count(before, []byte("\n")) + 1, "has a NUL byte; this is no text file, or one in UTF-16"
	}
	line = 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			return line, "is not valid UTF-8"
		case forbidden(r):
			return line, fmt.Sprintf("has a control character (%U), which YAML does not allow", r)
		case r == '\n':
			line++
		}
		data = data[size:]
	}
	return 0, ""
}

// forbidden tells the characters that YAML does not allow. Its parser refuses them, too, but names no line.
func forbidden(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0 && r != 0x85 ||
		r == 0xfeff || r == 0xfffe || r == 0xffff
}

// syntaxProblem takes the line out of an error of the YAML parser, and whatever it quotes: that may be a secret.
func syntaxProblem(err error) (line int, text string) {
	text = strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, after, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, text = n, after
		}
		if fromParser(text) {
			line++ // yaml.v3 counts the lines of these from 0
		}
	}
	switch {
	case text == "did not find expected ',' or ']'":
		text = "a list in [ ] lacks a comma or its ]"
	case text == "did not find expected ',' or '}'":
		text = "a mapping in { } lacks a comma or its }"
	case text == "did not find expected key", text == "did not find expected '-' indicator":
		text = "the lines from here on are indented in ways that do not fit together"
	case strings.Contains(text, "anchor"):
		text = "an alias (*name) without its anchor (&name); put quotes around a value that begins with *"
	case strings.Contains(text, "tab character"), strings.Contains(text, "cannot start any token"):
		text = "a character that can't begin a value; put quotes around it, and indent with spaces, not tabs"
	default:
		text = regexp.MustCompile("(`[^`]*`|\"[^\"]*\"|'[^':]+')").ReplaceAllString(text, "…")
	}
	return max(line, 1), "no valid YAML: " + text
}

// fromParser tells the errors of yaml.v3's parser from those of its scanner.
func fromParser(text string) bool {
	switch text {
	case "did not find expected ',' or ']'", "did not find expected ',' or '}'", "did not find expected key",
		"did not find expected '-' indicator", "did not find expected node content",
		"did not find expected <document start>", "found undefined tag handle", "found incompatible YAML document",
		"found duplicate %YAML directive", "found duplicate %TAG directive":
		return true
	}
	return false
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }
