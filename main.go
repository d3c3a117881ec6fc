// Command cielo24_exporter is a Prometheus exporter for the captioning jobs of cielo24.
//
// This package holds the commands and the wiring between the rooms, and nothing else:
// config → cielo24 → collector → web, and simulator, which stands in for the API.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log" //nolint:depguard // only to be silenced
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // zones of the configuration, also where the system has none
	"unicode"

	"github.com/alecthomas/kong"
	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// Exit codes.
const (
	exitSuccess = 0
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	// net/http prints what a server sends unasked, which may be anything, through the global logger. Nothing else uses it.
	stdlog.SetOutput(io.Discard)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// cli is the command line.
type cli struct {
	Serve      serveCmd      `cmd:"" default:"withargs" help:"Run the exporter (the default command)."`
	Check      checkCmd      `cmd:"" help:"Validate configuration files and print every problem with file, line and key."`
	Job        jobCmd        `cmd:"" help:"Fetch jobs once and print them, to try out credentials and job IDs."`
	Health     healthCmd     `cmd:"" help:"Check that the running exporter is alive, for health checks."`
	Demo       demoCmd       `cmd:"" help:"Run the exporter with a simulated API; needs no configuration."`
	Simulate   simulateCmd   `cmd:"" help:"Run the simulated API alone."`
	Version    versionCmd    `cmd:"" help:"Print build information."`
	Completion completionCmd `cmd:"" help:"Print a shell completion script."`
	Man        manCmd        `cmd:"" help:"Print the manual page."`

	ShowVersion kong.VersionFlag `name:"version" env:"-" help:"Print build information and exit."`
	LogLevel    string           `name:"log.level" default:"info" enum:"debug, info, warn, error" help:"Only log messages with this severity or above. One of: ${enum}."`
	LogFormat   string           `name:"log.format" default:"logfmt" enum:"logfmt, json" help:"Format of log messages. One of: ${enum}."`
}

// program is what every command needs of the world.
type program struct {
	ctx    context.Context //nolint:containedctx // the life of the program, ended by a signal
	stdout *printer
	stderr io.Writer
	logger log.Logger
	build  build
	now    func() time.Time
}

// keepRunning has the program outlive the readers of its output: what they no longer take is lost, and no error.
// Without it, a write to standard output or standard error that nobody reads any more ends the program, as usual.
func (p *program) keepRunning() {
	signal.Ignore(syscall.SIGPIPE)
	p.stdout.lossy = true
}

const description = `Prometheus exporter for cielo24 captioning jobs.

Try it with a simulated cielo24 API and nothing to configure:

  cielo24_exporter demo

Validate a configuration, fetch one job with it, then run the exporter:

  cielo24_exporter check cielo24.yml
  cielo24_exporter job 64bea283eff6475ea6596027a6ba0929
  cielo24_exporter --config.file=cielo24.yml

Show the flags of the exporter:

  cielo24_exporter serve --help

Every flag can also be set by an environment variable: --config.file by
CIELO24_EXPORTER_CONFIG_FILE. A variable that is empty counts as not set.

SIGHUP reloads the configuration; SIGTERM and SIGINT stop the program.

Exit codes: 0 success, 1 failure, 2 usage error.`

// run is the program: it parses args, runs the command until it is done or ctx ends, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	p := &program{ctx: ctx, stdout: &printer{w: stdout}, stderr: stderr, build: readBuild(), now: time.Now}
	code := p.run(args)
	if err := p.stdout.err; err != nil && !p.stdout.lossy {
		_, _ = fmt.Fprintf(stderr, "cielo24_exporter: %v\n", err)
		return exitFailure
	}
	return code
}

// exitCode carries kong's wish to end the program, for --help and --version, up to run.
type exitCode int

func (p *program) run(args []string) (code int) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exitCode:
			code = int(r)
		default:
			panic(r)
		}
	}()
	var c cli
	parser, err := newParser(&c, p.build,
		kong.Writers(p.stdout, p.stderr), kong.Exit(func(code int) { panic(exitCode(code)) }))
	if err != nil {
		_, _ = fmt.Fprintf(p.stderr, "cielo24_exporter: %v\n", err)
		return exitFailure
	}
	command, err := parser.Parse(args)
	if err != nil {
		_, _ = fmt.Fprintf(p.stderr, "cielo24_exporter: %s; see cielo24_exporter --help\n", oneLine(err.Error()))
		return exitUsage
	}
	p.logger = newLogger(p.stderr, c.LogLevel, c.LogFormat)
	return p.report(command.Run(p))
}

// newParser returns the parser of the command line.
func newParser(c *cli, b build, options ...kong.Option) (*kong.Kong, error) {
	return kong.New(c, append(options,
		kong.Name("cielo24_exporter"),
		kong.Description(description),
		kong.DefaultEnvars("CIELO24_EXPORTER"),
		kong.PostBuild(ignoreEmptyVariables),
		kong.Vars{"version": b.details()},
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 120}),
		kong.ValueFormatter(func(v *kong.Value) string { return v.Help }), // the environment is said once, above
	)...)
}

// ignoreEmptyVariables makes variables that are set but empty count as not set.
func ignoreEmptyVariables(k *kong.Kong) error {
	return kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			flag.Tag.Envs = slices.DeleteFunc(flag.Tag.Envs, func(name string) bool {
				value, set := os.LookupEnv(name)
				return set && value == ""
			})
		}
		return next(nil)
	})
}

// oneLine makes control characters of what a user has typed visible.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// printer is standard output. Whoever prints need not look at errors: the first is kept until the end.
type printer struct {
	w     io.Writer
	err   error
	lossy bool // errors do not matter
}

// Write never fails. After an error nothing more is written.
func (p *printer) Write(data []byte) (int, error) {
	if p.err == nil {
		_, p.err = p.w.Write(data)
	}
	return len(data), nil
}

// report prints why a command failed and returns the exit code.
func (p *program) report(err error) int {
	var printed silentError
	switch {
	case err == nil:
		return exitSuccess
	case errors.As(err, &printed):
	default:
		_, _ = fmt.Fprintln(p.stderr, err)
	}
	return exitFailure
}

// silentError is a failure that the command itself has already printed.
type silentError struct{}

func (silentError) Error() string { return "failed" }

// newLogger writes to w what is at least as severe as severity.
func newLogger(w io.Writer, severity, format string) log.Logger {
	w = log.NewSyncWriter(w)
	logger := log.NewLogfmtLogger(w)
	if format == "json" {
		logger = log.NewJSONLogger(w)
	}
	logger = level.NewFilter(logger, level.Allow(level.ParseDefault(severity, level.InfoValue())))
	return log.With(logger, "ts", log.DefaultTimestampUTC)
}
