package config

import (
	"bytes"
	"errors"
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
		r.add(syntaxProblem(err))
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
	if utf8.Valid(data) {
		return 0, ""
	}
	line = 1
	for text := range bytes.Lines(data) {
		if !utf8.Valid(text) {
			break
		}
		line++
	}
	return line, "is not valid UTF-8"
}

// syntaxProblem takes the line out of an error of the YAML parser, and whatever it quotes: that may be a secret.
func syntaxProblem(err error) (line int, key, text string) {
	text = strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, after, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, text = n, after
		}
	}
	switch {
	case strings.Contains(text, "anchor"):
		text = "an alias (*name) without its anchor (&name); put quotes around a value that begins with *"
	case strings.Contains(text, "tab character"), strings.Contains(text, "cannot start any token"):
		text = "a character that can't begin a value; put quotes around it, and indent with spaces, not tabs"
	default:
		text = regexp.MustCompile("(`[^`]*`|\"[^\"]*\"|'[^':]+')").ReplaceAllString(text, "…")
	}
	return max(line, 1), "", "no valid YAML: " + text
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }
