package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	File string
	Line int    // counted from 1; 0 when the file as a whole is meant
	Key  string // such as accounts[0].jobs[3].id; empty when none is meant
	Text string // what is wrong and what to do, without secrets
}

// String returns the problem in one line: file:line: key: text.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	if p.Key != "" {
		b.WriteString(": " + p.Key)
	}
	b.WriteString(": " + p.Text)
	return strings.NewReplacer("\n", " ", "\r", " ").Replace(b.String())
}

// Problems is everything that is wrong, as an error.
type Problems []Problem //nolint:errname // it is what it says

// Error is one line a problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds how many problems of one file are reported; the rest shows once those are fixed.
const maxProblems = 100

// sorted returns the problems in the order of their lines.
func (r *reader) sorted() Problems {
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	if r.more > 0 {
		r.problems = append(r.problems, Problem{File: r.file, Text: fmt.Sprintf("and %d more problems", r.more)})
	}
	return r.problems
}
