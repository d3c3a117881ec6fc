package manual

import (
	_ "embed"
	"io"
	"strings"
	"text/template"
	"time"

	"github.com/alecthomas/kong"
)

//go:embed page.tmpl
var pageTemplate string

// Build is what the manual page says of the program besides its use.
type Build struct {
	Version string
	Date    time.Time // zero: not known
}

// WritePage writes the manual page of app, in the macros of man(7).
func WritePage(w io.Writer, app *kong.Application, build Build) error {
	date := ""
	if !build.Date.IsZero() {
		date = build.Date.UTC().Format(time.DateOnly)
	}
	return render(w, pageTemplate, struct {
		program
		Version, Date string
	}{read(app), build.Version, date}, template.FuncMap{"text": troff, "paragraphs": paragraphs, "upper": strings.ToUpper})
}

// troff makes text safe at any place of a line.
func troff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `"`, `\(dq`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

// paragraphs sets lines of plain text: an empty one parts paragraphs, an indented one is an example.
func paragraphs(lines []string) string {
	var b strings.Builder
	example, parted := false, true
	for _, line := range lines {
		if line == "" {
			parted = true
			continue
		}
		indented := strings.HasPrefix(line, "  ")
		if example && !indented {
			b.WriteString(".EE\n.RE\n")
		}
		if parted {
			b.WriteString(".PP\n")
		}
		if indented && !example {
			b.WriteString(".RS 4\n.EX\n")
		}
		example, parted = indented, false
		b.WriteString(troff(strings.TrimSpace(line)) + "\n")
	}
	if example {
		b.WriteString(".EE\n.RE\n")
	}
	return strings.TrimPrefix(b.String(), ".PP\n")
}
