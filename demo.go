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
	Address  string  `name:"simulator.listen-address" default:"127.0.0.1:10024" placeholder:"ADDRESS" help:"Address the simulated API listens on (default: ${default})."`
	Timezone string  `name:"simulator.timezone" default:"America/Los_Angeles" placeholder:"ZONE" help:"Time zone of the dates in the simulated API (default: ${default})."`
	Speed    float64 `name:"simulator.speed" default:"60" placeholder:"FACTOR" help:"How many times faster than real time jobs progress (default: ${default})."`
}

// Validate rejects invalid flags, among them a clock that stands still or runs backwards.
func (s *simulation) Validate() error {
	if err := validateAddress("--simulator.listen-address", s.Address, defaultSimulatorPort); err != nil {
		return err
	}
	if !(s.Speed > 0 && s.Speed <= 1e6) { // NaN is neither
		return fmt.Errorf("--simulator.speed=%v: must be more than 0 and at most 1000000", s.Speed)
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "" || s.Timezone == "Local" {
		return fmt.Errorf("--simulator.timezone=%q: not a time zone (expected a name such as America/Los_Angeles or UTC)", s.Timezone)
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
	ListenAddress string `name:"web.listen-address" default:"127.0.0.1:10059" placeholder:"ADDRESS" help:"Address the exporter listens on (default: ${default})."`
	simulation
}

// Validate rejects invalid flags.
func (d *demoCmd) Validate() error {
	if err := validateAddress("--web.listen-address", d.ListenAddress, defaultPort); err != nil {
		return err
	}
	return d.simulation.Validate()
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
	_, _ = fmt.Fprintf(p.stdout, `Running a simulated cielo24 API with %d jobs, and an exporter that watches them:

  Status page     %s/
  Metrics         %s/metrics
  Simulated API   http://%s/_simulator/

Jobs progress %v times faster than in real time. Press Ctrl-C to stop.
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

// maxSimulatedJobs bounds the memory that the simulated API takes.
const maxSimulatedJobs = 1000000

type simulateCmd struct {
	simulation
	Jobs          int           `name:"simulator.jobs" default:"0" placeholder:"N" help:"Number of jobs in addition to those of the demo (default: ${default})."`
	TokenLifetime time.Duration `name:"simulator.token-lifetime" default:"1h" placeholder:"DURATION" help:"How long a token stays valid without a call (default: ${default})."`
}

// Validate rejects invalid flags.
func (s *simulateCmd) Validate() error {
	if s.Jobs < 0 || s.Jobs > maxSimulatedJobs {
		return fmt.Errorf("--simulator.jobs=%d: must be from 0 to %d", s.Jobs, maxSimulatedJobs)
	}
	if s.TokenLifetime <= 0 {
		return fmt.Errorf("--simulator.token-lifetime=%s: must be positive", s.TokenLifetime)
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
	_, _ = fmt.Fprintf(p.stdout, `Running a simulated cielo24 API with %d jobs. To watch some of them, put this into cielo24.yml:

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
	_, _ = fmt.Fprintf(p.stdout, "\nList of all jobs, and how to inject faults: http://%s/_simulator/\nPress Ctrl-C to stop.\n", listener.Addr())
	level.Debug(p.logger).Log("msg", "simulating", "address", listener.Addr())
	return serveAPI(p.ctx, listener, api)
}
