package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"cielo24_exporter/simulator"
)

// api is a simulated API that can be restarted at the same address.
type api struct {
	jobs     int
	address  string
	restarts int

	mu     sync.Mutex
	sim    *simulator.Simulator
	server *http.Server
	calls  int // of those that are gone
}

func newAPI(jobs int) (*api, error) {
	a := &api{jobs: jobs, address: "127.0.0.1:0"}
	err := a.start()
	return a, err
}

func (a *api) start() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", a.address)
	if err != nil {
		return err
	}
	a.address = l.Addr().String()
	a.sim = simulator.New(simulator.Options{})
	a.sim.AddUser(simulator.User{Username: simulator.DemoUsername, SecureKey: simulator.DemoSecureKey})
	for _, job := range simulator.Fleet(a.jobs, time.Now()) {
		job.Username = simulator.DemoUsername
		a.sim.AddJob(job)
	}
	server := &http.Server{Handler: a.sim, ReadHeaderTimeout: 10 * time.Second}
	a.server = server
	go func() { _ = server.Serve(l) }()
	return nil
}

func (a *api) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls += a.sim.Calls("job_info") + a.sim.Calls("login")
	a.sim.Close()
	_ = a.server.Close()
}

func (a *api) restart() {
	a.close()
	a.restarts++
	_ = eventually(a.start)
}

// heal ends all faults.
func (a *api) heal() { a.current().ClearFaults() }

func (a *api) current() *simulator.Simulator {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sim
}

func (a *api) total() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls + a.sim.Calls("job_info") + a.sim.Calls("login")
}

// torment lets everything happen at once for a while.
func (s *soak) torment(d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { s.client(ctx) })
	}
	all.Go(func() { s.misfortune(ctx) })
	all.Wait()
}

// client scrapes, and sometimes does what clients should not.
func (s *soak) client(ctx context.Context) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		switch rand.N(20) {
		case 0:
			hasty, cancel := context.WithTimeout(ctx, rand.N(50*time.Millisecond))
			s.ask(hasty, client, visit{http.MethodGet, "/metrics", "10"})
			cancel()
		case 1:
			s.ask(ctx, client, visit{http.MethodPost, "/metrics", "1"})
		case 2:
			s.ask(ctx, client, visit{http.MethodGet, "/" + strings.Repeat("x", rand.N(2000)), "1"})
		case 3:
			s.ask(ctx, client, visit{http.MethodGet, "/", "1"})
		case 4:
			s.ask(ctx, client, visit{http.MethodGet, "/metrics", "0.2"})
		default:
			s.ask(ctx, client, visit{http.MethodGet, "/metrics", "5"})
		}
	}
}

// misfortune befalls the API and the configuration, several times a second.
func (s *soak) misfortune(ctx context.Context) {
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch sim := s.api.current(); rand.N(24) {
		case 0:
			sim.ExpireTokens()
		case 1:
			s.configure(1 + rand.N(40))
			s.reload()
		case 2:
			_ = os.WriteFile(s.file, []byte(fmt.Sprintf("accounts: [{broken: %d}]", n)), 0o600)
			s.reload()
		case 3:
			s.api.restart()
		case 4:
			sim.SetFault("", fault())
		case 5, 6, 7, 8, 9, 10, 11:
			sim.SetFault(s.ids[rand.N(len(s.ids))], fault())
		default:
			sim.ClearFaults()
		}
	}
}

// fault returns one of those that an API has been seen to have.
func fault() simulator.Fault {
	faults := []simulator.Fault{
		{Latency: rand.N(300 * time.Millisecond)},
		{Hang: true, Times: 20},
		{Status: 200, Body: "<html>"},
		{Status: 200, Body: strings.Repeat(" ", 2<<20), Times: 5},
		{Status: 400, Body: `{"ErrorType":"BAD_API_TOKEN","ErrorComment":"` + simulator.DemoSecureKey + `"}`},
		{Status: 400, Body: `{"ErrorType":"ITEM_NOT_FOUND"}`},
		{Status: 400, Body: `{"ErrorType":"GREMLINS"}`},
		{Status: 429, Header: http.Header{"Retry-After": {"1"}}},
		{Status: 500},
		{Status: 503, Body: "down"},
		{Status: 301, Header: http.Header{"Location": {"https://example.com/"}}},
		{Break: simulator.BreakReset},
		{Break: simulator.BreakClose},
		{Break: simulator.BreakTruncate},
		{Break: simulator.BreakDrip, Times: 10},
		{Raw: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 1<<20), Times: 5},
		{Endpoint: "login", Status: 500},
		{Endpoint: "login", Status: 400, Body: `{"ErrorType":"LOGIN_INVALID"}`, Times: 1},
	}
	return faults[rand.N(len(faults))]
}

// judge compares what was with what is.
func (s *soak) judge(before, after state) error {
	var errs []error
	if after.goroutines > before.goroutines+10 {
		errs = append(errs, errors.New("goroutines have leaked"))
	}
	if after.descriptors > before.descriptors+10 {
		errs = append(errs, errors.New("descriptors have leaked"))
	}
	if after.peak > 256<<20 {
		errs = append(errs, errors.New("more than 256 MiB of memory"))
	}
	log, err := os.ReadFile(s.log.Name())
	errs = append(errs, err)
	if strings.Contains(string(log), simulator.DemoSecureKey) {
		errs = append(errs, errors.New("the securekey is in the log"))
	}
	if strings.Contains(string(log), "DATA RACE") || strings.Contains(string(log), "goroutine ") {
		errs = append(errs, errors.New("the log has a race or a stack trace"))
	}
	fmt.Printf("log: %d lines, %d KiB\n", strings.Count(string(log), "\n"), len(log)>>10)
	return errors.Join(errs...)
}
