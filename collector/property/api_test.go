package property_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The endpoints, as metrics name them.
const (
	jobInfo = "job_info"
	jobList = "job_list"
	login   = "login"
)

// job is a job as the API has it now. Its dates are in UTC.
type job struct {
	id, name, status, priority string
	media                      float64
	created, due               time.Time
	dueText                    string // in place of due, if it is not empty
	completed, returned        time.Time
}

// call is one request and what the API said to it.
type call struct {
	number   int
	account  string
	endpoint string
	job      string // of job_info
	list     string // of job_list: the status
	key      string // of login
	start    time.Time
	end      time.Time // when the answer was sent, or the client had gone; zero while the call is under way
	gone     bool      // the client did not wait for the answer
	code     int       // 0: no answer
	says               // what the answer means
	content  map[string]job
	odd      int // elements of the list that are no job
}

// says is what an answer means to the exporter, by the contract.
type says struct {
	usable     bool
	errorType  string // counts as an error of that type
	reason     string // label of job_error; "" if usable
	proof      bool   // reach and credentials are proved
	rejected   bool   // the job, or the list, is refused for good
	badToken   bool   // the token was refused
	retryAfter time.Duration
}

func (c *call) ended(by time.Time) bool { return !c.end.IsZero() && !c.end.After(by) }

// failed reports whether the call ended without a usable answer for a reason that may pass.
func (c call) failed() bool { return !c.usable && !c.rejected }

func (c *call) String() string {
	what := c.reason
	if c.usable {
		what = "usable"
	}
	if c.retryAfter > 0 {
		what += " retry after " + c.retryAfter.String()
	}
	took := "…"
	if !c.end.IsZero() {
		took = c.end.Sub(c.start).String()
	}
	return fmt.Sprintf("%s #%d %s %s %s%s: %d %s after %s", stamp(c.start), c.number, c.account, c.endpoint, short(c.job), c.list,
		c.code, what, took)
}

// api is an API that does what a plan says, and writes down what it said. It is an http.Handler, and serves all exporters
// of a check, one after another.
type api struct {
	mu       sync.Mutex
	jobs     map[string]job
	secrets  map[string]string // account by user's key, and by fixed token
	sessions map[string]string // account by token of a login
	refusal  answer            // of a dead token
	faults   []*fault
	calls    []*call
	logins   int
}

func newAPI() *api {
	return &api{jobs: map[string]job{}, secrets: map[string]string{}, sessions: map[string]string{}, refusal: deadToken(400)}
}

// ServeHTTP answers a call: as the first fault that matches says, or as it should be.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, f := a.begin(r)
	latency := time.Duration(c.number)*time.Microsecond + time.Millisecond // no two calls end in the same moment
	if f != nil {
		latency += f.latency
	}
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
		a.leave(c)
		return
	}
	switch {
	case f == nil:
		a.answer(w, c, a.right(c, r))
	case f.kind == "hang":
		<-r.Context().Done()
		a.leave(c)
	case f.kind == "hang in body":
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, `{"JobId":`)
		_ = http.NewResponseController(w).Flush()
		a.mu.Lock()
		c.code = http.StatusOK
		a.mu.Unlock()
		<-r.Context().Done()
		a.leave(c)
	default:
		a.answer(w, c, f.answer(a, c, r))
	}
}

// begin writes down that a call has come.
func (a *api) begin(r *http.Request) (*call, *fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := r.URL.Query()
	c := &call{number: len(a.calls) + 1, start: time.Now()}
	switch {
	case strings.HasSuffix(r.URL.Path, "/info"):
		c.endpoint, c.job = jobInfo, canonical(q.Get("job_id"))
	case strings.HasSuffix(r.URL.Path, "/list"):
		c.endpoint, c.list = jobList, q.Get("JobStatus")
	default:
		c.endpoint, c.key = login, r.Header.Get("X-Auth-Securekey")
	}
	c.account, _, _ = strings.Cut(q.Get("api_token")+r.Header.Get("X-Auth-User"), "-")
	a.calls = append(a.calls, c)
	for _, f := range a.faults {
		if f.matches(c) {
			return c, f
		}
	}
	return c, nil
}

// leave writes down that the client has gone.
func (a *api) leave(c *call) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c.end, c.gone, c.reason = time.Now(), true, "timeout"
}

// answer is what the API sends: a whole answer, or one that breaks off.
type answer struct {
	says
	code    int
	body    string
	header  http.Header
	content map[string]job
	odd     int
	broken  bool // the connection ends before the answer does; without a code, before it begins
}

