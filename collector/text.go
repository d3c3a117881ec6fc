package collector

import (
	"bytes"
	"io"
	"strconv"
	"time"
)

// WriteText writes snapshots, as they are at now, in Prometheus' text format or in OpenMetrics' (without its end). It
// says what Gather says, and takes a tenth of the time that making metric families and writing those would.
func WriteText(w io.Writer, snapshots []Snapshot, now time.Time, openMetrics bool) error {
	t := text{w: w, openMetrics: openMetrics, buffer: make([]byte, 0, 2*enough)}
	for _, f := range families() {
		t.begin(f)
		for _, s := range snapshots {
			f.write(&t, s, now)
		}
	}
	t.flush()
	return t.err
}

// enough is how many bytes are written at a time.
const enough = 32 << 10

// text is a sink that writes.
type text struct {
	w           io.Writer
	openMetrics bool
	buffer      []byte
	name        string // of the family
	head        string // of the family, until its first series is written
	err         error  // the first one
}

// begin begins another family. One without series does not appear.
func (t *text) begin(f family) {
	t.name, t.head = f.name, "# HELP "+f.name+" "+f.help+"\n# TYPE "+f.name+" gauge\n" // no help needs escaping
}

func (t *text) add(value float64, l, more labels) {
	t.buffer = append(t.buffer, t.head...)
	t.head = ""
	t.buffer = append(t.buffer, t.name...)
	if l != "" {
		t.buffer = append(t.buffer, '{')
		t.buffer = append(t.buffer, l...)
		if more != "" {
			t.buffer = append(t.buffer, ',')
			t.buffer = append(t.buffer, more...)
		}
		t.buffer = append(t.buffer, '}')
	}
	t.buffer = append(t.buffer, ' ')
	t.number(value)
	t.buffer = append(t.buffer, '\n')
	if len(t.buffer) >= enough {
		t.flush()
	}
}

// flush writes what has come together. After the first error nothing more is written.
func (t *text) flush() {
	if t.err == nil {
		_, t.err = t.w.Write(t.buffer)
	}
	t.buffer = t.buffer[:0]
}

// number writes a number; none here is infinite. OpenMetrics wants every one to have a point or an exponent.
func (t *text) number(value float64) {
	from := len(t.buffer)
	switch value {
	case 0:
		t.buffer = append(t.buffer, '0')
	case 1:
		t.buffer = append(t.buffer, '1')
	default:
		t.buffer = strconv.AppendFloat(t.buffer, value, 'g', -1, 64)
	}
	if t.openMetrics && !bytes.ContainsAny(t.buffer[from:], ".e") {
		t.buffer = append(t.buffer, '.', '0')
	}
}
