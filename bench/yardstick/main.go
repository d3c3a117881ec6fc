// Command yardstick is what the load benchmark compares the exporter with: the least that a Go program has to do for
// the same answer. It asks for the same jobs with net/http, decodes them with encoding/json into a plain struct, and
// writes the same series into one buffer.
//
// What it leaves out is what an exporter is for: no deadline, nothing remembered from one scrape to the next, no
// metrics of its own, no answer that is odd or absent.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

func main() {
	if err := run(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "yardstick:", err)
		os.Exit(1)
	}
}

// run reads job IDs, one a line up to an empty one, and answers GET /metrics until its standard input ends.
func run() error {
	base := flag.String("base", "", "base URL of the API")
	token := flag.String("token", "", "its token")
	concurrency := flag.Int("concurrency", 64, "calls at a time")
	zone := flag.String("timezone", "America/Los_Angeles", "zone of dates")
	flag.Parse()

	location, err := time.LoadLocation(*zone)
	if err != nil {
		return err
	}
	var ids []string
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() && input.Text() != "" {
		ids = append(ids, input.Text())
	}
	api := &client{
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *concurrency, DisableCompression: true}},
		base: *base, token: *token, concurrency: *concurrency, location: location,
	}
	fetch := func(ctx context.Context) ([]job, error) { return api.jobs(ctx, ids) }
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: &handler{fetch: fetch}, ReadHeaderTimeout: time.Minute}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	fmt.Printf("listening on http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// handler answers every request with all jobs, asked for anew.
type handler struct {
	fetch func(context.Context) ([]job, error)

	mu   sync.Mutex // one at a time
	text bytes.Buffer
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	jobs, err := h.fetch(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	h.text.Reset()
	write(&h.text, jobs, time.Now())
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	w.Header().Set("Content-Length", strconv.Itoa(h.text.Len()))
	_, _ = w.Write(h.text.Bytes())
}
