package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"cielo24_exporter/collector"
	"cielo24_exporter/config"
	"cielo24_exporter/internal/wiring"
	"cielo24_exporter/web"

	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/version"
)

// Default ports: of the exporter, and of the simulated API.
const (
	defaultPort          = 10059
	defaultSimulatorPort = 10024
)

type serveCmd struct {
	ConfigFile      string        `name:"config.file" default:"cielo24.yml" placeholder:"FILE" help:"Configuration file (default: ${default})."`
	ListenAddresses addressList   `name:"web.listen-address" default:":10059" placeholder:"ADDRESS" help:"Address to listen on (repeatable; default: ${default})."`
	TelemetryPath   string        `name:"web.telemetry-path" default:"/metrics" placeholder:"PATH" help:"Path under which to expose metrics (default: ${default})."`
	WebConfigFile   string        `name:"web.config.file" placeholder:"FILE" help:"Configuration file that can enable TLS or authentication, in the format of Prometheus' exporter-toolkit."`
	SystemdSocket   bool          `name:"web.systemd-socket" help:"Use systemd socket activation instead of listening on addresses."`
	Lifecycle       bool          `name:"web.enable-lifecycle" help:"Enable reload via HTTP: a POST or PUT request to /-/reload."`
	Pprof           bool          `name:"web.enable-pprof" help:"Enable profiling via HTTP, under /debug/pprof."`
	MaxRequests     int           `name:"web.max-requests" default:"40" placeholder:"N" help:"Maximum number of concurrent scrapes; others get status 503. 0 means no limit (default: ${default})."`
	TimeoutOffset   time.Duration `name:"scrape.timeout-offset" default:"500ms" placeholder:"DURATION" help:"Time to subtract from Prometheus' scrape timeout (default: ${default})."`
	Shard           int           `name:"shard" default:"0" placeholder:"N" help:"Shard of the jobs to watch, counted from 0 (default: ${default})."`
	TotalShards     int           `name:"total-shards" default:"1" placeholder:"N" help:"Number of exporters that share the jobs (default: ${default})."`
}

// Validate rejects invalid flags.
func (s *serveCmd) Validate() error {
	if err := s.ListenAddresses.validate("--web.listen-address", defaultPort); err != nil {
		return err
	}
	if err := web.CheckTelemetryPath(s.TelemetryPath); err != nil {
		return fmt.Errorf("--web.telemetry-path: %w", err)
	}
	switch {
	case s.ConfigFile == "":
		return errors.New(`--config.file="": the name is empty`)
	case s.TotalShards < 1:
		return fmt.Errorf("--total-shards=%d: must be at least 1", s.TotalShards)
	case s.Shard < 0 || s.Shard >= s.TotalShards:
		return fmt.Errorf("--shard=%d: must be from 0 to %d, one less than --total-shards", s.Shard, s.TotalShards-1)
	case s.MaxRequests < 0:
		return fmt.Errorf("--web.max-requests=%d: must not be negative", s.MaxRequests)
	case s.TimeoutOffset < 0:
		return fmt.Errorf("--scrape.timeout-offset=%s: must not be negative", s.TimeoutOffset)
	}
	return nil
}

// Run runs the exporter until the program ends.
func (s *serveCmd) Run(p *program) error {
	p.keepRunning()
	if err := web.CheckConfigFile(s.WebConfigFile); err != nil {
		return err
	}
	if _, err := os.Stat(s.ConfigFile); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such file; name another one with --config.file, or try: cielo24_exporter demo", s.ConfigFile)
	}
	level.Info(p.logger).Log("msg", "starting", "version", p.build.String(), "go_version", version.GoVersion)
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)

	e := newExporter(p, s, func() (*config.Config, error) { return config.Load(s.ConfigFile) })
	defer e.collector.Close()
	if err := e.reloader.Reload(); err != nil {
		return err
	}
	listeners, err := web.Listen(p.ctx, s.ListenAddresses, s.SystemdSocket)
	if err != nil {
		return err
	}
	return e.serve(p.ctx, listeners, hangup)
}

