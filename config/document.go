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

// readFile reads a file of at most maxFile bytes, or says in a few words why it cannot.
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
		return nil, "cannot be read"
	case len(data) > maxFile:
		return nil, "larger than " + strconv.Itoa(maxFile>>20) + " MiB"
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
		return "permission denied"
	}
	return "cannot be opened"
}

// document parses data, which must be one YAML document that is not empty.
func (r *reader) document(data []byte) (value, bool) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if line, text := encodingProblem(data); text != "" {
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
	r.add(max(second.Line, 1), "", "a second YAML document starts here; a file has only one")
	return value{}, false
}

// encodingProblem says why data is not UTF-8 text that YAML allows, and in which line; "" if it is.
func encodingProblem(data []byte) (line int, text string) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return 1, "is UTF-16; save it as UTF-8"
	}
	if before, _, found := bytes.Cut(data, []byte{0}); found {
		return bytes.Count(before, []byte("\n")) + 1, "contains a NUL byte; not a text file, or UTF-16"
	}
	line = 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			return line, "is not valid UTF-8"
		case disallowed(r):
			return line, fmt.Sprintf("contains a control character (%U), which YAML does not allow", r)
		case r == '\n':
			line++
		}
		data = data[size:]
	}
	return 0, ""
}

// disallowed reports whether YAML does not allow r. Its parser refuses such characters, too, but names no line.
func disallowed(r rune) bool {
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
		text = "a list in [ ] is missing a comma or the closing ]"
	case text == "did not find expected ',' or '}'":
		text = "a mapping in { } is missing a comma or the closing }"
	case text == "did not find expected key", text == "did not find expected '-' indicator":
		text = "the indentation is inconsistent from this line on"
	case strings.Contains(text, "anchor"):
		text = "alias (*name) without its anchor (&name); quote a value that starts with *"
	case strings.Contains(text, "tab character"), strings.Contains(text, "cannot start any token"):
		text = "unexpected character; quote the value, and indent with spaces, not tabs"
	default:
		text = regexp.MustCompile("(`[^`]*`|\"[^\"]*\"|'[^':]+')").ReplaceAllString(text, "…")
	}
	return max(line, 1), "not valid YAML: " + text
}

// fromParser reports whether yaml.v3's parser, and not its scanner, is the source of the error.
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