// answer sends it and writes it down.
func (a *api) answer(w http.ResponseWriter, c *call, answer answer) {
	a.mu.Lock()
	c.end, c.code, c.says, c.content, c.odd = time.Now(), answer.code, answer.says, answer.content, answer.odd
	if c.endpoint == login {
		c.proof, c.rejected, c.badToken = false, false, false // whatever refuses a login is about the credentials
	}
	a.mu.Unlock()
	if answer.code == 0 {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), answer.header)
	if answer.broken {
		w.Header().Set("Content-Length", fmt.Sprint(len(answer.body)+100))
	}
	w.WriteHeader(answer.code)
	_, _ = io.WriteString(w, answer.body)
	if answer.broken {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// right is the answer of an API without a fault.
func (a *api) right(c *call, r *http.Request) answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	q := r.URL.Query()
	if c.endpoint == login {
		if a.secrets[r.Header.Get("X-Auth-Securekey")] != c.account {
			return refused(http.StatusBadRequest, "LOGIN_INVALID")
		}
		a.logins++
		token := fmt.Sprintf("%s-session-%08d", c.account, a.logins)
		a.sessions[token] = c.account
		return answer{says: says{usable: true}, code: http.StatusOK, body: `{"ApiToken":"` + token + `"}`}
	}
	token := q.Get("api_token")
	if a.secrets[token] != c.account && a.sessions[token] != c.account {
		return a.refusal
	}
	if c.endpoint == jobList {
		return a.listLocked(c)
	}
	j, ok := a.jobs[c.job]
	if !ok {
		return refused(http.StatusBadRequest, "ITEM_NOT_FOUND")
	}
	return answer{says: usable(), code: http.StatusOK, body: j.json(), content: map[string]job{j.id: j}}
}

func usable() says { return says{usable: true, proof: true} }

// listLocked is the list of the jobs in a status.
func (a *api) listLocked(c *call) answer {
	all := answer{says: usable(), code: http.StatusOK, content: map[string]job{}}
	var bodies []string
	for _, id := range slices.Sorted(maps.Keys(a.jobs)) {
		if j := a.jobs[id]; j.status == c.list {
			all.content[id] = j
			bodies = append(bodies, j.json())
		}
	}
	all.body = `{"Username":"u","ActiveJobs":[` + strings.Join(bodies, ",") + `]}`
	return all
}

// refused is an answer with an ErrorType.
func refused(code int, errorType string) answer {
	says := says{errorType: errorType, reason: errorType}
	switch errorType {
	case "BAD_API_TOKEN":
		says.badToken = true
	case "LOGIN_INVALID", "UNHANDLED_ERROR":
	default:
		says.rejected, says.proof = true, true
	}
	return answer{says: says, code: code, body: `{"ErrorType":"` + errorType + `","ErrorComment":"no"}`}
}

// deadToken is the answer to a token that has ended, as APIs say so: with or without an ErrorType.
func deadToken(code int) answer {
	if code == http.StatusForbidden {
		return answer{says: says{reason: "unauthorized", badToken: true}, code: code, body: "forbidden"}
	}
	return refused(code, "BAD_API_TOKEN")
}

// json is the job as the API writes it.
func (j job) json() string {
	due := date(j.due)
	if j.dueText != "" {
		due = j.dueText
	}
	text, err := json.Marshal(map[string]any{
		"JobId": j.id, "JobName": j.name, "JobStatus": j.status, "Priority": j.priority, "MediaLengthSeconds": j.media,
		"CreationDate": date(j.created), "DueDate": due, "CompletedDate": date(j.completed), "ReturnDate": date(j.returned),
	})
	if err != nil {
		panic(err) // texts and a number
	}
	return string(text)
}

// date writes a date as the API does, without a zone.
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}

// record returns the calls of an account so far.
func (a *api) record(account string) []call {
	a.mu.Lock()
	defer a.mu.Unlock()
	var calls []call
	for _, c := range a.calls {
		if c.account == account {
			calls = append(calls, *c)
		}
	}
	return calls
}

// expire ends all sessions; from then on a dead token is answered with code.
func (a *api) expire(code int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.sessions)
	a.refusal = deadToken(code)
}

// job returns a job as it is now.
func (a *api) job(id string) (job, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	j, ok := a.jobs[id]
	return j, ok
}

// put adds a job or changes it.
func (a *api) put(j job) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.jobs[j.id] = j
}

func (a *api) remove(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.jobs, id)
}

// canonical is the one form of an ID.
func canonical(id string) string { return strings.ToLower(strings.ReplaceAll(id, "-", "")) }

// short is what is worth showing of an ID.
func short(id string) string { return id[max(0, len(id)-2):] }

// stamp is a time as histories show it: since the bubble's clock began.
func stamp(t time.Time) string {
	return t.Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Truncate(time.Microsecond).String()
}
