package cielo24_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/simulator"
)

// endings are the ways in which an API may say that a session has ended.
func endings() map[string]simulator.Fault {
	const badToken = `{"ErrorType":"BAD_API_TOKEN","ErrorComment":"Invalid or expired API token"}`
	return map[string]simulator.Fault{
		"as documented":       {BadToken: true, Status: 400, Body: badToken},
		"200 + BAD_API_TOKEN": {BadToken: true, Status: 200, Body: badToken},
		"401 + BAD_API_TOKEN": {BadToken: true, Status: 401, Body: badToken},
		"500 + BAD_API_TOKEN": {BadToken: true, Status: 500, Body: badToken},
		"401":                 {BadToken: true, Status: 401},
		"401 with a page":     {BadToken: true, Status: 401, Body: "<html>"},
		"403 with JSON":       {BadToken: true, Status: 403, Body: `{"message":"Forbidden"}`},
	}
}

func TestStaticSession_ReadsItsFileAgainOnceTheTokenIsRefused(t *testing.T) {
	for name, ending := range endings() {
		t.Run(name, func(t *testing.T) {
			e, file := newEnv(t), &secretFile{value: "old"}
			e.api.SetFault("", ending)
			e.api.AddToken("new", username)
			session, err := cielo24.NewStaticSession(file)
			if err != nil {
				t.Fatal(err)
			}
			client := e.client(func(o *cielo24.Options) { o.Session = session })
			reason := "BAD_API_TOKEN"
			if ending.Body == "" || !strings.Contains(ending.Body, reason) {
				reason = "unauthorized"
			}
			if _, failure := ask(t, client); reasonOf(failure) != reason || !failure.CredentialsRefused() || failure.JobRejected() {
				t.Errorf("got %v, want %s", failure, reason)
			}
			if file.reads != 2 || e.api.Calls("job_info") != 1 {
				t.Errorf("the file was read %d times and the job asked for %d times, want 2 and 1", file.reads, e.api.Calls("job_info"))
			}
			file.set("newer, but wrong", nil)
			if _, failure := ask(t, client); reasonOf(failure) != reason || e.api.Calls("job_info") != 3 {
				t.Errorf("got %v after %d calls, want %s after two more", failure, e.api.Calls("job_info"), reason)
			}
			if file.reads != 3 {
				t.Errorf("the file was read %d times, want once more although the newer token was refused, too", file.reads)
			}
			file.set("", errors.New("token: no such file"))
			if _, failure := ask(t, client); reasonOf(failure) != reason || e.api.Calls("job_info") != 4 {
				t.Errorf("got %v after %d calls, want %s after one more", failure, e.api.Calls("job_info"), reason)
			}
			file.set("new", nil)
			if _, failure := ask(t, client); failure != nil {
				t.Errorf("got %v, want the new token to be used within the same call", failure)
			}
			e.wantLogins(0)
		})
	}
}

func TestStaticSession_KeepsTheLastGoodToken(t *testing.T) {
	e, file := newEnv(t), &secretFile{value: token}
	e.api.AddToken(token, username)
	session, err := cielo24.NewStaticSession(file)
	if err != nil {
		t.Fatal(err)
	}
	client := e.client(func(o *cielo24.Options) { o.Session = session })
	gone := errors.New("token: no such file")
	file.set("", gone)
	if err := client.ReloadSecrets(); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
	if _, failure := ask(t, client); failure != nil {
		t.Errorf("got %v, want the last good token to be used", failure)
	}
	e.api.AddToken("new", username)
	file.set("new", nil)
	if err := client.ReloadSecrets(); err != nil {
		t.Error(err)
	}
	e.api.ExpireTokens()
	e.api.AddToken("new", username)
	if _, failure := ask(t, client); failure != nil || e.api.Calls("job_info") != 2 {
		t.Errorf("got %v after %d calls, want the new token at once", failure, e.api.Calls("job_info"))
	}
}

