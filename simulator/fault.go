package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is what goes wrong with a call. First comes the Latency, then at most one of Hang, Raw and the Breaks reset and
// close; else Status, Header and Body make up an answer, or the real one is taken, and Break may break its delivery.
// As JSON its latency is a string like "2s".
//
// Go's http.Client sends a GET once more, unasked, when a connection it has used before ends without an answer. So for
// a client that keeps connections, a Break with Times: 1 may pass unnoticed.
type Fault struct {
	Endpoint  string        `json:"endpoint,omitempty"`   // job_info, job_list, login; empty: all
	JobStatus string        `json:"job_status,omitempty"` // of job_list: only calls that ask for the jobs in this status
	BadToken  bool          `json:"bad_token,omitempty"`  // only calls whose token is dead or wrong
	Latency   time.Duration `json:"latency,omitempty"`    // waits as long; with nothing else, the real answer comes then
	Hang      bool          `json:"hang,omitempty"`       // no answer until the client goes away, or Close
	Status    int           `json:"status,omitempty"`     // this status, with Body, instead of the real answer
	Header    http.Header   `json:"header,omitempty"`     // set on whatever the answer is
	Body      string        `json:"body,omitempty"`       // without Status: 200
	Raw       string        `json:"raw,omitempty"`        // these bytes on the wire, and then its end
	Break     string        `json:"break,omitempty"`      // one of the Breaks
	Times     int           `json:"times,omitempty"`      // only the next so many matching calls; 0: until cleared
}

// Breaks, the ways to break a delivery.
const (
	BreakReset    = "reset"    // RST before any answer
	BreakClose    = "close"    // FIN before any answer
	BreakTruncate = "truncate" // half the answer, whose Content-Length promised more, and then the end
	BreakDrip     = "drip"     // one byte of the answer every 100 ms
)

// validate rejects invalid faults.
func (f *Fault) validate() error {
	switch {
	case !slices.Contains([]string{"", endpointJobInfo, endpointJobList, endpointLogin}, f.Endpoint):
		return fmt.Errorf("endpoint: unknown %q (known: job_info, job_list, login; empty for all)", f.Endpoint)
	case f.JobStatus != "" && f.Endpoint != endpointJobList:
		return fmt.Errorf("job_status: %q needs the endpoint job_list", f.JobStatus)
	case !slices.Contains([]string{"", BreakReset, BreakClose, BreakTruncate, BreakDrip}, f.Break):
		return fmt.Errorf("break: unknown %q (known: reset, close, truncate, drip)", f.Break)
	case f.Status != 0 && (f.Status < 200 || f.Status > 999):
		return fmt.Errorf("status: must be from 200 to 999, not %d", f.Status)
	case f.Latency < 0 || f.Times < 0:
		return errors.New("latency and times must not be negative")
	}
	return nil
}

// faultKey is what a fault applies to. Empty members stand for all.
type faultKey struct{ jobID, endpoint, jobStatus string }

// call is what faults are told apart by.
type call struct {
	endpoint  string
	asked     string      // job that was asked for, "" if none was
	served    string      // job that is served
	jobStatus string      // of job_list: the status that was asked for
	badToken  func() bool // whether the token is refused
}

// faults are the faults in force.
type faults struct {
	mu    sync.Mutex
	byKey map[faultKey]*Fault // Times counts down
}

func newFaults() *faults { return &faults{byKey: make(map[faultKey]*Fault)} }

func (fs *faults) set(jobID string, f Fault) error {
	jobID = canonical(jobID)
	if jobID != "" && !validID(jobID) {
		return fmt.Errorf("job_id: not a job ID: %.100q (expected hex digits)", jobID)
	}
	if err := f.validate(); err != nil {
		return err
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.byKey[faultKey{jobID, f.Endpoint, strings.ToLower(f.JobStatus)}] = &f
	return nil
}

func (fs *faults) clear() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	clear(fs.byKey)
}

// match returns the fault for a call and uses up one of its Times. A job is known by the ID that was asked for and by
// the one that is served.
func (fs *faults) match(c call) (Fault, bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if len(fs.byKey) == 0 {
		return Fault{}, false
	}
	for _, key := range [...]faultKey{
		{c.asked, c.endpoint, strings.ToLower(c.jobStatus)},
		{c.asked, c.endpoint, ""},
		{c.asked, "", ""},
		{c.served, c.endpoint, ""},
		{c.served, "", ""},
		{"", c.endpoint, ""},
		{"", "", ""},
	} {
		f, ok := fs.byKey[key]
		if !ok || f.BadToken && !c.badToken() {
			continue
		}
		if f.Times == 1 {
			delete(fs.byKey, key)
		} else if f.Times > 1 {
			f.Times--
		}
		return *f, true
	}
	return Fault{}, false
}

// setFault is a fault in force and the job it is for, or "".
type setFault struct {
	jobID string
	fault Fault
}

// list returns the faults in force, those for every call first.
func (fs *faults) list() []setFault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	list := make([]setFault, 0, len(fs.byKey))
	for key, f := range fs.byKey {
		list = append(list, setFault{key.jobID, *f})
	}
	slices.SortFunc(list, func(a, b setFault) int {
		return cmp.Or(cmp.Compare(a.jobID, b.jobID), cmp.Compare(a.fault.Endpoint, b.fault.Endpoint),
			cmp.Compare(a.fault.JobStatus, b.fault.JobStatus))
	})
	return list
}
