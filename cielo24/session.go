package cielo24

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
	"unicode"
)

// SecretSource is where a secret comes from. Read returns what it is now; its error never contains the secret.
type SecretSource interface {
	Read() (Secret, error)
}

// Session knows the api_token: a fixed one, or one it logs in for.
type Session interface {
	// ticket returns the token to use now, logging in through c if need be.
	ticket(ctx context.Context, c *Client) (ticket, error)
	// refused is told that the API refused t, and reports whether asking for a ticket again can help.
	refused(t ticket, now time.Time) bool
	// answered is told of every call that was answered: whether it was repeated with a new token, and whether that was
	// refused.
	answered(t ticket, repeated, refused bool, now time.Time)
	// reread reads the secrets again.
	reread() error
}

// ticket is a token together with the redactor that knows it.
type ticket struct {
	token  Secret
	redact redactor
}

// FixedToken is a session with a token that somebody else renews, in the configuration or in its file.
func FixedToken(source SecretSource) (Session, error) {
	token, err := source.Read()
	if err != nil {
		return nil, err
	}
	return &fixedToken{source: source, current: ticket{token, newRedactor(token)}}, nil
}

type fixedToken struct {
	source SecretSource

	mu      sync.Mutex
	current ticket
}

func (f *fixedToken) ticket(context.Context, *Client) (ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current, nil
}

// refused helps when the file holds another token by now.
func (f *fixedToken) refused(t ticket, _ time.Time) bool {
	if f.reread() != nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.current.token.Equal(t.token)
}

func (f *fixedToken) answered(ticket, bool, bool, time.Time) {}

func (f *fixedToken) reread() error {
	token, err := f.source.Read()
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !token.Equal(f.current.token) {
		f.current = ticket{token, newRedactor(token)}
	}
	return nil
}

// Credentials log in. One of SecureKey and Password is set.
type Credentials struct {
	Username  string
	SecureKey SecretSource // a long-term key made in the account's settings (doc)
	Password  SecretSource
}

// Login is a session that logs in when it needs a token, and again when the API has refused the last one: tokens end
// after an hour without a call (doc). However many calls wait, one login is under way at a time; when it does not
// succeed the next is tried after a growing while, and every call until then gets the same answer.
func Login(credentials Credentials) (Session, error) {
	l := &login{username: credentials.Username, source: credentials.SecureKey, header: "x-auth-securekey"}
	if l.source == nil {
		l.source, l.header = credentials.Password, "x-auth-password"
	}
	l.turn = make(chan struct{}, 1)
	if err := l.reread(); err != nil {
		return nil, err
	}
	return l, nil
}

type login struct {
	username string
	source   SecretSource
	header   string

	turn chan struct{} // holds one element while a login is under way

	mu       sync.Mutex
	secret   Secret
	current  ticket    // zero without a session
	worked   time.Time // when a call with the token was last accepted; zero if none was
	hold     time.Time // until then a new session is not thought to help
	useless  int       // sessions in a row that did not help
	lastErr  error     // of the login that did not succeed
	failures int       // logins in a row that did not succeed
	next     time.Time
}

// ticket returns the token of the session, or begins one.
func (l *login) ticket(ctx context.Context, c *Client) (ticket, error) {
	if t, done, err := l.known(c.opts.Now()); done {
		return t, err
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return ticket{}, &Error{Endpoint: EndpointLogin, Reason: transportReason(ctx, ctx.Err())}
	}
	// Whoever had the turn before may have settled it.
	if t, done, err := l.known(c.opts.Now()); done {
		return t, err
	}
	l.mu.Lock()
	secret := l.secret
	l.mu.Unlock()
	token, err := c.login(ctx, l.username, l.header, secret)
	return l.settle(token, secret, err, c.opts.Now())
}

// known returns the token, or the last error while it is too early for another login; done is false when it is time to
// log in.
func (l *login) known(now time.Time) (_ ticket, done bool, _ error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.current.token.IsZero() {
		return l.current, true, nil
	}
	if l.lastErr != nil && now.Before(l.next) {
		return ticket{}, true, l.lastErr
	}
	return ticket{}, false, nil
}

