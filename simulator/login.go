package simulator

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
)

// maxBody bounds the body of any request, in bytes.
const maxBody = 1 << 20

// credentials are what a login brings, by whatever way.
type credentials struct {
	Username  string `json:"username"`
	Password  string `json:"password"`
	SecureKey string `json:"securekey"`
}

// login begins a session.
// Source: GET /api/account/login, with query parameters or headers (doc); POST with a JSON body, whose answer names the
// token api_token (client).
func (s *Simulator) login(w http.ResponseWriter, r *http.Request, q url.Values) {
	if err := checkVersion(q); err != nil {
		err.write(w)
		return
	}
	c := credentials{
		Username:  cmp.Or(q.Get("username"), r.Header.Get("x-auth-user")),
		Password:  cmp.Or(q.Get("password"), r.Header.Get("x-auth-password")),
		SecureKey: cmp.Or(q.Get("securekey"), r.Header.Get("x-auth-securekey")),
	}
	member := "ApiToken"
	if r.Method == http.MethodPost {
		member = "api_token"
		if data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)); err != nil || json.Unmarshal(data, &c) != nil {
			invalid("The body is not a JSON object with username and password").write(w)
			return
		}
	}
	token, err := s.begin(c)
	if err != nil {
		err.write(w)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{member: token})
}

// begin returns the token of a new session.
func (s *Simulator) begin(c credentials) (string, *apiError) {
	switch {
	case c.Username == "":
		return "", missing("username")
	case c.Password == "" && c.SecureKey == "":
		return "", missing("password or securekey")
	}
	token, ok := s.accounts.login(c, s.now())
	if !ok {
		return "", loginInvalid()
	}
	return token, nil
}

// checkVersion checks the parameter that every call needs (doc).
func checkVersion(q url.Values) *apiError {
	switch q.Get("v") {
	case "1":
		return nil
	case "":
		return missing("v")
	}
	return invalid("v must be 1")
}

// session returns who calls. Parameters that are missing are named first: whoever forgot the job need not hear about
// the token (inferred).
func (s *Simulator) session(q url.Values, required ...string) (username string, _ *apiError) {
	if err := checkVersion(q); err != nil {
		return "", err
	}
	token := q.Get("api_token")
	if token == "" {
		return "", missing("api_token")
	}
	for _, parameter := range required {
		if q.Get(parameter) == "" {
			return "", missing(parameter)
		}
	}
	username, ok := s.accounts.use(token, s.now())
	if !ok {
		return "", badToken()
	}
	return username, nil
}
