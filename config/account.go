package config

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cielo24_exporter/cielo24"

	"gopkg.in/yaml.v3"
)

// readAccount reads one element of accounts; false if it is not a mapping.
func readAccount(v value) (Account, bool) {
	a := defaultAccount()
	jobs := jobList{file: v.file, places: map[JobID]place{}}
	var patterns *value
	seen := v.mapping(map[string]func(value){
		"name":                a.readName,
		"base_url":            a.readBaseURL,
		"timezone":            a.readTimezone,
		"api_token":           func(v value) { a.Token = v.inlineSecret(checkToken) },
		"api_token_file":      func(v value) { a.Token = v.fileSecret(checkToken) },
		"login":               func(v value) { a.Login = readLogin(v) },
		"jobs":                jobs.read,
		"job_files":           func(v value) { patterns = &v },
		"discovery":           func(v value) { a.Discovery = readDiscovery(v) },
		"timeout":             func(v value) { v.duration(&a.Timeout, time.Millisecond, maxTimeout) },
		"concurrency":         func(v value) { v.integer(&a.Concurrency, maxConcurrency) },
		"requests_per_second": func(v value) { v.number(&a.RequestsPerSecond) },
		"min_interval":        func(v value) { v.duration(&a.MinInterval, 0, maxInterval) },
		"settled_interval":    func(v value) { v.duration(&a.SettledInterval, 0, maxInterval) },
		"stale_after":         func(v value) { v.duration(&a.StaleAfter, 0, maxInterval) },
		"http_client":         a.readHTTPClient,
	})
	if seen == nil {
		return Account{}, false
	}
	a.Jobs = jobs.jobs
	if patterns != nil {
		a.JobFiles = readJobFiles(*patterns, jobs)
	}
	a.checkKeys(v, seen)
	return a, true
}

// checkKeys checks which keys are there together.
func (a *Account) checkKeys(v value, seen map[string]*yaml.Node) {
	if seen["name"] == nil {
		v.fail("name is missing; it becomes the label account")
	}
	v.oneOf(seen, "credentials are missing", "api_token", "api_token_file", "login")
	if seen["jobs"] == nil && seen["job_files"] == nil && seen["discovery"] == nil {
		v.fail("nothing to watch; give jobs, job_files or discovery")
	}
}

// oneOf checks that one of the keys is there, and no other of them.
func (v value) oneOf(seen map[string]*yaml.Node, missing string, keys ...string) {
	var first string
	for _, key := range keys {
		switch {
		case seen[key] == nil:
		case first == "":
			first = key
		default:
			v.add(seen[key].Line, join(v.key, key), "cannot be combined with "+first)
		}
	}
	if first == "" {
		v.fail("%s; give one of %s", missing, strings.Join(keys, ", "))
	}
}

func (a *Account) readName(v value) {
	s, ok := v.text()
	switch {
	case !ok:
	case s == "":
		v.fail("must not be empty")
	case len(s) > maxNameLength || strings.IndexFunc(s, unicode.IsControl) >= 0:
		v.fail("must be at most %d bytes long, without control characters", maxNameLength)
	default:
		a.Name = s
	}
}

// readBaseURL never repeats the value, which may have a password in it.
func (a *Account) readBaseURL(v value) {
	s, ok := v.text()
	if !ok {
		return
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https":
		v.fail("must be a URL such as %s", defaultBaseURL)
	case u.Hostname() == "":
		v.fail("has no host; it must be a URL such as %s", defaultBaseURL)
	case !validPort(u.Port()):
		v.fail("must have a port between 1 and 65535, or none")
	case u.User != nil:
		v.fail("must not contain a user name or password; use the keys for credentials")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		v.fail("must not contain a query or fragment (? or #)")
	default:
		u.Path, u.RawPath = withoutAPI(u.Path), withoutAPI(u.RawPath)
		a.BaseURL = u
	}
}

// withoutAPI drops the last segment of a path if it is api: the API's documentation writes addresses with it, and each
// call adds it again.
func withoutAPI(path string) string {
	path = strings.TrimRight(path, "/")
	if prefix, found := strings.CutSuffix(path, "/api"); found {
		return strings.TrimRight(prefix, "/")
	}
	return path
}

func validPort(port string) bool {
	n, err := strconv.Atoi(port)
	return port == "" || err == nil && n >= 1 && n <= 65535
}

func (a *Account) readTimezone(v value) {
	s, ok := v.text()
	if !ok {
		return
	}
	zone, err := time.LoadLocation(s)
	if err != nil || s == "" || s == "Local" {
		v.fail("not a time zone: %s (expected a name such as America/Los_Angeles or UTC)", quote(s))
		return
	}
	a.Location = zone
}

// readLogin reads what to log in with.
func readLogin(v value) *Login {
	var l Login
	seen := v.mapping(map[string]func(value){
		"username": func(v value) {
			s, ok := v.text()
			if ok && (s == "" || len(s) > 256 || strings.IndexFunc(s, unicode.IsControl) >= 0) {
				v.fail("must be 1 to 256 bytes long, without control characters")
			}
			l.Username = s
		},
		"securekey":      func(v value) { l.SecureKey = v.inlineSecret(checkToken) },
		"securekey_file": func(v value) { l.SecureKey = v.fileSecret(checkToken) },
		"password":       func(v value) { l.Password = v.inlineSecret(checkPassword) },
		"password_file":  func(v value) { l.Password = v.fileSecret(checkPassword) },
	})
	if seen == nil {
		return nil
	}
	if seen["username"] == nil {
		v.fail("username is missing")
	}
	v.oneOf(seen, "the secret is missing", "securekey", "securekey_file", "password", "password_file")
	return &l
}

// readDiscovery reads how jobs are found.
func readDiscovery(v value) *Discovery {
	d := defaultDiscovery()
	if isNull(v.node) {
		return &d // all defaults
	}
	v.mapping(map[string]func(value){
		"statuses": func(v value) {
			d.Statuses = nil
			v.each(func(v value) { d.readStatus(v) })
			if v.node.Kind == yaml.SequenceNode && len(v.node.Content) == 0 {
				v.fail("must list at least one of %s", strings.Join(cielo24.Statuses(), ", "))
			}
		},
		"created_within": func(v value) { v.duration(&d.CreatedWithin, time.Minute, 100*365*24*time.Hour) },
		"username": func(v value) {
			if s, ok := v.text(); ok {
				d.Username = s
			}
		},
		"max_jobs": func(v value) { v.integer(&d.MaxJobs, maxDiscovered) },
	})
	return &d
}

func (d *Discovery) readStatus(v value) {
	s, ok := v.text()
	if !ok {
		return
	}
	status := cielo24.ParseStatus(s)
	switch {
	case status == cielo24.StatusUnknown:
		v.fail("not a status: %s (known: %s)", quote(s), strings.Join(cielo24.Statuses(), ", "))
	case slices.Contains(d.Statuses, status):
		v.fail("duplicate status: %s", status)
	default:
		d.Statuses = append(d.Statuses, status)
	}
}