func TestStaticSession_AJobThatIsRejectedIsNoReasonToReadTheFile(t *testing.T) {
	e, file := newEnv(t), &secretFile{value: token}
	e.api.AddToken(token, username)
	session, err := cielo24.NewStaticSession(file)
	if err != nil {
		t.Fatal(err)
	}
	client := e.client(func(o *cielo24.Options) { o.Session = session })
	if _, failure := askFor(t.Context(), t, client, "404"); reasonOf(failure) != "ITEM_NOT_FOUND" || file.reads != 1 {
		t.Errorf("got %v, the file was read %d times; want ITEM_NOT_FOUND, once", failure, file.reads)
	}
}

func TestSessions_NeedTheirSecret(t *testing.T) {
	gone := errors.New("token: no such file")
	if _, err := cielo24.NewStaticSession(&secretFile{err: gone}); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
	if _, err := cielo24.NewLoginSession(cielo24.Credentials{Username: "u", SecureKey: &secretFile{err: gone}}); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
	if _, err := cielo24.NewLoginSession(cielo24.Credentials{Username: "u", Password: &secretFile{err: gone}}); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
}

func TestLogin_SendsCredentialsInHeadersAndReadsEitherSpelling(t *testing.T) {
	for _, test := range []struct {
		credentials   cielo24.Credentials
		answer        string
		key, password string
	}{
		{cielo24.Credentials{Username: "u", SecureKey: &secretFile{value: "k"}}, `{"ApiToken":"abc"}`, "k", ""},
		{cielo24.Credentials{Username: "u", Password: &secretFile{value: "p w"}}, `{"api_token":"abc"}`, "", "p w"},
		{cielo24.Credentials{Username: "u", Password: &secretFile{value: "p w"}}, `{"ApiToken":null,"api_token":"abc","ErrorType":"X"}`, "", "p w"},
	} {
		var got *http.Request
		var used string
		session, err := cielo24.NewLoginSession(test.credentials)
		if err != nil {
			t.Fatal(err)
		}
		transport := inMemory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/account/login" {
				got = r
				answer(200, test.answer)(w, r)
				return
			}
			used = r.URL.Query().Get("api_token")
			answer(200, `{"JobId":"a"}`)(w, r)
		}))
		client := newClient(t, "http://api.test", func(o *cielo24.Options) { o.Transport, o.Session = transport, session })
		if _, failure := ask(t, client); failure != nil || used != "abc" {
			t.Errorf("got %v with the token %q, want success with abc", failure, used)
		}
		h := got.Header
		if got.URL.RawQuery != "v=1" || h.Get("x-auth-user") != "u" || h.Get("x-auth-securekey") != test.key || h.Get("x-auth-password") != test.password {
			t.Errorf("got %s with %v", got.URL, h)
		}
		if h.Get("User-Agent") != "test/1" || h.Get("Accept") != "application/json" {
			t.Errorf("got the headers %v", h)
		}
	}
}

func TestLogin_AnAnswerWithoutATokenIsSaid(t *testing.T) {
	const none = "the answer to the login holds no token"
	for body, detail := range map[string]string{
		`{}`:                       none,
		`{"ApiToken":null}`:        none,
		`{"ApiToken":"two words"}`: none,
		`{"ApiToken":"tab\t"}`:     none,
		`{"ApiToken":"\u00e9"}`:    none,
		`{"ApiToken":"\u007f"}`:    none,
		`{"ApiToken":"` + strings.Repeat("x", 4097) + `"}`: none,
		`{"ApiToken":"` + token[:5]:                        "the body is not valid JSON",
		`<html>`:                                           "the body is HTML or XML, not JSON",
		``:                                                 "the body is empty",
		`{"ApiToken":"` + strings.Repeat("x", 64<<10): "the answer has more than 65536 bytes",
	} {
		failure := failing(t, cielo24.EndpointLogin, 200, body)
		if failure == nil || failure.Detail != detail || failure.Endpoint != "login" || failure.CredentialsRefused() {
			t.Errorf("%.40s: got %v, want %s", body, failure, detail)
		}
	}
	if failure := failing(t, cielo24.EndpointLogin, 200, `{"ApiToken":"`+strings.Repeat("~", 4096)+`"}`); failure == nil || failure.Endpoint != "job_info" {
		t.Errorf("got %v, want the longest token to be taken", failure)
	}
}
