package cielo24_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/simulator"

	promconfig "github.com/prometheus/common/config"
)

// warm leaves n connections that have been used and are idle, so that net/http has some on which it might repeat.
func warm(t *testing.T, api *simulator.Simulator, client *cielo24.Client, n int) {
	t.Helper()
	var together, asking sync.WaitGroup
	together.Add(n)
	api.SetFault(jobID, simulator.Fault{Body: `{"JobId":"a"}`})
	for range n {
		asking.Go(func() {
			together.Done()
			together.Wait()
			if _, failure := ask(t, client); failure != nil {
				t.Error(failure)
			}
		})
	}
	asking.Wait()
}

// counted counts the writes to all connections of a transport. A request without a body is one.
func counted(t *testing.T, rt http.RoundTripper) *atomic.Int32 {
	t.Helper()
	transport, ok := rt.(*http.Transport)
	if !ok {
		t.Fatalf("got a %T, want a transport whose connections can be counted", rt)
	}
	var writes atomic.Int32
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return countedConn{conn, &writes}, err
	}
	return &writes
}

type countedConn struct {
	net.Conn
	writes *atomic.Int32
}

func (c countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if n > 0 {
		c.writes.Add(1)
	}
	return n, err
}

func TestAttempts_EachIsOneRequestOnTheWire(t *testing.T) {
	for _, how := range []string{simulator.BreakReset, simulator.BreakClose} {
		t.Run(how, func(t *testing.T) {
			api := simulator.New(simulator.Options{})
			t.Cleanup(api.Close)
			var connections atomic.Int32
			server := httptest.NewUnstartedServer(api)
			server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					connections.Add(1)
				}
			}
			server.Start()
			t.Cleanup(server.Close)
			seen := &calls{}
			transport := newTransport(t)
			writes := counted(t, transport)
			client := newClient(t, server.URL, func(o *cielo24.Options) { o.Observe, o.Transport = seen.observe, transport })
			warm(t, api, client, 16)
			if connections.Load() < 4 {
				t.Fatalf("got %d idle connections, want some to repeat on", connections.Load())
			}
			before, wrote, observed := api.JobCalls(jobID), writes.Load(), seen.count("job_info")
			api.SetFault(jobID, simulator.Fault{Break: how})

			attempts := cielo24.NewAttempts(3)
			for left := 2; attempts.Left() > 0; left-- {
				_, err := client.JobInfo(t.Context(), jobID, attempts)
				failure := asFailure(t, err)
				if reasonOf(failure) != "connection" || !failure.Retryable() {
					t.Fatalf("got %v, want a connection that may be tried again", failure)
				}
				if attempts.Left() != left {
					t.Errorf("got %d attempts left, want %d", attempts.Left(), left)
				}
			}
			if sent, calls := api.JobCalls(jobID)-before, seen.count("job_info")-observed; sent != 3 || calls != 3 {
				t.Errorf("got %d requests at the API and %d calls, want 3 and 3", sent, calls)
			}
			if sent := writes.Load() - wrote; sent != 3 {
				t.Errorf("got %d requests on the wire, want 3", sent)
			}
			api.ClearFaults()
			if _, failure := ask(t, client); reasonOf(failure) != "BAD_API_TOKEN" {
				t.Errorf("afterwards: got %v, want the refusal of a simulator that knows no token", failure)
			}
		})
	}
}

func TestAttempts_WithoutOneNothingIsSent(t *testing.T) {
	e := newEnv(t)
	for name, attempts := range map[string]*cielo24.Attempts{"none": cielo24.NewAttempts(0), "fewer": cielo24.NewAttempts(-1), "nil": nil} {
		_, err := e.client().JobInfo(t.Context(), jobID, attempts)
		if failure := asFailure(t, err); reasonOf(failure) != "canceled" || failure.Endpoint != "job_info" || failure.Retryable() || attempts.Left() != 0 {
			t.Errorf("%s: got %v, %d left", name, failure, attempts.Left())
		}
		_, err = e.client().JobList(t.Context(), cielo24.ListFilter{}, attempts, 10, func(cielo24.Job) {})
		if failure := asFailure(t, err); reasonOf(failure) != "canceled" || failure.Endpoint != "job_list" {
			t.Errorf("%s: got %v", name, failure)
		}
	}
	if e.wantLogins(0); e.api.Calls("job_info")+e.api.Calls("job_list") != 0 {
		t.Error("got requests, want none")
	}
}

