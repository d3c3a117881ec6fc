package simulator_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"cielo24_exporter/simulator"
)

const loginPath = "/api/account/login?v=1"

// tokenIn returns the token in the answer to a login.
func tokenIn(t *testing.T, status int, body, member string) string {
	t.Helper()
	var answer map[string]string
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(answer[member]) || len(answer) != 1 {
		t.Fatalf("no %s in %s", member, body)
	}
	return answer[member]
}

func TestEveryDocumentedWayToLogInGivesATokenThatWorks(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(simulator.Job{ID: job1, Username: user})
	name := "&username=" + url.QueryEscape(user)
	seen := map[string]bool{}
	for _, test := range []struct {
		name, method, path, body string
		headers                  []string
		member                   string
	}{
		{"query with password", "GET", loginPath + name + "&password=correct+horse", "", nil, "ApiToken"},
		{"query with securekey", "GET", loginPath + name + "&securekey=fedcba98", "", nil, "ApiToken"},
		{"headers with password", "GET", loginPath, "", []string{"x-auth-user", user, "x-auth-password", "correct horse"}, "ApiToken"},
		{"headers with securekey", "GET", loginPath, "", []string{"x-auth-user", user, "x-auth-securekey", "fedcba98"}, "ApiToken"},
		{"body with password", "POST", loginPath, `{"username": "` + user + `", "password": "correct horse"}`, nil, "api_token"},
		{"body with securekey", "POST", loginPath, `{"username": "` + user + `", "securekey": "fedcba98"}`, nil, "api_token"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := w.send(test.method, test.path, test.body, test.headers...)
			got := tokenIn(t, status, body, test.member)
			if seen[got] {
				t.Error("a token that somebody has already")
			}
			seen[got] = true
			if status, body := w.send("GET", "/api/job/info?v=1&job_id="+job1+"&api_token="+got, ""); status != http.StatusOK {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	if got := w.api.Calls("login"); got != 6 {
		t.Errorf("%d logins", got)
	}
}

func TestALoginThatFailsSaysWhy(t *testing.T) {
	w := newWorld(t)
	w.api.AddUser(simulator.User{Username: "no secrets"})
	name := "&username=" + url.QueryEscape(user)
	for _, test := range []struct{ name, method, path, body, errorType string }{
		{"no version", "GET", "/api/account/login?username=a&password=b", "", "MISSING_PARAMETER"},
		{"another version", "GET", "/api/account/login?v=3&username=a&password=b", "", "INVALID_QUERY"},
		{"no user", "GET", loginPath + "&password=b", "", "MISSING_PARAMETER"},
		{"no secret", "GET", loginPath + name, "", "MISSING_PARAMETER"},
		{"a wrong password", "GET", loginPath + name + "&password=b", "", "LOGIN_INVALID"},
		{"a wrong securekey", "GET", loginPath + name + "&securekey=b", "", "LOGIN_INVALID"},
		{"a securekey for a password", "GET", loginPath + name + "&password=fedcba98", "", "LOGIN_INVALID"},
		{"an unknown user", "GET", loginPath + "&username=nobody&password=b", "", "LOGIN_INVALID"},
		{"a user without secrets", "GET", loginPath + "&username=no+secrets&password=b", "", "LOGIN_INVALID"},
		{"no body", "POST", loginPath, "", "INVALID_QUERY"},
		{"a body that is no object", "POST", loginPath, `["a"]`, "INVALID_QUERY"},
		{"a body with wrong secrets", "POST", loginPath, `{"username":"a","password":"b"}`, "LOGIN_INVALID"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := w.send(test.method, test.path, test.body)
			wantError(t, status, body, test.errorType, "")
		})
	}
}

func TestATokenEndsWhenItIsNotUsedAndLivesWhileItIs(t *testing.T) {
	for _, lifetime := range []time.Duration{0, 10 * time.Minute} { // 0: the documented hour
		w := newWorldWith(t, simulator.Options{TokenLifetime: lifetime})
		w.api.AddJob(simulator.Job{ID: job1})
		if lifetime == 0 {
			lifetime = time.Hour
		}
		for range 5 {
			w.clock.advance(lifetime)
			w.info(job1)
		}
		w.clock.advance(lifetime + 1)
		for range 2 {
			status, body := w.send("GET", infoPath(job1), "")
			wantError(t, status, body, "BAD_API_TOKEN", "Invalid or expired API token")
		}
		w.api.AddToken(token, user)
		w.info(job1)
	}
}

func TestAllTokensCanBeEndedAtOnce(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(simulator.Job{ID: job1})
	status, body := w.send("GET", loginPath, "", "x-auth-user", user, "x-auth-securekey", "fedcba98")
	fresh := tokenIn(t, status, body, "ApiToken")
	w.api.ExpireTokens()
	for _, dead := range []string{token, fresh} {
		status, body := w.send("GET", "/api/job/info?v=1&job_id="+job1+"&api_token="+dead, "")
		wantError(t, status, body, "BAD_API_TOKEN", "")
	}
}
