package web

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"cielo24_exporter/collector"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// exposition writes metric families in the format and the encoding that the client asks for.
type exposition struct {
	buffer  *bufio.Writer
	zip     *gzip.Writer // nil if the client does not take gzip
	format  expfmt.Format
	encoder expfmt.Encoder
	err     error // the first one
}

// newExposition writes the headers of the answer.
func newExposition(w http.ResponseWriter, r *http.Request) *exposition {
	format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
	w.Header().Set("Content-Type", string(format))
	w.Header().Add("Vary", "Accept, Accept-Encoding")
	e := &exposition{format: format}
	var to io.Writer = w
	if acceptsGzip(r.Header) {
		w.Header().Set("Content-Encoding", "gzip")
		// The fastest level: series of one family are so alike that a better one gains little.
		e.zip, e.err = gzip.NewWriterLevel(w, gzip.BestSpeed)
		to = e.zip
	}
	e.buffer = bufio.NewWriterSize(to, 64<<10)
	e.encoder = expfmt.NewEncoder(e.buffer, format)
	return e
}

// write writes a family. After the first error nothing more is written; close returns it.
func (e *exposition) write(family *dto.MetricFamily) {
	if e.err == nil {
		e.err = e.encoder.Encode(family)
	}
}

// writeSnapshots writes the metrics of jobs.
func (e *exposition) writeSnapshots(snapshots []collector.Snapshot, now time.Time) {
	switch format := e.format.FormatType(); {
	case e.err != nil:
	case format == expfmt.TypeTextPlain || format == expfmt.TypeOpenMetrics:
		e.err = collector.WriteText(e.buffer, snapshots, now, format == expfmt.TypeOpenMetrics)
	default:
		for _, family := range collector.Gather(snapshots, now) {
			e.write(family)
		}
	}
}

// close ends the exposition and returns the first error.
func (e *exposition) close() error {
	if closer, ok := e.encoder.(expfmt.Closer); ok && e.err == nil {
		e.err = closer.Close() // OpenMetrics has an end
	}
	e.err = errors.Join(e.err, e.buffer.Flush())
	if e.zip != nil {
		e.err = errors.Join(e.err, e.zip.Close())
	}
	return e.err
}

// acceptsGzip reports whether the client takes gzip.
func acceptsGzip(h http.Header) bool {
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, parameters, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), ";")
		q := strings.TrimSpace(parameters)
		if coding = strings.TrimSpace(coding); coding == "gzip" || coding == "*" {
			return !strings.HasPrefix(q, "q=0") || strings.ContainsAny(q[3:], "123456789")
		}
	}
	return false
}
