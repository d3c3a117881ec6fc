package walkthrough_test

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A step is one thing that a document has its reader do.
type step struct {
	kind     kind
	text     string // the command, the file's content, the address, or the output
	file     string // for write and replace
	receiver string // for replace
}

type kind string

const (
	run     kind = "run"     // a command that ends by itself
	start   kind = "start"   // a program that is left running
	write   kind = "write"   // a file
	replace kind = "replace" // a receiver within a file
	open    kind = "open"    // an address in a browser
	expect  kind = "expect"  // output of a program that is running
)

// block is a paragraph, or the content of a code block.
type block struct {
	language string // of a code block; "sh" if it is only indented
	text     string
}

// readSteps returns what a document has its reader do, from the top or, if section is not empty, in that section only.
func readSteps(t *testing.T, file, section string) []step {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if section != "" {
		_, rest, found := strings.Cut(text, "\n## "+section+"\n")
		if !found {
			t.Fatalf("%s: got no section %q", file, section)
		}
		text, _, _ = strings.Cut(rest, "\n## ")
	}
	blocks := readBlocks(text)
	var steps []step
	for i, b := range blocks {
		var before, after string
		if i > 0 {
			before = blocks[i-1].text
		}
		if i+1 < len(blocks) {
			after = blocks[i+1].text
		}
		switch b.language {
		case "":
			steps = append(steps, inParagraph(b.text)...)
		case "sh":
			s := step{kind: run, text: b.text}
			if strings.Contains(before, "leave it running") || strings.Contains(after, "Press Ctrl-C") {
				s.kind = start
			}
			steps = append(steps, s)
		default:
			steps = append(steps, ofFile(t, b.text, before))
		}
	}
	return steps
}

// readBlocks splits Markdown into paragraphs, on one line each, and code blocks.
func readBlocks(text string) []block {
	var blocks []block
	var paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			blocks = append(blocks, block{text: strings.Join(paragraph, " ")})
		}
		paragraph = nil
	}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		language, fenced := strings.CutPrefix(lines[i], "```")
		switch {
		case fenced:
			flush()
			end := i + 1 + slices.Index(lines[i+1:], "```")
			blocks = append(blocks, block{language, strings.Join(lines[i+1:end], "\n") + "\n"})
			i = end
		case strings.HasPrefix(lines[i], "    ") && len(paragraph) == 0:
			blocks = append(blocks, block{"sh", strings.TrimSpace(lines[i]) + "\n"})
		case strings.TrimSpace(lines[i]) == "":
			flush()
		default:
			paragraph = append(paragraph, strings.TrimSpace(lines[i]))
		}
	}
	flush()
	return blocks
}

// inParagraph returns the addresses to open and the output to expect, in their order.
func inParagraph(text string) []step {
	type found struct {
		at int
		step
	}
	var all []found
	for _, m := range regexp.MustCompile("prints `([^`]+)`").FindAllStringSubmatchIndex(text, -1) {
		all = append(all, found{m[0], step{kind: expect, text: text[m[2]:m[3]]}})
	}
	// An address in a code span is not one to open.
	prose := regexp.MustCompile("`[^`]*`").ReplaceAllStringFunc(text, func(code string) string { return strings.Repeat("`", len(code)) })
	for _, m := range regexp.MustCompile(`http://localhost:\d+[/A-Za-z0-9_-]*`).FindAllStringIndex(prose, -1) {
		all = append(all, found{m[0], step{kind: open, text: text[m[0]:m[1]]}})
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.at, b.at) })
	var steps []step
	for _, f := range all {
		steps = append(steps, f.step)
	}
	return steps
}

// ofFile returns the step that a code block which is no command stands for: the paragraph before it names the file, last,
// or the receiver to be replaced and then the file.
func ofFile(t *testing.T, content, before string) step {
	t.Helper()
	names := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(before, -1)
	if len(names) == 0 {
		t.Fatalf("%q does not say into which file this goes:\n%s", before, content)
	}
	s := step{kind: write, text: content, file: names[len(names)-1][1]}
	if strings.Contains(before, "replace") && len(names) > 1 {
		s.kind, s.receiver = replace, names[len(names)-2][1]
	}
	return s
}
