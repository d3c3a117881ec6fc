package web

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	toolkit "github.com/prometheus/exporter-toolkit/web"
	sloggokit "github.com/tjhop/slog-gokit"
	"golang.org/x/sync/errgroup"
	"gopkg.in/yaml.v3"
)

// Bounds of a connection from a client.
const (
	headerTime = 5 * time.Second
	readTime   = 10 * time.Second
	writeTime  = 10 * time.Second // a scrape has the time that it waits on top
	idleTime   = 2 * time.Minute
	maxHeader  = 32 << 10 // bytes
)

// How a shutdown goes: scrapes under way may finish, then they answer with what they know, then they are cut off.
const (
	finishTime = 3 * time.Second
	hurryTime  = 2 * time.Second
)

// Listen opens every address, or takes the sockets that systemd hands over. When one can't be opened, none is.
func Listen(ctx context.Context, addresses []string, systemdSocket bool) ([]net.Listener, error) {
	if systemdSocket {
		listeners, err := activation.Listeners()
		if err == nil && len(listeners) == 0 {
			err = errors.New("systemd passed no socket; is there a socket unit for this service?")
		}
		return listeners, err
	}
	var listeners []net.Listener
	for _, address := range addresses {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err != nil {
			for _, open := range listeners {
				_ = open.Close()
			}
			return nil, fmt.Errorf("--web.listen-address=%s: %w", address, err)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

// Server is what answers on listeners.
type Server struct {
	Handler    http.Handler
	ConfigFile string // exporter-toolkit's web configuration (TLS, basic auth), or empty
	Logger     log.Logger
}

// Serve answers on listeners until ctx ends, and then lets the requests under way finish.
func (s *Server) Serve(ctx context.Context, listeners []net.Listener) error {
	// Requests outlive ctx: they may finish.
	requests, hurry := context.WithCancel(context.WithoutCancel(ctx))
	defer hurry()
	logger := slog.New(sloggokit.NewGoKitHandler(bridge{s.Logger}, nil))
	group, groupCtx := errgroup.WithContext(ctx)
	for _, l := range listeners {
		// The toolkit writes its configuration into the server, so each listener has one of its own.
		server := s.newServer(requests)
		flags := &toolkit.FlagConfig{WebListenAddresses: &[]string{}, WebSystemdSocket: new(false), WebConfigFile: &s.ConfigFile}
		group.Go(func() error {
			err := toolkit.Serve(l, server, flags, logger)
			_ = l.Close() // the toolkit leaves it open when the web configuration is at fault
			if errors.Is(err, http.ErrServerClosed) {
				return nil
			}
			return err
		})
		group.Go(func() error {
			<-groupCtx.Done()
			return shutdown(requests, server, hurry)
		})
	}
	return group.Wait()
}

// newServer returns a server whose clients can't hold a connection for long.
func (s *Server) newServer(requests context.Context) *http.Server {
	return &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          stdlog.New(log.NewStdlibAdapter(level.Debug(s.Logger)), "", 0),
		BaseContext:       func(net.Listener) context.Context { return requests },
	}
}

// shutdown stops listening and waits for the requests under way, whose context is requests. hurry ends that context,
// which makes scrapes answer with what they know.
func shutdown(requests context.Context, server *http.Server, hurry context.CancelFunc) error {
	patient, cancel := context.WithTimeout(requests, finishTime)
	defer cancel()
	if server.Shutdown(patient) == nil {
		return nil
	}
	hurry()
	last, cancel := context.WithTimeout(context.WithoutCancel(requests), hurryTime)
	defer cancel()
	if server.Shutdown(last) == nil {
		return nil
	}
	return server.Close()
}

// CheckConfigFile returns what is wrong with exporter-toolkit's web configuration, in one line.
func CheckConfigFile(file string) error {
	if file == "" {
		return nil
	}
	if err := toolkit.Validate(file); err != nil {
		return fmt.Errorf("--web.config.file=%s: %s", file, strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return nil
}

// UsesTLS tells whether a server with this web configuration speaks TLS.
func UsesTLS(file string) (bool, error) {
	if file == "" {
		return false, nil
	}
	if err := CheckConfigFile(file); err != nil {
		return false, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	var parsed struct {
		TLS struct {
			Cert     string `yaml:"cert"`
			CertFile string `yaml:"cert_file"`
		} `yaml:"tls_server_config"`
	}
	if err := yaml.Unmarshal(text, &parsed); err != nil {
		return false, err
	}
	return parsed.TLS.Cert != "" || parsed.TLS.CertFile != "", nil
}

// logAdapter lets promhttp log through go-kit/log.
type logAdapter struct{ logger log.Logger }

// Println logs what promhttp has to say.
func (l logAdapter) Println(v ...any) {
	l.logger.Log("msg", "scrape is incomplete", "err", fmt.Sprint(v...))
}

// bridge makes the toolkit's lines look like ours.
type bridge struct{ logger log.Logger }

// Log drops the caller and the second time stamp, and leaves the level, the first of the pairs, in front of ours.
func (b bridge) Log(keyvals ...any) error {
	kept := make([]any, 0, len(keyvals))
	for i := 0; i+1 < len(keyvals); i += 2 {
		if keyvals[i] != "caller" && keyvals[i] != slog.TimeKey {
			kept = append(kept, keyvals[i], keyvals[i+1])
		}
	}
	return log.WithPrefix(b.logger, kept[:2]...).Log(kept[2:]...)
}
