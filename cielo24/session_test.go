package cielo24_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cielo24_exporter/cielo24"
)

const secureKey = "0123456789abcdef0123456789abcdef"

// account is an API that lets a session in: what it says can be changed while it runs.
type account struct {
	mu      sync.Mutex
	tokens  map[string]bool
	issued  int
	refuse  string // ErrorType of refused logins
	broken  int    // status of failed logins
	headers http.Header
}

func (a *account) set(change func(*account)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a)
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case r.URL.Path == "/api/job/info" && a.tokens[r.URL.Query().Get("api_token")]:
		answer(200, `{"JobId":"a"}`)(w, r)
	case r.URL.Path == "/api/job/info":
		answer(400, `{"ErrorType":"BAD_API_TOKEN","ErrorComment":"Invalid or expired API token"}`)(w, r)
	case a.broken != 0:
		answer(a.broken, "")(w, r)
	case a.refuse != "":
		answer(400, `{"ErrorType":"`+a.refuse+`","ErrorComment":"no `+secureKey+`"}`)(w, r)
	default:
		a.headers = r.Header.Clone()
		a.issued++
		next := fmt.Sprintf("%032x", a.issued)
		a.tokens = map[string]bool{next: true}
		_ = json.NewEncoder(w).Encode(map[string]string{"ApiToken": next})
	}
}

// clock is a time that moves when a test says so.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func loginClient(
	t *testing.T, api http.Handler, key cielo24.SecretSource, now *clock,
) (*cielo24.Client, *calls) {
	t.Helper()
	session, err := cielo24.NewLoginSession(cielo24.Credentials{Username: "captions@example.edu", SecureKey: key})
	if err != nil {
		t.Fatal(err)
	}
	seen := &calls{}
	return newClient(t, serve(t, api.ServeHTTP), func(o *cielo24.Options) {
		o.Session, o.Observe, o.Now = session, seen.observe, now.Now
	}), seen
}

func TestASessionLogsInOnceAndAgainWhenItHasEnded(t *testing.T) {
	api := &account{}
	client, seen := loginClient(t, api, fixed(secureKey), newClock())
	for range 3 {
		if _, failure := ask(t, client); failure != nil {
			t.Fatal(failure)
		}
	}
	if got := seen.count("login"); got != 1 {
		t.Fatalf("%d logins", got)
	}
	h := api.headers
	if h.Get("x-auth-user") != "captions@example.edu" || h.Get("x-auth-securekey") != secureKey || h.Get("x-auth-password") != "" {
		t.Errorf("headers of the login: %v", h)
	}
	api.set(func(a *account) { a.tokens = nil })
	if _, failure := ask(t, client); failure != nil {
		t.Fatal("a session that ended cost a call:", failure)
	}
	if got := seen.count("login"); got != 2 {
		t.Errorf("%d logins after the session ended", got)
	}
}

func TestAPasswordAndTheOtherSpellingOfTheTokenDo(t *testing.T) {
	var header http.Header
	session, err := cielo24.NewLoginSession(cielo24.Credentials{Username: "u", Password: fixed("p w")})
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/account/login" {
			header = r.Header.Clone()
			answer(200, `{"api_token":"abc"}`)(w, r)
			return
		}
		answer(200, `{"JobId":"a"}`)(w, r)
	}), func(o *cielo24.Options) { o.Session = session })
	if _, failure := ask(t, client); failure != nil || header.Get("x-auth-password") != "p w" {
		t.Errorf("%v, %v", failure, header)
	}
}

// A login succeeds, and its token is refused all the same.
func TestATokenThatIsRefusedFromTheStartIsNoStormOfLogins(t *testing.T) {
	api, now := &account{}, newClock()
	client, seen := loginClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.ServeHTTP(w, r)
		api.set(func(a *account) { a.tokens = nil })
	}), fixed(secureKey), now)
	for range 60 { // ten minutes
		for range 20 {
			if _, failure := ask(t, client); failure == nil || failure.Reason != "BAD_API_TOKEN" {
				t.Fatal(failure)
			}
		}
		now.advance(10 * time.Second)
	}
	if got := seen.count("login"); got < 5 || got > 12 {
		t.Errorf("%d logins in ten minutes", got)
	}
}

func TestAJobThatRefusesEveryTokenDoesNotEndTheSessionOfTheOthers(t *testing.T) {
	api, now := &account{}, newClock()
	client, seen := loginClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("job_id") == "bad" {
			answer(400, `{"ErrorType":"BAD_API_TOKEN"}`)(w, r)
			return
		}
		api.ServeHTTP(w, r)
	}), fixed(secureKey), now)
	for range 60 {
		if _, err := client.JobInfo(t.Context(), "bad", cielo24.NewAttempts(3)); err == nil {
			t.Fatal("no error")
		}
		if _, failure := ask(t, client); failure != nil {
			t.Fatal(failure)
		}
		now.advance(10 * time.Second)
	}
	if got := seen.count("login"); got > 12 {
		t.Errorf("%d logins in ten minutes", got)
	}
}

