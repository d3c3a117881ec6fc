package cielo24

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// errTooLarge ends the reading of an answer beyond its bound.
var errTooLarge = errors.New("the answer is too large")

// boundedReader reads at most left bytes of r and remembers what went wrong, so that a decoder's complaint about a
// body that broke off is not mistaken for a complaint about the body.
type boundedReader struct {
	r    io.Reader
	left int64
	err  error // nil, or the first error other than io.EOF
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	// One byte more than is allowed tells "exactly full" from "too large".
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		n, err = n-1, errTooLarge
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// body is an answer's body: bounded on the wire, decompressed, and bounded again, since a few kilobytes of gzip can
// hold gigabytes.
type body struct {
	wire  *boundedReader
	plain *boundedReader
}

// newBody opens the body of resp. No compression was asked for, yet a server may use it; what is not gzip cannot
// be read.
func newBody(resp *http.Response, limit int64) (*body, error) {
	wire := &boundedReader{r: resp.Body, left: limit}
	switch encoding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		return &body{wire: wire, plain: wire}, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(wire)
		if err != nil {
			return &body{wire: wire, plain: wire}, errors.New("the body is not the gzip its header says it is")
		}
		return &body{wire: wire, plain: &boundedReader{r: z, left: limit}}, nil
	default:
		return &body{wire: wire, plain: wire}, fmt.Errorf("the body has the content encoding %q, which was not asked for",
			oneLine(encoding))
	}
}

// Read reads the plain body.
func (b *body) Read(p []byte) (int, error) { return b.plain.Read(p) }

// tooLarge reports whether the body went beyond its bound.
func (b *body) tooLarge() bool {
	return errors.Is(b.wire.err, errTooLarge) || errors.Is(b.plain.err, errTooLarge)
}
