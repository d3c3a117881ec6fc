package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cielo24_exporter/web"
)

type healthCmd struct {
	ListenAddresses addressList   `name:"web.listen-address" default:":10059" placeholder:"ADDRESS" help:"Address the exporter listens on; of several, the first is checked (default: ${default})."`
	WebConfigFile   string        `name:"web.config.file" placeholder:"FILE" help:"Web configuration file of the exporter, which tells whether it uses TLS."`
	Timeout         time.Duration `name:"timeout" default:"5s" placeholder:"DURATION" help:"How long to wait for the response (default: ${default})."`
}

// Validate rejects invalid flags.
func (h *healthCmd) Validate() error {
	if h.Timeout <= 0 {
		return fmt.Errorf("--timeout=%s: must be positive", h.Timeout)
	}
	if err := h.ListenAddresses.validate("--web.listen-address", defaultPort); err != nil {
		return err
	}
	_, err := h.host()
	return err
}

// Run checks whether the exporter that runs beside it is alive. The flags are those of serve, so that both can have
// them from the same environment.
func (h *healthCmd) Run(p *program) error {
	target, err := h.url()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(p.ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return err
	}
	// No proxy, and no name to compare the certificate with: this asks a neighbor, and sends it nothing.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // see above
	defer transport.CloseIdleConnections()
	client := http.Client{
		Transport: transport, Timeout: h.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		if reason, ok := errors.AsType[*url.Error](err); ok {
			err = reason.Err // the rest of it says the address again
		}
		return fmt.Errorf("%s: not healthy: %w; does the exporter listen there (--web.listen-address)?", target, err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch resp.StatusCode {
	// The web configuration may ask for a password or limit the rate: that answer comes from a living exporter too.
	case http.StatusOK, http.StatusUnauthorized, http.StatusTooManyRequests:
		_, err := io.WriteString(p.stdout, "healthy\n")
		return err
	}
	return fmt.Errorf("%s: not healthy: status %s; does the exporter listen there (--web.listen-address)?", target, resp.Status)
}

// url is the page to ask for.
func (h *healthCmd) url() (string, error) {
	host, err := h.host()
	if err != nil {
		return "", err
	}
	withTLS, err := web.UsesTLS(h.WebConfigFile)
	if err != nil {
		return "", err
	}
	u := url.URL{Scheme: "http", Host: host, Path: "/-/healthy"}
	if withTLS {
		u.Scheme = "https"
	}
	return u.String(), nil
}

// host is where to reach an exporter that listens on the first address: one that listens everywhere is on loopback too.
func (h *healthCmd) host() (string, error) {
	host, port, err := net.SplitHostPort(h.ListenAddresses[0])
	if err != nil {
		return "", err
	}
	if strings.Trim(port, "0") == "" {
		return "", fmt.Errorf("--web.listen-address=%q: port 0 stands for any free port; give the port the exporter listens on", h.ListenAddresses[0])
	}
	ip := net.ParseIP(host)
	switch {
	case host == "", ip != nil && ip.IsUnspecified() && ip.To4() != nil:
		host = "127.0.0.1"
	case ip != nil && ip.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}
