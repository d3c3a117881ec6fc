package manual

import (
	_ "embed"
	"fmt"
	"io"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

//go:embed completion.bash.tmpl
var bashTemplate string

//go:embed completion.zsh.tmpl
var zshTemplate string

//go:embed completion.fish.tmpl
var fishTemplate string

// WriteCompletion writes the script that completes the command line of app in a shell: bash, zsh or fish.
func WriteCompletion(w io.Writer, app *kong.Application, shell string) error {
	p := read(app)
	switch shell {
	case "bash":
		return render(w, bashTemplate, p, nil)
	case "zsh":
		return render(w, zshTemplate, p, template.FuncMap{"quote": zshQuote})
	case "fish":
		return render(w, fishTemplate, p, template.FuncMap{"quote": fishQuote})
	}
	return fmt.Errorf("no completion for the shell %q", shell)
}

// zshQuote makes text safe within single quotes, and within the brackets and between the colons of an argument's
// specification.
func zshQuote(s string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `:`, `\:`, `'`, `'\''`).Replace(s)
}

// fishQuote makes text safe within single quotes.
func fishQuote(s string) string {
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s)
}
