package cielo24

import (
	"bufio"
	"bytes"
	"io"
)

// scanner cuts JSON into values by their bytes, as they arrive. It looks at quotes and brackets alone, so that a value
// that is not quite JSON costs no other, and holds no more of one than it is asked to.
type scanner struct {
	r     *bufio.Reader
	value []byte // of the value that was cut last
}

func newScanner(r io.Reader) *scanner { return &scanner{r: bufio.NewReaderSize(r, 32<<10)} }

// peek returns the next byte that is not white space, and leaves it.
func (s *scanner) peek() (byte, error) {
	for {
		b, err := s.r.ReadByte()
		if err != nil {
			return 0, err
		}
		if !isSpace(b) {
			return b, s.r.UnreadByte()
		}
	}
}

// skip takes the byte that peek has returned.
func (s *scanner) skip() { _, _ = s.r.ReadByte() }

// cut takes the next value. It returns nil if that has more than most bytes. What it returns is good until the next
// call.
func (s *scanner) cut(most int) ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	var n nesting
	s.value = s.value[:0]
	for tooLong := false; ; {
		if _, err := s.r.Peek(1); err != nil {
			return nil, err
		}
		window, _ := s.r.Peek(s.r.Buffered())
		taken, complete := n.scan(window)
		if tooLong = tooLong || len(s.value)+taken > most; !tooLong {
			s.value = append(s.value, window[:taken]...)
		}
		_, _ = s.r.Discard(taken) // it is buffered
		switch {
		case complete && tooLong:
			return nil, nil
		case complete:
			return s.value, nil
		}
	}
}

// maxNesting is how many open brackets are told apart; beyond it they are only counted. No job nests so deep, and no
// decoder would follow.
const maxNesting = 1000

// nesting is where in a value a scan is. The zero value is in front of one.
type nesting struct {
	begun, scalar     bool   // scalar: neither string, object nor list
	inString, escaped bool   // escaped: behind a backslash
	open              []byte // the closing brackets that are due, outermost first
	deeper            int    // open brackets beyond those
}

// scan reads on in p, and returns how many of its bytes belong to the value and whether that is complete.
func (n *nesting) scan(p []byte) (taken int, complete bool) {
	for i, b := range p {
		if !n.begun {
			n.begun = true
			n.scalar = b != '"' && b != '{' && b != '['
			if n.scalar {
				continue // whatever it is, or there would be no end of it
			}
		}
		switch {
		case n.scalar:
			if isSpace(b) || b == ',' || b == ']' || b == '}' {
				return i, true
			}
		case n.inString:
			if n.inside(b) && n.depth() == 0 {
				return i + 1, true
			}
		case n.outside(b) && n.depth() == 0:
			return i + 1, true
		}
	}
	return len(p), false
}

// inside takes a byte of a string and reports whether it ends the string.
func (n *nesting) inside(b byte) (ends bool) {
	switch {
	case n.escaped:
		n.escaped = false
	case b == '\\':
		n.escaped = true
	case b == '"':
		n.inString = false
	}
	return !n.inString
}

// outside takes a byte between strings and reports whether it is a closing bracket. One that fits none of those that
// are open is ignored; one that fits another than the last closes all up to there.
func (n *nesting) outside(b byte) (closes bool) {
	switch b {
	case '"':
		n.inString = true
	case '{', '[':
		if len(n.open) < maxNesting {
			n.open = append(n.open, b+2) // in ASCII, } is two behind {, and ] two behind [
		} else {
			n.deeper++
		}
	case '}', ']':
		if n.deeper > 0 {
			n.deeper--
		} else if i := bytes.LastIndexByte(n.open, b); i >= 0 {
			n.open = n.open[:i]
		}
		return true
	}
	return false
}

func (n *nesting) depth() int { return len(n.open) + n.deeper }

func isSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\r' || b == '\n' }
