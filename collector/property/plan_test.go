package property_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// fleet is how many jobs there are at most.
const fleet = 12

// jobID is the ID of the i-th job. One beyond the fleet is watched by nobody.
func jobID(i int) string { return fmt.Sprintf("%032x", 0xa0+i) }

// index is the number of a job of the fleet.
func index(id string) int {
	for i := range fleet {
		if jobID(i) == id {
			return i
		}
	}
	return fleet
}

// written is the ID as a configuration writes it: some with dashes and capitals, which mean the same.
func written(i int) string {
	id := jobID(i)
	if i%5 == 2 {
		return strings.ToUpper(id[:8] + "-" + id[8:])
	}
	return id
}

func statuses() []string {
	return []string{"Authorizing", "Pending", "In Process", "Reviewing", "Complete", "Media Failure"}
}

// settings are those of an account.
type settings struct {
	login       bool
	secret      int // which of the account's secrets it has
	jobs        []int
	files       []int
	label       int // of the jobs in the configuration
	discovery   bool
	statuses    int // how many of them are listed
	maxJobs     int
	concurrency int
	perSecond   float64
	minInterval time.Duration
	settled     time.Duration
	staleAfter  time.Duration
	timeout     time.Duration
	zone        string
}

// listed are the statuses whose lists are fetched.
func (s settings) listed() []string {
	if !s.discovery {
		return nil
	}
	return statuses()[:s.statuses]
}

func (s settings) location() *time.Location {
	l, err := time.LoadLocation(s.zone)
	if err != nil {
		panic(err) // they are constants
	}
	return l
}

// yaml writes them. Secrets name their account, so that the API knows whose calls are whose.
func (s settings) yaml(name string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "    "+format+"\n", args...) }
	fmt.Fprintf(&b, "  - name: %s\n", name)
	line("base_url: http://api.test")
	if s.login {
		line("login: {username: %s, securekey: %s}", name, secret(name, s.secret))
	} else {
		line("api_token: %s", secret(name, s.secret))
	}
	line("jobs:")
	for _, i := range s.jobs {
		line("  - {id: '%s', labels: {course: c%d}}", written(i), s.label)
	}
	if len(s.jobs) == 0 {
		line("  []")
	}
	line("job_files: [%s-*.yml]", name)
	if s.discovery {
		line("discovery: {statuses: [%s], max_jobs: %d}", strings.Join(s.listed(), ", "), s.maxJobs)
	}
	line("timeout: %dms", s.timeout.Milliseconds())
	line("concurrency: %d", s.concurrency)
	line("requests_per_second: %v", s.perSecond)
	line("min_interval: %s", s.minInterval)
	line("settled_interval: %s", s.settled)
	line("stale_after: %s", s.staleAfter)
	line("timezone: %s", s.zone)
	return b.String()
}

func secret(account string, n int) string { return fmt.Sprintf("%s-secret-%08d", account, n) }

func subset(t *rapid.T, label string) []int {
	var chosen []int
	for i, in := range rapid.SliceOfN(rapid.Bool(), fleet, fleet).Draw(t, label) {
		if in {
			chosen = append(chosen, i)
		}
	}
	return chosen
}

// drawSettings draws an account. A job stands in one place.
func drawSettings(t *rapid.T) settings {
	s := settings{
		login: rapid.Bool().Draw(t, "login"), jobs: subset(t, "jobs"), discovery: rapid.Bool().Draw(t, "discovery"),
		maxJobs: fleet, label: 0,
	}
	if rapid.IntRange(0, 2).Draw(t, "with a file") == 2 {
		s.drawFiles(t)
	}
	s.statuses = rapid.IntRange(1, len(statuses())).Draw(t, "statuses")
	if rapid.IntRange(0, 4).Draw(t, "few") == 4 {
		s.maxJobs = rapid.IntRange(1, 4).Draw(t, "max_jobs")
	}
	for _, change := range []string{"concurrency", "rate", "min_interval", "settled_interval", "stale_after", "timeout", "zone"} {
		s.change(t, change)
	}
	return s
}

