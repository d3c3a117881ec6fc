package simulator_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cielo24_exporter/simulator"
)

func TestWaitingEndsWhenTheClientGoesAway(t *testing.T) {
	for name, f := range map[string]simulator.Fault{
		"hang": {Hang: true}, "latency": {Latency: time.Hour}, "drip": {Break: simulator.BreakDrip},
	} {
		t.Run(name, func(t *testing.T) {
			w := twoJobs(t)
			w.api.SetFault("", f)
			for _, method := range []string{"GET", "POST"} { // of a POST the body is still to be read
				ctx, cancel := context.WithCancel(t.Context())
				r, err := http.NewRequestWithContext(ctx, method, w.url+loginPath, strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				before := w.api.Calls("login")
				done := make(chan error)
				go func() {
					resp, err := w.client.Do(r)
					if err == nil {
						_, err = io.ReadAll(resp.Body)
						_ = resp.Body.Close()
					}
					done <- err
				}()
				for w.api.Calls("login") == before {
					runtime.Gosched()
				}
				cancel()
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
			w.server.Close() // comes back when no request is left; nothing has let them go so far
		})
	}
}

func TestCloseLetsGoOfHangingRequests(t *testing.T) {
	w := twoJobs(t)
	w.api.SetFault(job1, simulator.Fault{Hang: true})
	done := make(chan error)
	go func() {
		_, _, _, err := w.try(job1)
		done <- err
	}()
	for w.api.JobCalls(job1) == 0 {
		runtime.Gosched()
	}
	w.api.Close()
	w.api.Close()
	if err := <-done; !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	w.info(job2)
}

// bubble is an API to be called within synctest.Test, where time stands still while anybody works. What connects to it
// is in memory.
type bubble struct {
	t         *testing.T
	api       *simulator.Simulator
	transport *http.Transport
}

func newBubble(t *testing.T) *bubble {
	t.Helper()
	l := &memory{conns: make(chan net.Conn), closed: make(chan struct{})}
	b := &bubble{t, simulator.New(simulator.Options{}), &http.Transport{DisableKeepAlives: true, DialContext: l.dial}}
	b.api.AddJob(simulator.Job{ID: job1})
	b.api.AddToken(token, user)
	server := &http.Server{Handler: b.api, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return b
}

// get asks for the job and returns the whole answer and how long it took.
func (b *bubble) get() (body string, took time.Duration) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, "http://api.example"+infoPath(job1), http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	began := time.Now()
	resp, err := b.transport.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(data), time.Since(began)
}

// memory is a listener without a network.
type memory struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (m *memory) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	m.conns <- server
	return client, nil
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error   { close(m.closed); return nil }
func (m *memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

func TestALateAnswerTakesAsLongAsWasSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		b.api.SetFault("", simulator.Fault{Latency: 42 * time.Second})
		if body, took := b.get(); took != 42*time.Second || !strings.Contains(body, job1) {
			t.Errorf("%q after %s", body, took)
		}
	})
}

func TestADrippingAnswerComesWholeInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		whole, _ := b.get()
		b.api.SetFault("", simulator.Fault{Break: simulator.BreakDrip})
		want := time.Duration(len(whole)-1) * 100 * time.Millisecond
		if body, took := b.get(); took != want || body != whole {
			t.Errorf("%q after %s, want %s", body, took, want)
		}
	})
}