// TestAttempts_HTTP2 has a server that refuses every stream but the first, which a client may repeat; and does.
func TestAttempts_HTTP2(t *testing.T) {
	server := newHTTP2Server(t)
	settings := promconfig.DefaultHTTPClientConfig
	settings.TLSConfig.InsecureSkipVerify = true
	transport, err := cielo24.NewTransport(settings, "test")
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, "https://"+server.address, func(o *cielo24.Options) { o.Transport = transport })
	var first sync.WaitGroup
	first.Go(func() {
		if _, failure := ask(t, client); reasonOf(failure) != "redirect" {
			t.Errorf("another request on the connection: got %v, want its answer", failure)
		}
	})
	<-server.asked
	for range 3 {
		_, err := client.JobInfo(t.Context(), jobID, cielo24.NewAttempts(1))
		if failure := asFailure(t, err); reasonOf(failure) != "connection" || !failure.Retryable() {
			t.Errorf("got %v, want a lost connection", failure)
		}
	}
	close(server.answer)
	first.Wait()
	if got := server.streams.Load(); got != 4 {
		t.Errorf("got %d requests on the wire, want 4", got)
	}
	if got := server.connections.Load(); got != 1 {
		t.Errorf("got %d connections, want 1", got)
	}
}

// http2Server answers the first request, with status 304, once it is told to, and refuses all others.
type http2Server struct {
	address              string
	asked                chan struct{} // closed when the first has come
	answer               chan struct{}
	connections, streams atomic.Int32
}

func newHTTP2Server(t *testing.T) *http2Server {
	t.Helper()
	certified := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	certified.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: certified.TLS.Certificates, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &http2Server{address: listener.Addr().String(), asked: make(chan struct{}), answer: make(chan struct{})}
	closing := make(chan struct{})
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.connections.Add(1)
			serving.Go(func() { s.serve(conn) })
			serving.Go(func() {
				<-closing
				_ = conn.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		close(closing)
		serving.Wait()
	})
	return s
}

// serve speaks as much HTTP/2 as it takes (RFC 9113).
func (s *http2Server) serve(conn net.Conn) {
	const (
		headers, rst, settings, ping = 1, 3, 4, 6
		ack, refusedStream           = 1, 7
	)
	var mu sync.Mutex
	write := func(kind, flags byte, stream uint32, payload ...byte) {
		frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
		frame = binary.BigEndian.AppendUint32(append(frame, flags), stream)
		mu.Lock()
		defer mu.Unlock()
		_, _ = conn.Write(append(frame, payload...))
	}
	var answering sync.WaitGroup
	defer answering.Wait()
	if _, err := io.ReadFull(conn, make([]byte, 24)); err != nil { // the preface
		return
	}
	write(settings, 0, 0)
	for {
		var head [9]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return
		}
		payload := make([]byte, binary.BigEndian.Uint32(head[:4])>>8)
		if _, err := io.ReadFull(conn, payload); err != nil {
			return
		}
		stream := binary.BigEndian.Uint32(head[5:])
		switch kind, flags := head[3], head[4]; {
		case kind == settings && flags&ack == 0:
			write(settings, ack, 0)
		case kind == ping && flags&ack == 0:
			write(ping, ack, 0, payload...)
		case kind == headers && s.streams.Add(1) == 1:
			close(s.asked)
			answering.Go(func() {
				<-s.answer
				write(headers, 5, stream, 0x8b) // the end of header and stream; :status 304 in HPACK's static table
			})
		case kind == headers:
			write(rst, 0, stream, 0, 0, 0, refusedStream)
		}
	}
}
