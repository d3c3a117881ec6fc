package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"cielo24_exporter/config"
	"cielo24_exporter/simulator"
	"cielo24_exporter/web"

	"github.com/go-kit/log/level"
	"golang.org/x/sync/errgroup"
)

// simulation is what demo and simulate have in common.
type simulation struct {
	Address  string  `name:"simulator.listen-address" default:"127.0.0.1:10024" placeholder:"ADDRESS" help:"Address of the simulated API (${default})."`
	Timezone string  `name:"simulator.timezone" default:"America/Los_Angeles" placeholder:"ZONE" help:"Zone in which the simulated API writes its dates (${default})."`
	Speed    float64 `name:"simulator.speed" default:"60" placeholder:"FACTOR" help:"How many times faster than in reality jobs move on (${default})."`
}

// Validate refuses a clock that stands still or runs backwards.
func (s *simulation) Validate() error {
	if s.Speed <= 0 || s.Speed > 1e6 {
		return fmt.Errorf("--simulator.speed=%v: must be more than 0 and at most 1000000", s.Speed)
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "" {
		return fmt.Errorf("--simulator.timezone=%s: no such zone; write it like America/Los_Angeles", s.Timezone)
	}
	return nil
}

// start opens the simulated API's address and fills the API with jobs.
func (s *simulation) start(p *program, lifetime time.Duration) (net.Listener, *simulator.Simulator, error) {
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		return nil, nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(p.ctx, "tcp", s.Address)
	if err != nil {
		return nil, nil, fmt.Errorf("--simulator.listen-address=%s: %w", s.Address, err)
	}
	api := simulator.New(simulator.Options{Now: p.now, Location: zone, Speed: s.Speed, TokenLifetime: lifetime})
	api.AddUser(simulator.User{Username: simulator.DemoUsername, SecureKey: simulator.DemoSecureKey})
	api.AddToken(simulator.DemoToken, simulator.DemoUsername)
	for _, job := range simulator.DemoJobs(p.now(), s.Speed) {
		api.AddJob(job)
	}
	api.AddAlias("64bea283eff6475ea6596027a6ba0929", "d4fb871e07514304b23131b45f8caa1f")
	return listener, api, nil
}

// serveAPI serves the simulated API until ctx ends.
func serveAPI(ctx context.Context, listener net.Listener, api *simulator.Simulator) error {
	server := &http.Server{Handler: api, ReadHeaderTimeout: 10 * time.Second}
	stopped := context.AfterFunc(ctx, func() {
		api.Close()
		_ = server.Close()
	})
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type demoCmd struct {
	ListenAddress string `name:"web.listen-address" default:"127.0.0.1:10059" placeholder:"ADDRESS" help:"Address of the exporter (${default})."`
	simulation
}

// Run runs the simulated API and an exporter that is configured for it, as a user would, but for the file: there may be
// no disk to write to.
func (d *demoCmd) Run(p *program) error {
	p.keepRunning()
	listener, api, err := d.start(p, time.Hour)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	text := d.configuration("http://"+listener.Addr().String(), api)
	e := newExporter(p, &serveCmd{
		ConfigFile: "demo", TelemetryPath: "/metrics", MaxRequests: 40, TimeoutOffset: 500 * time.Millisecond, TotalShards: 1,
	}, func() (*config.Config, error) { return config.Parse("demo", text) })
	defer e.collector.Close()
	if err := e.reloader.Reload(); err != nil {
		return err
	}
	listeners, err := web.Listen(p.ctx, []string{d.ListenAddress}, false)
	if err != nil {
		return err
	}
	at := "http://" + listeners[0].Addr().String()
	_, _ = fmt.Fprintf(p.stdout, `A simulated cielo24 with %d jobs, and an exporter that watches them:

  Status page     %s/
  Metrics         %s/metrics
  Simulated API   http://%s/_simulator/

Jobs move on %v times faster than in reality. End it with Ctrl-C.
`, len(api.Jobs()), at, at, listener.Addr(), d.Speed)
	// The API outlives the exporter, so that the scrapes under way at the end are answered in full.
	life, end := context.WithCancel(context.WithoutCancel(p.ctx))
	group, ctx := errgroup.WithContext(p.ctx)
	group.Go(func() error { return serveAPI(life, listener, api) })
	group.Go(func() error {
		defer end()
		return e.serve(ctx, listeners, nil)
	})
	return group.Wait()
}

// configuration is the text of one for the simulated API at baseURL.
func (d *demoCmd) configuration(baseURL string, api *simulator.Simulator) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "accounts:\n  - name: demo\n    base_url: %s\n    timezone: %s\n", baseURL, d.Timezone)
	fmt.Fprintf(&b, "    login: {username: %s, securekey: %s}\n    jobs:\n", simulator.DemoUsername, simulator.DemoSecureKey)
	for _, id := range api.Jobs() {
		fmt.Fprintf(&b, "      - %q\n", id)
	}
	fmt.Fprintf(&b, "      - %q\n", simulator.DemoUnknownJobID)
	return b.Bytes()
}

type simulateCmd struct {
	simulation
	Jobs          int           `name:"simulator.jobs" default:"0" placeholder:"N" help:"Jobs besides those of the demo (${default})."`
	TokenLifetime time.Duration `name:"simulator.token-lifetime" default:"1h" placeholder:"DURATION" help:"How long a token lives without a call (${default})."`
}

// Validate refuses flags that can't be meant.
func (s *simulateCmd) Validate() error {
	if s.Jobs < 0 || s.TokenLifetime <= 0 {
		return errors.New("--simulator.jobs must not be negative, and --simulator.token-lifetime must be positive")
	}
	return s.simulation.Validate()
}

// Run runs the simulated API and says how to use it.
func (s *simulateCmd) Run(p *program) error {
	p.keepRunning()
	listener, api, err := s.start(p, s.TokenLifetime)
	if err != nil {
		return err
	}
	for _, job := range simulator.Fleet(s.Jobs, p.now()) {
		api.AddJob(job)
	}
	_, _ = fmt.Fprintf(p.stdout, `A simulated cielo24 with %d jobs. To watch some of them, write into cielo24.yml:

accounts:
  - name: simulated
    base_url: http://%s
    timezone: %s
    api_token: %s    # or login: {username: %s, securekey: %s}
    jobs:
`, len(api.Jobs()), listener.Addr(), s.Timezone, simulator.DemoToken, simulator.DemoUsername, simulator.DemoSecureKey)
	for _, id := range api.Jobs()[:min(12, len(api.Jobs()))] {
		_, _ = fmt.Fprintf(p.stdout, "      - %s\n", id)
	}
	_, _ = fmt.Fprintf(p.stdout, "\nAll jobs, and faults on demand: http://%s/_simulator/. End it with Ctrl-C.\n", listener.Addr())
	level.Debug(p.logger).Log("msg", "simulating", "address", listener.Addr())
	return serveAPI(p.ctx, listener, api)
}
