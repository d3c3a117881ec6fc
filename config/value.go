package config

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// Bounds of a document, so that aliases of aliases and endless nesting end soon.
const (
	maxNodes = 2000000
	maxDepth = 50
)

// reader reads one file and gathers what is wrong with it.
type reader struct {
	file     string
	dir      string // where relative paths begin
	problems []Problem
	more     int // problems beyond maxProblems
	budget   int // values that may still be visited
}

func (r *reader) add(line int, key, text string) {
	if len(r.problems) >= maxProblems && r.budget > 0 {
		r.more++
		return
	}
	r.problems = append(r.problems, Problem{File: r.file, Line: line, Key: key, Text: text})
}

// value is a place in the document.
type value struct {
	*reader
	node  *yaml.Node
	key   string
	depth int
}

// fail notes that something is wrong here.
func (v value) fail(format string, args ...any) {
	v.add(v.node.Line, v.key, fmt.Sprintf(format, args...))
}

// at is the value below v, with its alias resolved; false when there have been too many.
func (v value) at(key string, node *yaml.Node) (value, bool) {
	next := value{v.reader, node, key, v.depth + 1}
	if v.budget--; v.budget <= 0 || next.depth > maxDepth {
		if v.budget >= 0 {
			v.budget = -1 // said once
			next.fail("too many values, or nested too deeply; are there aliases of aliases?")
		}
		return value{}, false
	}
	for range maxDepth {
		if node.Kind != yaml.AliasNode {
			break
		}
		node = node.Alias
	}
	resolved := *node
	resolved.Line = next.node.Line // where it is used is where it is wrong
	if node == next.node {
		return next, true
	}
	next.node = &resolved
	return next, true
}

// found describes the kind of value, without its content.
func (v value) found() string {
	switch v.node.Kind {
	case yaml.MappingNode:
		return "a mapping (key: value)"
	case yaml.SequenceNode:
		return "a list"
	case yaml.ScalarNode:
		if isNull(v.node) {
			return "nothing"
		}
		return "a single value"
	}
	return "something else"
}

// mapping calls, for every key, the function of that name, and returns the keys that are there; nil if v is not a mapping.
func (v value) mapping(known map[string]func(value)) map[string]*yaml.Node {
	if v.node.Kind != yaml.MappingNode {
		v.fail("must be a mapping (key: value), found %s", v.found())
		return nil
	}
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		name := v.node.Content[i]
		below, ok := v.at(join(v.key, name.Value), v.node.Content[i+1])
		if !ok {
			return seen
		}
		read := known[name.Value]
		switch {
		case name.Kind != yaml.ScalarNode || read == nil:
			v.add(name.Line, join(v.key, shownKey(name)), unknownKey(name.Value, known))
		case seen[name.Value] != nil:
			v.add(name.Line, below.key, fmt.Sprintf("duplicate key, first at line %d", seen[name.Value].Line))
		default:
			seen[name.Value] = name
			read(below)
		}
	}
	return seen
}

// each calls f for every element of a list.
func (v value) each(f func(value)) {
	if v.node.Kind != yaml.SequenceNode {
		v.fail("must be a list, found %s", v.found())
		return
	}
	for i, node := range v.node.Content {
		below, ok := v.at(fmt.Sprintf("%s[%d]", v.key, i), node)
		if !ok {
			return
		}
		f(below)
	}
}

// text returns a single value as it is written, whatever YAML takes it for: 0123 is a token, and 64e28 a job ID.
func (v value) text() (string, bool) {
	if v.node.Kind != yaml.ScalarNode || isNull(v.node) && v.node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
		v.fail("must be a single value, found %s", v.found())
		return "", false
	}
	return v.node.Value, true
}

// duration reads a duration as Prometheus writes it, between least and most.
func (v value) duration(to *time.Duration, least, most time.Duration) {
	s, ok := v.text()
	if !ok {
		return
	}
	d, err := model.ParseDuration(s)
	if err != nil {
		v.fail("must be a duration such as 90s, 5m or 30d, found %s", quote(s))
		return
	}
	if time.Duration(d) < least || time.Duration(d) > most {
		v.fail("must be between %s and %s, found %s", model.Duration(least), model.Duration(most), quote(s))
		return
	}
	*to = time.Duration(d)
}

// integer reads a whole number between 1 and most.
func (v value) integer(to *int, most int) {
	s, ok := v.text()
	if !ok {
		return
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > most {
		v.fail("must be a whole number between 1 and %d, found %s", most, quote(s))
		return
	}
	*to = n
}

// number reads a number that is not negative.
func (v value) number(to *float64) {
	s, ok := v.text()
	if !ok {
		return
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		v.fail("must be a number of at least 0, found %s", quote(s))
		return
	}
	*to = f
}

// quote shows a short value and the beginning of a long one.
func quote(s string) string {
	const most = 60
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strconv.Quote(s)
}
