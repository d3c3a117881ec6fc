package cielo24

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Bounds of what is kept of one value in a job list, in bytes.
const (
	maxElement     = maxJobInfo
	maxElementText = 64 << 10 // Options may be long, and nothing that is read of a job is
)

// values splits JSON at its commas, colons and brackets, a value at a time, and looks at nothing else. So whatever stands
// between them, the end of it is found, and costs no more than itself.
type values struct {
	r     *bufio.Reader
	value []byte // is reused
}

func newValues(r io.Reader) *values {
	b := bufio.NewReaderSize(r, 32<<10)
	const mark = "\xef\xbb\xbf"
	if start, err := b.Peek(len(mark)); err == nil && string(start) == mark {
		_, _ = b.Discard(len(mark))
	}
	return &values{r: b}
}

// opens takes the next byte that is not white space if it is the wanted one.
func (v *values) opens(want byte) (bool, error) {
	for {
		c, err := v.r.ReadByte()
		switch {
		case err != nil:
			return false, err
		case isSpace(c):
			continue
		case c == want:
			return true, nil
		}
		return false, v.r.UnreadByte()
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// next reads a value up to the comma, colon or closing bracket that ends it, and returns both. A text that is too long
// is returned as an empty one, a value that still is too long as nil. The value is good until the next call.
func (v *values) next() (value []byte, end byte, _ error) {
	v.value = v.value[:0]
	depth, whole := 0, true
	for {
		c, err := v.r.ReadByte()
		if err != nil {
			return nil, 0, err
		}
		switch c {
		case '"':
			if err := v.text(); err != nil {
				return nil, 0, err
			}
		case '[', '{':
			depth++
		case ']', '}', ',', ':':
			if depth == 0 {
				if !whole {
					return nil, c, nil
				}
				return bytes.TrimSpace(v.value), c, nil
			}
			if c == ']' || c == '}' {
				depth--
			}
		}
		if c != '"' {
			v.value = append(v.value, c)
		}
		if len(v.value) > maxElement {
			whole = false
			v.value = v.value[:0]
		}
	}
}

// text reads a text behind its opening quote, to the closing one.
func (v *values) text() error {
	from := len(v.value)
	v.value = append(v.value, '"')
	for escaped := false; ; {
		c, err := v.r.ReadByte()
		if err != nil {
			return err
		}
		if len(v.value)-from <= maxElementText {
			v.value = append(v.value, c)
		}
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			if len(v.value)-from > maxElementText {
				// Not the beginning of it: that could be half a secret, which nobody would find.
				v.value = append(v.value[:from], `""`...)
			}
			return nil
		}
	}
}

// ended is the error of a body that ends or, without an err, goes on in a way that JSON does not.
func ended(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return errNotJSON
	}
	return err
}
