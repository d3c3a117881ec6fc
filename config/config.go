package config

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"cielo24_exporter/cielo24"

	promconfig "github.com/prometheus/common/config"
)

// Config is a whole configuration. One that Load or Parse returned is valid.
type Config struct {
	Accounts []Account // at least one; names are unique
}

// Account is one account of cielo24 and the jobs of it to watch.
type Account struct {
	Name     string
	BaseURL  *url.URL       // scheme, host and perhaps a path prefix; nothing else
	Location *time.Location // zone of dates that carry none

	Token *SecretSource // nil when Login is set
	Login *Login        // nil when Token is set

	Jobs      []Job
	JobFiles  *JobFiles  // nil without job files
	Discovery *Discovery // nil without discovery

	Timeout           time.Duration // of one call
	Concurrency       int           // calls at a time
	RequestsPerSecond float64       // 0: no limit
	MinInterval       time.Duration // scrapes closer than this share one refresh
	SettledInterval   time.Duration // finished jobs are asked for again only this often
	StaleAfter        time.Duration // how long a job keeps its values while its calls fail
	HTTPClient        promconfig.HTTPClientConfig
}

// GoString names the account only: HTTPClient hides its secrets from every verb but %#v.
func (a Account) GoString() string { return fmt.Sprintf("config.Account{Name: %q}", a.Name) }

// MarshalJSON names the account only: the JSON of HTTPClient has the password of a proxy in it.
func (a Account) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct{ Name string }{a.Name})
}

// Login is how an account gets its token. One of SecureKey and Password is set.
type Login struct {
	Username  string
	SecureKey *SecretSource
	Password  *SecretSource
}

// Job is a job to watch.
type Job struct {
	ID     string            // as it is written; what the API and the label job_id get
	Key    JobID             // ID in its canonical form; what jobs are compared by
	Labels map[string]string // joined onto cielo24_job_info
}

// Discovery finds jobs through the API's job list.
type Discovery struct {
	Statuses      []string // of cielo24.Statuses
	CreatedWithin time.Duration
	Username      string // a sub-account, "*" for all, "" for the account itself
	MaxJobs       int
}

// defaultBaseURL is the API's production address. Source: cielo24/Docs.
const defaultBaseURL = "https://api.cielo24.com"

// defaultAccount is what an account is before its keys are read.
func defaultAccount() Account {
	base, err := url.Parse(defaultBaseURL)
	if err != nil {
		panic(err) // a constant
	}
	client := promconfig.DefaultHTTPClientConfig
	client.FollowRedirects = false
	return Account{
		BaseURL:     base,
		Location:    time.UTC,
		Timeout:     10 * time.Second,
		Concurrency: 16,
		StaleAfter:  5 * time.Minute,
		HTTPClient:  client,
	}
}

// defaultDiscovery is what a discovery is before its keys are read: the jobs that somebody may have to do something
// about.
func defaultDiscovery() Discovery {
	return Discovery{
		Statuses: []string{
			cielo24.StatusAuthorizing, cielo24.StatusPending, cielo24.StatusInProcess, cielo24.StatusReviewing,
			cielo24.StatusMediaFailure,
		},
		CreatedWithin: 30 * 24 * time.Hour,
		MaxJobs:       10000,
	}
}

// Bounds of what can be configured.
const (
	maxTimeout     = 10 * time.Minute
	maxInterval    = 30 * 24 * time.Hour
	maxConcurrency = 1000
	maxDiscovered  = 1000000
	maxNameLength  = 128 // bytes
)

// Load reads a configuration file. Its error is Problems.
func Load(file string) (*Config, error) {
	data, problem := readFile(file)
	if problem != "" {
		return nil, Problems{{File: file, Text: problem}}
	}
	return Parse(file, data)
}

// Parse reads data as the configuration file of that name, whose folder is where relative paths begin. Its error is
// Problems.
func Parse(file string, data []byte) (*Config, error) {
	r := &reader{file: file, dir: filepath.Dir(file), budget: maxNodes}
	cfg := &Config{}
	if root, ok := r.document(data); ok {
		cfg.Accounts = readAccounts(root)
	}
	if len(r.problems) > 0 {
		return nil, r.sorted()
	}
	return cfg, nil
}

// readAccounts reads the whole document.
func readAccounts(root value) []Account {
	var accounts []Account
	names := map[string]int{} // line by name
	seen := root.mapping(map[string]func(value){
		"accounts": func(list value) {
			if len(list.node.Content) == 0 {
				list.fail("must list at least one account")
				return
			}
			list.each(func(v value) {
				account, ok := readAccount(v)
				if !ok {
					return
				}
				if line, twice := names[account.Name]; twice && account.Name != "" {
					v.fail("duplicate account name %q, also at line %d", account.Name, line)
				}
				names[account.Name] = v.node.Line
				accounts = append(accounts, account)
			})
		},
	})
	if seen != nil && seen["accounts"] == nil {
		root.fail("accounts is missing; a configuration begins with accounts:")
	}
	return accounts
}