func TestManyCallsWaitForOneLogin(t *testing.T) {
	api := &account{}
	client, seen := loginClient(t, api, fixed(secureKey), newClock())
	for round := 1; round <= 3; round++ {
		var group sync.WaitGroup
		failures := make(chan error, 50)
		for range 50 {
			group.Go(func() {
				if _, err := client.JobInfo(t.Context(), "a", cielo24.NewAttempts(3)); err != nil {
					failures <- err
				}
			})
		}
		group.Wait()
		close(failures)
		for err := range failures {
			t.Error(err)
		}
		if got := seen.count("login"); got != round {
			t.Fatalf("%d logins after %d expiries", got, round-1)
		}
		api.set(func(a *account) { a.tokens = nil })
	}
}

func TestARefusedLoginIsNotHammered(t *testing.T) {
	api, now := &account{refuse: "LOGIN_INVALID"}, newClock()
	key := &changing{value: secureKey}
	client, seen := loginClient(t, api, key, now)
	for range 600 { // ten minutes, a scrape a second
		_, failure := ask(t, client)
		if failure == nil || failure.Reason != "LOGIN_INVALID" || failure.Endpoint != "login" || !failure.CredentialsRefused() {
			t.Fatalf("got %v", failure)
		}
		if strings.Contains(failure.Error(), secureKey) {
			t.Fatal("the securekey is in the error")
		}
		now.advance(time.Second)
	}
	if got := seen.count("login"); got < 3 || got > 8 {
		t.Errorf("%d logins in ten minutes", got)
	}
	if got := seen.count("job_info"); got != 0 {
		t.Errorf("%d calls without a token", got)
	}
	before := seen.count("login")
	api.set(func(a *account) { a.refuse = "" })
	key.set("another", nil)
	if err := client.ReloadSecrets(); err != nil {
		t.Fatal(err)
	}
	if _, failure := ask(t, client); failure != nil || seen.count("login") != before+1 {
		t.Errorf("a new secret does not end the back-off: %v", failure)
	}
}

func TestALoginThatFailedIsTriedAgainSoon(t *testing.T) {
	api, now := &account{broken: 503}, newClock()
	client, seen := loginClient(t, api, fixed(secureKey), now)
	for range 60 {
		if _, failure := ask(t, client); failure == nil || failure.Reason != "http_5xx" || failure.CredentialsRefused() {
			t.Fatalf("got %v", failure)
		}
		now.advance(time.Second)
	}
	if got := seen.count("login"); got < 6 || got > 12 {
		t.Errorf("%d logins in a minute", got)
	}
	api.set(func(a *account) { a.broken = 0 })
	now.advance(10 * time.Second)
	if _, failure := ask(t, client); failure != nil {
		t.Error(failure)
	}
}

func TestAnAnswerToTheLoginWithoutATokenIsSaid(t *testing.T) {
	for body, detail := range map[string]string{
		`{}`:                        "the answer to the login holds no token",
		`{"ApiToken":null}`:         "the answer to the login holds no token",
		`{"ApiToken":"two words"}`:  "the answer to the login holds no token",
		`{"ApiToken":"\u00e9\n"}`:   "the answer to the login holds no token",
		`{"ApiToken":"` + token[:5]: "the body is not valid JSON",
		`<html>`:                    "the body is HTML or XML, not JSON",
	} {
		client, _ := loginClient(t, answer(200, body), fixed(secureKey), newClock())
		if _, failure := ask(t, client); failure == nil || failure.Reason != "invalid_body" || failure.Detail != detail {
			t.Errorf("%s: %v", body, failure)
		}
	}
}

func TestAFixedTokenIsReadAgain(t *testing.T) {
	api := &account{tokens: map[string]bool{"new": true}}
	file := &changing{value: "old"}
	session, err := cielo24.NewStaticSession(file)
	if err != nil {
		t.Fatal(err)
	}
	client := newClient(t, serve(t, api.ServeHTTP), func(o *cielo24.Options) { o.Session = session })
	if _, failure := ask(t, client); failure == nil || failure.Reason != "BAD_API_TOKEN" || !failure.CredentialsRefused() || failure.JobRejected() {
		t.Fatalf("got %v", failure)
	}
	file.set("new", nil)
	if _, failure := ask(t, client); failure != nil {
		t.Fatal("the new token is not used within the same call:", failure)
	}
	file.set("", errors.New("cielo24.token: no such file"))
	if err := client.ReloadSecrets(); err == nil {
		t.Error("an unreadable file is not reported")
	}
	if _, failure := ask(t, client); failure != nil {
		t.Error("the last good token is gone:", failure)
	}
}

func TestASecretPrintsAsSecret(t *testing.T) {
	s := cielo24.NewSecret(token)
	type holder struct{ Inner cielo24.Secret }
	type hider struct{ inner cielo24.Secret }
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		for _, value := range []any{s, &s, holder{s}, hider{s}, &hider{s}, []cielo24.Secret{s}} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, token) || strings.Contains(text, fmt.Sprintf("%x", token)) {
				t.Errorf("%s of %T prints %s", verb, value, text)
			}
		}
	}
	text, err := json.Marshal(holder{s})
	if err != nil || string(text) != `{"Inner":"\u003csecret\u003e"}` {
		t.Errorf("JSON: %s, %v", text, err)
	}
	if s.Reveal() != token || s.IsZero() || !(cielo24.Secret{}).IsZero() {
		t.Error("the secret itself is lost")
	}
}
