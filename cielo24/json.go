package cielo24

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// byteOrderMark is what some servers put in front of JSON.
const byteOrderMark = "\xef\xbb\xbf"

var errNotJSON = errors.New("the body is not valid JSON")

// decodeObject reads body into v if it is one JSON object, and says in a reader's words what else it is.
func decodeObject(body []byte, v any) error {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte(byteOrderMark)))
	var first byte
	if len(body) > 0 {
		first = body[0]
	}
	if err := looksLikeObject(first); err != nil {
		return err
	}
	if json.Unmarshal(body, v, tolerant()) != nil {
		return errNotJSON
	}
	return nil
}

// looksLikeObject tells by the first byte of a body what it is; 0 stands for an empty one.
func looksLikeObject(first byte) error {
	switch first {
	case '{':
		return nil
	case 0:
		return errors.New("the body is empty")
	case '<':
		return errors.New("the body is HTML or XML, not JSON")
	case '[':
		return errors.New("the body is a JSON list, not an object")
	}
	return errors.New("the body is not a JSON object")
}

// tolerant reads what is not quite JSON as encoding/json has always done.
func tolerant() json.Options {
	return json.JoinOptions(json.MatchCaseInsensitiveNames(true), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// text accepts any JSON value: a string as it is, a number or boolean as its digits or letters, anything else as "".
type text string

// UnmarshalJSONFrom fails only for what is no JSON.
func (t *text) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	s, err := scalar(d)
	*t = text(s)
	return err
}

// given reports whether there is a text.
func (t text) given() bool { return strings.TrimSpace(string(t)) != "" }

// label returns t fit for labels, pages and logs. Secrets go first: a cut could leave half of one.
func (t text) label(r redactor) string { return oneLine(r.scrub(string(t))) }

// number accepts any JSON value: a number, or a string that is one. What is neither, or negative or infinite, is
// absent.
type number struct{ value *float64 }

// UnmarshalJSONFrom fails only for what is no JSON.
func (n *number) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	n.value = nil
	s, err := scalar(d)
	if f, err := strconv.ParseFloat(strings.TrimSpace(s), 64); err == nil && f >= 0 && !math.IsInf(f, 0) {
		n.value = &f
	}
	return err
}

// scalar reads a value and returns the text of a string, number or boolean, and "" for null, objects and lists.
func scalar(d *jsontext.Decoder) (string, error) {
	switch d.PeekKind() {
	case jsontext.KindNull, jsontext.KindBeginObject, jsontext.KindBeginArray:
		return "", d.SkipValue()
	}
	token, err := d.ReadToken()
	if err != nil {
		return "", err
	}
	return token.String(), nil
}

// oneLine bounds a text of the API for labels, pages and logs: valid UTF-8, no control characters, at most maxText
// bytes, visibly cut.
func oneLine(s string) string {
	if strings.IndexFunc(s, unicode.IsControl) >= 0 || !utf8.ValidString(s) {
		s = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return ' '
			}
			return r
		}, strings.ToValidUTF8(s, "\uFFFD"))
	}
	s = strings.TrimSpace(s)
	if len(s) <= maxText {
		return s
	}
	const ellipsis = "…"
	cut := maxText - len(ellipsis)
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ellipsis
}