// exporter is the running exporter: everything that outlives a reload.
type exporter struct {
	program   *program
	flags     *serveCmd
	registry  *prometheus.Registry
	metrics   *collector.APIMetrics
	collector *collector.Collector
	reloader  *config.Reloader
}

func newExporter(p *program, flags *serveCmd, load func() (*config.Config, error)) *exporter {
	e := &exporter{program: p, flags: flags, registry: prometheus.NewRegistry()}
	e.metrics = collector.NewAPIMetrics(e.registry)
	e.collector = collector.New(collector.Options{
		Connect: wiring.Wiring{UserAgent: "cielo24_exporter/" + p.build.String(), Metrics: e.metrics, Now: p.now}.Connect,
		Shard:   collector.Shard{Index: flags.Shard, Total: flags.TotalShards}, Logger: p.logger, Now: p.now,
	})
	e.reloader = config.NewReloader(load, e.apply, p.now)
	e.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		p.build.collector(),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "cielo24_exporter_config_last_reload_successful",
			Help: "Whether the last attempt to load the configuration succeeded: 1 if so, else 0.",
		}, func() float64 {
			if ok, _ := e.reloader.Status(); ok {
				return 1
			}
			return 0
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "cielo24_exporter_config_last_reload_success_timestamp_seconds",
			Help: "When the configuration was last loaded successfully, as a Unix timestamp in seconds.",
		}, func() float64 {
			_, last := e.reloader.Status()
			return float64(last.UnixMilli()) / 1e3
		}),
	)
	return e
}

// serve answers requests until ctx ends, and reloads on every hangup meanwhile.
func (e *exporter) serve(ctx context.Context, listeners []net.Listener, hangup <-chan os.Signal) error {
	opts := web.Options{
		TelemetryPath: e.flags.TelemetryPath, Collector: e.collector, Registry: e.registry,
		TimeoutOffset: e.flags.TimeoutOffset, MaxRequests: e.flags.MaxRequests, Pprof: e.flags.Pprof,
		Version: e.program.build.String(), Now: e.program.now, Logger: e.program.logger,
	}
	if e.flags.Lifecycle {
		opts.Reload = e.reload
	}
	served := make(chan error, 1)
	go func() {
		server := web.Server{Handler: web.NewHandler(opts), ConfigFile: e.flags.WebConfigFile, Logger: e.program.logger}
		served <- server.Serve(ctx, listeners)
	}()
	for {
		select {
		case err := <-served:
			level.Info(e.program.logger).Log("msg", "stopped")
			return err
		case <-hangup:
			_ = e.reload() // it has logged why
		}
	}
}

// reload loads the configuration again. Whatever is wrong with it is logged, and the previous one is kept.
func (e *exporter) reload() error {
	err := e.reloader.Reload()
	var problems config.Problems
	switch {
	case err == nil:
	case errors.As(err, &problems):
		for _, problem := range problems {
			level.Error(e.program.logger).Log("msg", "config reload failed, keeping the previous one",
				"problem", problem.String())
		}
	default:
		level.Error(e.program.logger).Log("msg", "config reload failed, keeping the previous one", "err", err)
	}
	return err
}

// apply puts a configuration in force.
func (e *exporter) apply(cfg *config.Config) error {
	before := e.collector.Snapshot()
	err := e.collector.Replace(cfg.Accounts, func() {
		inForce := map[string]bool{} // by now; another reload may have brought an account back
		for _, s := range e.collector.Snapshot() {
			inForce[s.Account] = true
		}
		for _, s := range before {
			if !inForce[s.Account] {
				e.metrics.DeleteAccount(s.Account)
			}
		}
	})
	if err != nil {
		return err
	}
	level.Info(e.program.logger).Log("msg", "config loaded", "file", e.flags.ConfigFile,
		"accounts", len(cfg.Accounts))
	return nil
}