// settle remembers how a login ended.
func (l *login) settle(token, secret Secret, err *Error, now time.Time) (ticket, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		if err.Reason == ReasonCanceled {
			return ticket{}, err
		}
		l.lastErr = err
		l.next = now.Add(backOff(l.failures, err))
		l.failures++
		return ticket{}, err
	}
	l.current, l.worked = ticket{token, newRedactor(token, secret)}, time.Time{}
	l.lastErr, l.failures = nil, 0
	return l.current, nil
}

// refused ends the session, unless another would be refused as well.
func (l *login) refused(t ticket, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.current.token.Equal(t.token) {
		return true
	}
	if now.Before(l.hold) && (l.worked.IsZero() || now.Sub(l.worked) < firstWaitRefused) {
		return false
	}
	l.current = ticket{}
	return true
}

// answered learns what a refused token means. A call that a new token did not help says that the next will not help,
// either: for a while, longer each time, no session is ended that does for other calls or has never done for any.
func (l *login) answered(t ticket, repeated, refused bool, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !l.current.token.Equal(t.token):
	case !refused:
		l.worked = now
		if repeated {
			l.hold, l.useless = time.Time{}, 0
		}
	case repeated && !now.Before(l.hold):
		l.hold = now.Add(growing(firstWaitRefused, maxWaitRefused, l.useless))
		l.useless++
	}
}

// reread ends the session and the back-off when the secret has changed.
func (l *login) reread() error {
	secret, err := l.source.Read()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !secret.Equal(l.secret) {
		l.secret, l.current, l.lastErr, l.failures = secret, ticket{}, nil, 0
		l.hold, l.useless = time.Time{}, 0
	}
	return nil
}

// How long after a login that did not succeed the next is tried: longer when the API said no, since accounts get
// locked, and short when the API was away, since it may be back for the next scrape.
const (
	firstWaitRefused, maxWaitRefused = 15 * time.Second, 5 * time.Minute
	firstWaitFailed, maxWaitFailed   = time.Second, 10 * time.Second
)

// backOff returns the wait after the failures+1st login in a row that did not succeed: doubled each time, and up to a
// fifth less, so that exporters that failed together do not come back together.
func backOff(failures int, err *Error) time.Duration {
	wait, limit := firstWaitFailed, maxWaitFailed
	if err.Refused() {
		wait, limit = firstWaitRefused, maxWaitRefused
	}
	wait = growing(wait, limit, failures)
	return max(wait-rand.N(wait/5), err.RetryAfter)
}

// growing doubles the wait n times, up to limit.
func growing(wait, limit time.Duration, n int) time.Duration { return min(wait<<min(n, 10), limit) }

// login asks for a token. The credentials go into headers, not into the query, which servers log.
// Source: GET /api/account/login (doc).
func (c *Client) login(ctx context.Context, username, secretHeader string, secret Secret) (Secret, *Error) {
	var token Secret
	err := c.do(ctx, request{
		endpoint: EndpointLogin,
		path:     "/api/account/login",
		query:    "v=1",
		header:   http.Header{"X-Auth-User": {username}, http.CanonicalHeaderKey(secretHeader): {secret.Reveal()}},
		limit:    maxError,
		redact:   newRedactor(secret),
		read:     readToken(&token),
	})
	return token, err
}

// errNoToken keeps the body out of the message: whatever it is, it may hold the token.
var errNoToken = errors.New("the answer to the login holds no token")

// readToken takes the token out of the answer to a login. The documentation names it ApiToken, its OpenAPI file
// api_token (doc).
func readToken(token *Secret) func(io.Reader) error {
	return func(r io.Reader) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		var answer struct {
			CamelCase text `json:"ApiToken"`
			SnakeCase text `json:"api_token"`
		}
		if err := decodeObject(data, &answer); err != nil {
			return err
		}
		value := string(answer.CamelCase)
		if value == "" {
			value = string(answer.SnakeCase)
		}
		if !validToken(value) {
			return errNoToken
		}
		*token = NewSecret(value)
		return nil
	}
}

// validToken refuses what could not stand in a URL or would be no token at all.
func validToken(s string) bool {
	if s == "" || len(s) > 4096 {
		return false
	}
	for _, r := range s {
		if r > unicode.MaxASCII || !unicode.IsPrint(r) || r == ' ' {
			return false
		}
	}
	return true
}
