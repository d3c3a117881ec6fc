package main

import (
	"fmt"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/collector"
	"cielo24_exporter/config"

	"github.com/go-kit/log"
)

// wiring is what accounts need besides their configuration.
type wiring struct {
	calls  *collector.Calls // nil: calls are not counted
	shard  collector.Shard
	build  build
	logger log.Logger
	now    func() time.Time
}

// newAccounts builds every account of a configuration, with its client, or none.
func newAccounts(cfg *config.Config, w wiring) ([]*collector.Account, error) {
	var accounts []*collector.Account
	for _, a := range cfg.Accounts {
		client, err := newClient(a, w)
		if err != nil {
			for _, account := range accounts {
				account.Close()
			}
			return nil, fmt.Errorf("account %s: %w", a.Name, err)
		}
		accounts = append(accounts, collector.NewAccount(a, collector.AccountOptions{
			API: client, Shard: w.shard, Logger: w.logger, Now: w.now,
		}))
	}
	return accounts, nil
}

// newClient builds the client of one account.
func newClient(a config.Account, w wiring) (*cielo24.Client, error) {
	transport, err := cielo24.NewTransport(a.HTTPClient, a.Name)
	if err != nil {
		return nil, err
	}
	session, err := newSession(a)
	if err != nil {
		return nil, err
	}
	opts := cielo24.Options{
		BaseURL: a.BaseURL, Transport: transport, Session: session, Location: a.Location, Timeout: a.Timeout, Now: w.now,
		UserAgent: "cielo24_exporter/" + w.build.String(),
	}
	if w.calls != nil {
		opts.Observe = w.calls.Observer(a.Name, endpoints(a)...)
	}
	return cielo24.New(opts), nil
}

// newSession is careful with nil pointers: one in an interface would no longer be nil.
func newSession(a config.Account) (cielo24.Session, error) {
	if a.Login == nil {
		return cielo24.FixedToken(a.Token)
	}
	credentials := cielo24.Credentials{Username: a.Login.Username}
	if a.Login.SecureKey != nil {
		credentials.SecureKey = a.Login.SecureKey
	} else {
		credentials.Password = a.Login.Password
	}
	return cielo24.Login(credentials)
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