func (s *settings) drawFiles(t *rapid.T) {
	s.files = slices.DeleteFunc(subset(t, "files"), func(i int) bool { return slices.Contains(s.jobs, i) })
}

// change draws other settings of one kind.
func (s *settings) change(t *rapid.T, what string) {
	seconds := func(n ...int) time.Duration { return time.Duration(rapid.SampledFrom(n).Draw(t, what)) * time.Second }
	// No timeout is as long as a client waits: what happens in the same moment has no order.
	switch what {
	case "concurrency":
		s.concurrency = rapid.SampledFrom([]int{16, 1, 2, 4}).Draw(t, what)
	case "rate":
		s.perSecond = rapid.SampledFrom([]float64{0, 0, 5, 1, 0.5}).Draw(t, what)
	case "min_interval":
		s.minInterval = seconds(0, 0, 15, 60)
	case "settled_interval":
		s.settled = seconds(0, 0, 600)
	case "stale_after":
		s.staleAfter = seconds(300, 0, 20)
	case "timeout":
		s.timeout = seconds(10, 2) + 3*time.Millisecond
	case "zone":
		s.zone = rapid.SampledFrom([]string{"UTC", "America/Los_Angeles", "Asia/Kolkata"}).Draw(t, what)
	case "jobs":
		s.jobs, s.label = subset(t, what), rapid.IntRange(0, 1).Draw(t, "label")
		s.files = slices.DeleteFunc(slices.Clone(s.files), func(i int) bool { return slices.Contains(s.jobs, i) })
	case "files":
		s.drawFiles(t)
	case "discovery":
		s.discovery = rapid.Bool().Draw(t, what)
		s.statuses = rapid.IntRange(1, len(statuses())).Draw(t, "statuses")
	case "credentials":
		s.secret = rapid.IntRange(0, 3).Draw(t, what)
	}
}

// step is one thing that happens.
type step struct {
	do      string
	account int
	job     int
	wait    time.Duration // of a client; how long time passes
	leave   time.Duration // when the client leaves; 0: it does not
	beside  bool          // does not keep the next steps waiting
	to      string        // status, or kind of reload
	n       int
	fault   fault
	reload  settings
}

func (s step) String() string {
	var b strings.Builder
	b.WriteString(s.do)
	switch s.do {
	case "scrape", "compare formats", "service discovery", "page", "probe":
		if s.do == "probe" {
			fmt.Fprintf(&b, " account %s job %02d", accountName(s.account), s.job)
		}
		fmt.Fprintf(&b, " waiting %s", s.wait)
		if s.leave > 0 {
			fmt.Fprintf(&b, " leaving after %s", s.leave)
		}
		if s.beside {
			b.WriteString(" beside the next")
		}
	case "let time pass":
		fmt.Fprintf(&b, " %s", s.wait)
	case "job changes":
		fmt.Fprintf(&b, " %02d to %s (%d)", s.job, s.to, s.n)
	case "job goes":
		fmt.Fprintf(&b, " %02d", s.job)
	case "fault":
		fmt.Fprintf(&b, " %s", &s.fault)
	case "sessions end", "key is refused":
		fmt.Fprintf(&b, " account %s (%d)", accountName(s.account), s.n)
	case "reload":
		fmt.Fprintf(&b, " account %s with other %s:\n%s", accountName(s.account), s.to, s.reload.yaml(accountName(s.account)))
	}
	return b.String()
}

func accountName(i int) string { return string(rune('a' + i)) }

// plan is what happens in one check.
type plan struct {
	accounts []settings
	jobs     []string // status of each at the start; "": there is none
	steps    []step
}

func (p plan) GoString() string { return p.String() }

func (p plan) String() string { return p.until(len(p.steps)) }

