package collector

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"cielo24_exporter/config"
)

// Collector holds the accounts in force. It is safe for concurrent use: a reload replaces accounts while scrapes go on.
type Collector struct {
	opts     Options
	retiring sync.WaitGroup // generations that are no longer in force and not yet closed

	replacing sync.Mutex // one reload at a time

	mu      sync.Mutex
	current *generation
}

// generation is one set of accounts, and the scrapes that still read it.
type generation struct {
	accounts []*Account
	readers  sync.WaitGroup
}

// New returns a collector without accounts. Close it.
func New(opts Options) *Collector { return &Collector{opts: opts, current: &generation{}} }

// change is what a reload does to one account.
type change struct {
	settings   config.Account
	account    *Account // nil: a new one
	connection Connection
}

// Replace puts other accounts in force. One that stays is the same object afterwards, and keeps whatever its new settings
// do not touch. Those that leave finish the scrapes that they have begun, then they are closed and retired is called. On
// an error, which names the account, nothing has changed.
func (c *Collector) Replace(settings []config.Account, retired func()) error {
	c.replacing.Lock()
	defer c.replacing.Unlock()
	c.mu.Lock()
	old := c.current
	c.mu.Unlock()
	changes, err := c.prepare(old.accounts, settings)
	if err != nil {
		return err
	}
	next := &generation{}
	for _, change := range changes {
		if change.connection.API != nil {
			change.account.reconfigure(change.settings, change.connection)
		}
		next.accounts = append(next.accounts, change.account)
	}
	c.mu.Lock()
	c.current = next
	c.mu.Unlock()
	c.retiring.Go(func() {
		old.readers.Wait()
		for _, account := range old.accounts {
			if !slices.Contains(next.accounts, account) {
				account.Close()
			}
		}
		retired()
	})
	return nil
}

// prepare makes what may fail, and changes nothing.
func (c *Collector) prepare(accounts []*Account, settings []config.Account) ([]change, error) {
	var changes []change
	for _, s := range settings {
		ch := change{settings: s}
		var err error
		if i := slices.IndexFunc(accounts, func(a *Account) bool { return a.is(s) }); i >= 0 {
			ch.account = accounts[i]
			ch.connection, err = ch.account.prepare(s)
		} else {
			ch.account, err = newAccount(s, c.opts)
		}
		if err != nil {
			for _, other := range changes {
				if !slices.Contains(accounts, other.account) {
					other.account.Close()
				}
			}
			return nil, fmt.Errorf("account %s: %w", s.Name, err)
		}
		changes = append(changes, ch)
	}
	return changes, nil
}

// Close ends every refresh, leaves the collector without accounts and waits for all of it to end.
func (c *Collector) Close() {
	_ = c.Replace(nil, func() {}) // nothing can fail without accounts
	c.retiring.Wait()
}

// Scrape refreshes accounts, all of them if none is named, at the same time, and returns what is known when they are done
// or ctx ends.
func (c *Collector) Scrape(ctx context.Context, names ...string) []Snapshot {
	g := c.read()
	defer g.readers.Done()
	accounts := g.named(names)
	var all sync.WaitGroup
	for _, account := range accounts {
		all.Go(func() { account.Refresh(ctx) })
	}
	all.Wait()
	// Not before: while a slow account kept this waiting, others may have been refreshed again.
	return snapshots(accounts)
}

// Snapshot returns what is known of accounts, of all of them if none is named. It makes no call.
func (c *Collector) Snapshot(names ...string) []Snapshot {
	g := c.read()
	defer g.readers.Done()
	return snapshots(g.named(names))
}

// snapshots returns what is known of accounts now.
func snapshots(accounts []*Account) []Snapshot {
	var all []Snapshot
	for _, account := range accounts {
		all = append(all, account.Snapshot())
	}
	return all
}

// named returns the accounts of these names, all of them if there is none.
func (g *generation) named(names []string) []*Account {
	if len(names) == 0 {
		return g.accounts
	}
	var accounts []*Account
	for _, a := range g.accounts {
		if slices.Contains(names, a.Name()) {
			accounts = append(accounts, a)
		}
	}
	return accounts
}

// Probe fetches one job of an account, watched or not, now; false if there is no such account.
func (c *Collector) Probe(ctx context.Context, account string, job config.Job) (Snapshot, bool) {
	g := c.read()
	defer g.readers.Done()
	for _, a := range g.accounts {
		if a.Name() == account {
			return a.probe(ctx, job), true
		}
	}
	return Snapshot{}, false
}

// read returns the generation in force, which stays open until its readers are done.
func (c *Collector) read() *generation {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current.readers.Add(1)
	return c.current
}
