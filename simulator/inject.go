package simulator

import (
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	dripInterval = 100 * time.Millisecond
	// wireTimeout bounds writing to a client that does not read, on a connection that is no longer the server's.
	wireTimeout = 10 * time.Second
	// cutBytes is how much a truncated answer promises beyond what there is.
	cutBytes = 1000
)

// inject answers a call the way f says; answer is what would be right.
func (s *Simulator) inject(f Fault, w http.ResponseWriter, r *http.Request, answer http.HandlerFunc) {
	// The server notices that a client goes away only when the request's body has been read.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !s.wait(r.Context(), f.Latency) {
		return
	}
	switch {
	case f.Hang:
		select {
		case <-s.closed:
		case <-r.Context().Done():
		}
		disconnect(w, "", false)
	case f.Raw != "":
		disconnect(w, f.Raw, false)
	case f.Break == BreakReset:
		disconnect(w, "", true)
	case f.Break == BreakClose:
		disconnect(w, "", false)
	default:
		s.deliver(f, w, r, answer)
	}
}

// deliver sends the answer, the fault's or the right one, whole or broken.
func (s *Simulator) deliver(f Fault, w http.ResponseWriter, r *http.Request, answer http.HandlerFunc) {
	if f.Status != 0 || f.Body != "" {
		answer = f.answer
	}
	if f.Break == "" {
		answer(&headed{w, f.Header}, r)
		return
	}
	a := &recording{header: make(http.Header), status: http.StatusOK}
	answer(&headed{a, f.Header}, r)
	maps.Copy(w.Header(), a.header)
	if f.Break == BreakTruncate {
		truncate(w, a)
		return
	}
	s.drip(w, r, a)
}

// answer is the answer that the fault makes up.
func (f *Fault) answer(w http.ResponseWriter, _ *http.Request) {
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, f.Body)
}

// truncate promises more than there is, and ends in the middle.
func truncate(w http.ResponseWriter, a *recording) {
	data := a.body.Bytes()
	w.Header().Set("Content-Length", strconv.Itoa(len(data)+cutBytes))
	w.WriteHeader(a.status)
	_, _ = w.Write(data[:len(data)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler) // which is how a handler has its connection closed
}

// drip sends a byte at a time, until the client has all or no more patience.
func (s *Simulator) drip(w http.ResponseWriter, r *http.Request, a *recording) {
	data := a.body.Bytes()
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(a.status)
	flush := http.NewResponseController(w).Flush
	for i := range data {
		if _, err := w.Write(data[i : i+1]); err != nil || flush() != nil {
			return
		}
		if i+1 < len(data) && !s.wait(r.Context(), dripInterval) {
			return
		}
	}
}

// disconnect takes the connection away from the server, writes wire to it, and ends it: with RST, or with FIN.
func disconnect(w http.ResponseWriter, wire string, reset bool) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // a connection that can't be had, as in HTTP/2, ends all the same
	}
	defer func() { _ = conn.Close() }()
	if wire != "" {
		_ = conn.SetDeadline(time.Now().Add(wireTimeout))
		_, _ = io.WriteString(conn, wire)
	}
	if reset {
		abandon(conn)
	}
}

// abandon makes closing conn a reset: what has not been sent is dropped, and the other side is told so.
func abandon(conn net.Conn) {
	if encrypted, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = encrypted.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
		_ = tcp.Close()
	}
}

// headed sets the fault's header, which wins over that of the answer.
type headed struct {
	http.ResponseWriter
	header http.Header
}

func (h *headed) WriteHeader(status int) {
	for name, values := range h.header {
		h.Header()[http.CanonicalHeaderKey(name)] = values
	}
	h.header = nil
	h.ResponseWriter.WriteHeader(status)
}

func (h *headed) Write(p []byte) (int, error) {
	if h.header != nil {
		h.WriteHeader(http.StatusOK)
	}
	return h.ResponseWriter.Write(p)
}

// recording is an answer that is not sent yet.
type recording struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *recording) Header() http.Header         { return a.header }
func (a *recording) WriteHeader(status int)      { a.status = status }
func (a *recording) Write(p []byte) (int, error) { return a.body.Write(p) }
