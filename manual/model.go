package manual

import (
	"io"
	"maps"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"
)

// program is the command line, as the templates see it.
type program struct {
	Name     string
	Summary  string   // the first line of its description
	Text     []string // the rest of it, by lines
	Flags    []flag   // those of every command
	Commands []command
}

type command struct {
	Name    string
	Help    string
	Default bool // runs when no command is named
	Flags   []flag
	Args    []flag
}

// flag is a flag or an argument.
type flag struct {
	Name    string
	Short   string // one letter, or empty
	Help    string
	Value   string   // what stands for its value, or empty if it takes none
	Choices []string // what its value must be one of
	Repeats bool     // may be given several times
}

// File tells whether the value is the name of a file. So say their names: of flags FILE, of arguments file.
func (f flag) File() bool { return strings.EqualFold(f.Value, "file") }

// Default is the command that runs when none is named. A program without one has no flags there.
func (p program) Default() command {
	i := slices.IndexFunc(p.Commands, func(c command) bool { return c.Default })
	if i < 0 {
		return command{}
	}
	return p.Commands[i]
}

// read takes out of kong's model what a user sees.
func read(app *kong.Application) program {
	summary, text, _ := strings.Cut(app.Help, "\n")
	p := program{
		Name: app.Name, Summary: strings.TrimSuffix(summary, "."), Text: strings.Split(strings.TrimSpace(text), "\n"),
		Flags: flags(app.Flags),
	}
	for _, node := range app.Leaves(true) {
		c := command{Name: node.Path(), Help: node.Help, Default: node == app.DefaultCmd, Flags: flags(node.Flags)}
		for _, arg := range node.Positional {
			c.Args = append(c.Args, value(arg, arg.Name))
		}
		p.Commands = append(p.Commands, c)
	}
	return p
}

func flags(from []*kong.Flag) []flag {
	var all []flag
	for _, f := range from {
		if f.Hidden {
			continue
		}
		placeholder := ""
		if !f.IsBool() {
			placeholder = f.FormatPlaceHolder()
			if f.Enum != "" {
				placeholder = strings.ToUpper(f.Name[strings.LastIndex(f.Name, ".")+1:])
			}
		}
		one := value(f.Value, strings.TrimSuffix(placeholder, ",..."))
		if f.Short != 0 {
			one.Short = string(f.Short)
		}
		all = append(all, one)
	}
	return all
}

func value(v *kong.Value, placeholder string) flag {
	f := flag{Name: v.Name, Help: v.Help, Value: placeholder, Repeats: v.IsCumulative()}
	if v.Enum != "" {
		f.Choices = v.EnumSlice()
	}
	return f
}

// render writes the template text, filled in with data. escapes are the template's own functions.
func render(w io.Writer, text string, data any, escapes template.FuncMap) error {
	funcs := template.FuncMap{"join": strings.Join}
	maps.Copy(funcs, escapes)
	t, err := template.New("").Funcs(funcs).Parse(text)
	if err != nil {
		return err
	}
	return t.Execute(w, data)
}
