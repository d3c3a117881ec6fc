package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

func join(parent, key string) string {
	if parent == "" {
		return key
	}
	return parent + "." + key
}

// keyShape is what keys look like. Anything else may be a secret in the wrong place, and is not repeated.
const keyShape = `^[a-z_]{1,32}$`

// shownKey returns the key if it may be repeated.
func shownKey(name *yaml.Node) string {
	if name.Kind == yaml.ScalarNode && regexp.MustCompile(keyShape).MatchString(name.Value) {
		return name.Value
	}
	return "(key)"
}

// unknownKey says that a key is unknown, and which one was probably meant.
func unknownKey(name string, known map[string]func(value)) string {
	if name == "<<" {
		return "merge keys (<<) are not supported; write out the values"
	}
	best, least := "", 3
	names := make([]string, 0, len(known))
	for candidate := range known {
		names = append(names, candidate)
	}
	slices.Sort(names)
	for _, candidate := range names {
		if d := distance(name, candidate); d < least {
			best, least = candidate, d
		}
	}
	if best != "" {
		return fmt.Sprintf("unknown key; did you mean %s?", best)
	}
	return "unknown key (known: " + strings.Join(names, ", ") + ")"
}

// distance is the number of letters to insert, remove or replace to get from a to b. Long names are as far as can be.
func distance(a, b string) int {
	if len(a) > 40 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