// until shows the plan up to its n-th step.
func (p plan) until(n int) string {
	var b strings.Builder
	for i, s := range p.accounts {
		b.WriteString(s.yaml(accountName(i)))
		fmt.Fprintf(&b, "    (in the file: %v)\n", s.files)
	}
	for i, status := range p.jobs {
		fmt.Fprintf(&b, "%02d %s; ", i, status)
	}
	b.WriteString("\n")
	for i, s := range p.steps[:n] {
		if s.do != "nothing" {
			fmt.Fprintf(&b, "%d. %s\n", i+1, s)
		}
	}
	return b.String()
}

// plans draws one.
func plans() *rapid.Generator[plan] {
	return rapid.Custom(func(t *rapid.T) plan {
		var p plan
		for range rapid.IntRange(1, 2).Draw(t, "accounts") {
			p.accounts = append(p.accounts, drawSettings(t))
		}
		for range fleet {
			p.jobs = append(p.jobs, rapid.SampledFrom(append(statuses(), "")).Draw(t, "status"))
		}
		now := slices.Clone(p.accounts) // as the reloads so far have left them
		p.steps = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step { return drawStep(t, now) }), 10, 40).Draw(t, "steps")
		return p
	})
}

// drawStep draws a step. The first kind is the simplest, which steps shrink to.
func drawStep(t *rapid.T, now []settings) step {
	s := step{do: rapid.SampledFrom([]string{
		"nothing", "scrape", "scrape", "scrape", "scrape", "scrape", "scrape", "compare formats", "let time pass", "let time pass",
		"service discovery", "page", "probe", "probe", "job changes", "job changes", "job goes", "fault", "fault", "fault",
		"faults end", "faults end", "sessions end", "key is refused", "reload", "reload", "restart", "everything is well",
		"everything is well",
	}).Draw(t, "do")}
	s.account = rapid.IntRange(0, len(now)-1).Draw(t, "account")
	switch s.do {
	case "scrape", "compare formats", "service discovery", "page", "probe":
		s.drawRequest(t)
	case "let time pass":
		s.wait = rapid.SampledFrom([]time.Duration{
			time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 6 * time.Minute, 70 * time.Minute, 26 * time.Hour,
		}).Draw(t, "time")
	case "job changes":
		s.job = rapid.IntRange(0, fleet-1).Draw(t, "job")
		s.to = rapid.SampledFrom(statuses()).Draw(t, "status")
		s.n = rapid.IntRange(0, 9).Draw(t, "revision")
	case "job goes":
		s.job = rapid.IntRange(0, fleet-1).Draw(t, "job")
	case "fault":
		s.fault = faults(t)
	case "sessions end":
		s.n = rapid.SampledFrom([]int{400, 401, 403, 200}).Draw(t, "code")
	case "key is refused":
		s.n = rapid.IntRange(0, 3).Draw(t, "secret")
	case "reload":
		s.to = rapid.SampledFrom([]string{
			"nothing", "nothing", "concurrency", "rate", "min_interval", "settled_interval", "stale_after", "timeout", "zone",
			"jobs", "files", "discovery", "credentials",
		}).Draw(t, "what")
		now[s.account].change(t, s.to)
		s.reload = now[s.account]
	}
	return s
}

// drawRequest draws how long a client waits.
func (s *step) drawRequest(t *rapid.T) {
	if s.do == "probe" {
		s.job = rapid.IntRange(0, fleet+1).Draw(t, "job")
	}
	s.wait = rapid.SampledFrom([]time.Duration{
		10 * time.Second, time.Minute, 10 * time.Minute, 3 * time.Second, time.Second, 300 * time.Millisecond,
	}).Draw(t, "wait") + 1540*time.Nanosecond // no call ends, or may begin, in the very moment in which a client gives up
	if rapid.IntRange(0, 4).Draw(t, "leaves") == 4 {
		s.leave = rapid.SampledFrom([]time.Duration{time.Microsecond, 50*time.Millisecond + 77, 2*time.Second + 77}).Draw(t, "leave")
	}
	// Formats are compared with each other, so nothing else may go on meanwhile.
	s.beside = rapid.IntRange(0, 2).Draw(t, "beside") == 2 && s.do != "compare formats"
}
