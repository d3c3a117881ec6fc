// Package wiring connects the accounts of a configuration to the API, for the program and for tests alike: a client, its
// transport and its session. Nothing is fetched here.
package wiring

import (
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/collector"
	"cielo24_exporter/config"

	promconfig "github.com/prometheus/common/config"
)

// Wiring is what connections need besides an account's settings.
type Wiring struct {
	UserAgent string                        // is sent with every request
	Metrics   *collector.APIMetrics         // count the calls; nil: they are not counted
	Now       func() time.Time              // required
	Transport []promconfig.HTTPClientOption // for tests that bring a network of their own
}

// Connect makes the client of one account, and its session if there is none to go on with. It makes no call. It is a
// collector.Options.Connect.
func (w Wiring) Connect(a config.Account, opts collector.ConnectOptions) (collector.Connection, error) {
	transport, err := cielo24.NewTransport(a.HTTPClient, a.Name, w.Transport...)
	if err != nil {
		return collector.Connection{}, err
	}
	session := opts.Session
	if session == nil {
		if session, err = newSession(a); err != nil {
			return collector.Connection{}, err
		}
	}
	client := cielo24.Options{
		BaseURL: a.BaseURL, Transport: transport, Session: session, Location: a.Location, Timeout: a.Timeout, Now: w.Now,
		UserAgent: w.UserAgent, Context: opts.Context, Gate: opts.Gate,
	}
	if w.Metrics != nil {
		client.Observe = w.Metrics.ForAccount(a.Name, endpoints(a)...)
	}
	return collector.Connection{API: cielo24.New(client), Session: session}, nil
}

// newSession is careful with nil pointers: one in an interface would no longer be nil.
func newSession(a config.Account) (cielo24.Session, error) {
	if a.Login == nil {
		return cielo24.NewStaticSession(a.Token)
	}
	credentials := cielo24.Credentials{Username: a.Login.Username}
	if a.Login.SecureKey != nil {
		credentials.SecureKey = a.Login.SecureKey
	} else {
		credentials.Password = a.Login.Password
	}
	return cielo24.NewLoginSession(credentials)
}

// endpoints are those that the account will call.
func endpoints(a config.Account) []cielo24.Endpoint {
	called := []cielo24.Endpoint{cielo24.EndpointJobInfo}
	if a.Login != nil {
		called = append(called, cielo24.EndpointLogin)
	}
	if a.Discovery != nil {
		called = append(called, cielo24.EndpointJobList)
	}
	return called
}
