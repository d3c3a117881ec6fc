package collector

import (
	"context"
	"sync"
)

// Collector holds the accounts in force. A reload puts others in their place while scrapes go on.
type Collector struct {
	retiring sync.WaitGroup // generations that are no longer in force and not yet closed

	mu      sync.Mutex
	current *generation
}

// generation is one set of accounts, and the scrapes that still read it.
type generation struct {
	accounts []*Account
	readers  sync.WaitGroup
}

// New returns a collector without accounts.
func New() *Collector { return &Collector{current: &generation{}} }

// Swap puts accounts in the place of those in force, which hand down what is known of jobs that stay. Scrapes that have
// begun finish with the old ones; when the last has, those are closed and retired is called.
func (c *Collector) Swap(accounts []*Account, retired func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := c.current
	for _, account := range accounts {
		for _, was := range old.accounts {
			account.Inherit(was)
		}
	}
	c.current = &generation{accounts: accounts}
	c.retiring.Go(func() {
		old.readers.Wait()
		for _, account := range old.accounts {
			account.Close()
		}
		retired()
	})
}

// Close cancels every refresh, leaves the collector without accounts and waits for all of it to end.
func (c *Collector) Close() {
	c.Swap(nil, func() {})
	c.retiring.Wait()
}

// Scrape refreshes all accounts at the same time and returns what is known when they are done or ctx ends.
func (c *Collector) Scrape(ctx context.Context) []Snapshot {
	g := c.read()
	defer g.readers.Done()
	snapshots := make([]Snapshot, len(g.accounts))
	var all sync.WaitGroup
	for i, account := range g.accounts {
		all.Go(func() { snapshots[i] = account.Scrape(ctx) })
	}
	all.Wait()
	return snapshots
}

// Peek returns what is known without asking the API.
func (c *Collector) Peek() []Snapshot {
	g := c.read()
	defer g.readers.Done()
	snapshots := make([]Snapshot, len(g.accounts))
	for i, account := range g.accounts {
		snapshots[i] = account.Peek()
	}
	return snapshots
}

// Probe asks for one job of an account, watched or not, now; false if there is no such account.
func (c *Collector) Probe(ctx context.Context, account, jobID string) (Snapshot, bool) {
	g := c.read()
	defer g.readers.Done()
	for _, a := range g.accounts {
		if a.cfg.Name == account {
			return a.probe(ctx, jobID), true
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
