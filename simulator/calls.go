package simulator

import (
	"maps"
	"sync"
)

// maxCountedJobs bounds the counts, since whoever calls chooses the IDs.
const maxCountedJobs = 1 << 20

// calls counts what has come, whatever came of it.
type calls struct {
	mu        sync.Mutex
	endpoints map[string]int
	jobs      map[string]int
}

func newCalls() *calls {
	return &calls{
		endpoints: map[string]int{endpointJobInfo: 0, endpointJobList: 0, endpointLogin: 0},
		jobs:      make(map[string]int),
	}
}

// count counts a call; jobID may be empty, or nonsense.
func (c *calls) count(endpoint, jobID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endpoints[endpoint]++
	if !validID(jobID) {
		return
	}
	if n := c.jobs[jobID]; n > 0 || len(c.jobs) < maxCountedJobs {
		c.jobs[jobID] = n + 1
	}
}

func (c *calls) ofEndpoint(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.endpoints[name]
}

func (c *calls) ofJob(id string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.jobs[id]
}

// snapshot returns copies of all counts.
func (c *calls) snapshot() (endpoints, jobs map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.endpoints), maps.Clone(c.jobs)
}
