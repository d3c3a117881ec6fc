package cielo24

import (
	"context"
	"sync"
	"time"
)

// Credentials log in. One of SecureKey and Password is set.
type Credentials struct {
	Username  string
	SecureKey SecretSource // a long-term key made in the account's settings (doc)
	Password  SecretSource
}

// How long the waits are, the first one and the longest.
const (
	// After a login that the API refused: accounts get locked.
	firstWaitRefused, maxWaitRefused = 15 * time.Second, 5 * time.Minute
	// After a login without a usable answer: the API may be back for the next scrape.
	firstWaitFailed, maxWaitFailed = time.Second, 10 * time.Second
	// After a new session that did not help: as much as after a refusal, which it looks like from over there.
	firstWaitUseless, maxWaitUseless = firstWaitRefused, maxWaitRefused
)

// NewLoginSession returns a session that logs in when it needs a token, and again when the API has refused the last one:
// tokens end after an hour without a call (doc). However many calls wait, one login is under way at a time; after one
// that did not succeed the next is tried after a growing while, and every call until then gets the same error.
func NewLoginSession(credentials Credentials) (Session, error) {
	s := &loginSession{
		username: credentials.Username, source: credentials.SecureKey, header: "X-Auth-Securekey",
		refused: backOff{first: firstWaitRefused, most: maxWaitRefused},
		failed:  backOff{first: firstWaitFailed, most: maxWaitFailed},
		useless: backOff{first: firstWaitUseless, most: maxWaitUseless},
	}
	if s.source == nil {
		s.source, s.header = credentials.Password, "X-Auth-Password"
	}
	if err := s.reload(); err != nil {
		return nil, err
	}
	return s, nil
}

type loginSession struct {
	username string
	source   SecretSource
	header   string     // for the secret
	reading  sync.Mutex // so that of two readings the later one counts

	mu       sync.Mutex
	secret   Secret
	current  *ticket   // nil without a session
	renewal  bool      // current has taken the place of a token that was refused
	blamed   *ticket   // the latest of which useless was told
	worked   time.Time // when a call last proved that the token is accepted; zero if none did
	underWay *login    // nil if there is none
	lastErr  *Error    // of the last login, nil if it succeeded
	refused  backOff   // logins that the API refused
	failed   backOff   // logins without a usable answer
	useless  backOff   // new sessions that did not help a call whose token was refused
}

// login is a login under way.
type login struct {
	secret Secret
	done   chan struct{} // closed when it has ended, or no longer matters
	// How it ended. Both are nil when it says nothing: the client was closed, or the secret is another by now.
	ticket *ticket
	err    *Error
}

func (s *loginSession) ticket(ctx context.Context, c *Client) (*ticket, *Error) {
	for {
		if ctx.Err() != nil {
			return nil, gaveUp(ctx, EndpointLogin)
		}
		l, t, err := s.begin(ctx, c)
		if l == nil {
			return t, err
		}
		select {
		case <-l.done:
			if l.ticket != nil || l.err != nil {
				return l.ticket, l.err
			}
		case <-ctx.Done():
			return nil, gaveUp(ctx, EndpointLogin)
		case <-c.opts.Context.Done():
			return l.endedOr(&Error{Endpoint: EndpointLogin, Reason: ReasonCanceled, Detail: "given up by the exporter", unsent: true})
		}
	}
}

// endedOr returns how the login ended, or err if it has not.
func (l *login) endedOr(err *Error) (*ticket, *Error) {
	select {
	case <-l.done:
		if l.ticket != nil || l.err != nil {
			return l.ticket, l.err
		}
	default:
	}
	return nil, err
}

// begin returns the login to wait for, a new one if there is none; or the token of the session; or the error of the last
// login while it is too early for another.
func (s *loginSession) begin(ctx context.Context, c *Client) (*login, *ticket, *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil {
		return nil, s.current, nil
	}
	if now := c.opts.Now(); s.refused.Waiting(now) || s.failed.Waiting(now) {
		return nil, nil, s.lastErr
	}
	if c.opts.Context.Err() != nil { // another client's login is not for this one's calls
		return nil, nil, &Error{Endpoint: EndpointLogin, Reason: ReasonCanceled, Detail: "given up by the exporter", unsent: true}
	}
	if s.underWay == nil {
		s.underWay = &login{secret: s.secret, done: make(chan struct{})}
		go s.run(withTraceOf(c.opts.Context, ctx), c, s.underWay)
	}
	return s.underWay, nil, nil
}

// run is the life of a login.
func (s *loginSession) run(ctx context.Context, c *Client, l *login) {
	token, err := c.login(ctx, s.username, s.header, l.secret)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.underWay != l {
		return // the secret is another by now; whoever waited has been told
	}
	s.underWay = nil
	defer close(l.done)
	switch {
	case err == nil:
		l.ticket = newTicket(token, l.secret)
		s.current, s.worked, s.lastErr = l.ticket, time.Time{}, nil
		s.refused.Reset()
		s.failed.Reset()
	case err.Code == 0 && ctx.Err() != nil: // the client was closed
	case err.unsent: // the gate knows how long
		l.err = err
	case err.CredentialsRefused():
		l.err, s.lastErr = err, err
		s.refused.Fail(c.opts.Now(), err.RetryAfter)
	default:
		l.err, s.lastErr = err, err
		s.failed.Fail(c.opts.Now(), err.RetryAfter)
	}
}

// answered ends the session when its token was refused, unless another would be refused as well: a call that a new
// token did not help says that the next will not help, either, and so does any that is refused a new token before it has
// worked for one. For a while, longer each time, no session is ended that works for other calls or has never worked for any.
func (s *loginSession) answered(t *ticket, o outcome) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	refused := o.err.refusesToken()
	switch {
	case s.current != t:
		return refused // and that says nothing of the session there is now
	case o.err.Proof():
		t.proofs.Add(1)
		s.worked = o.now
		if o.repeated {
			s.useless.Reset()
		}
	case !refused:
	case s.blamed != t && !s.useless.Waiting(o.now) && (o.repeated || s.renewal && s.worked.IsZero()):
		s.blamed = t
		s.useless.Fail(o.now, 0)
	case !o.repeated && s.renewableLocked(t, o):
		s.current, s.renewal = nil, true
		return true
	}
	return false
}

// renewableLocked reports whether the session is to be ended because of a refused token. Status 401 or 403 says less
// than BAD_API_TOKEN does: if another call has succeeded since this one began, it is about this call alone.
func (s *loginSession) renewableLocked(t *ticket, o outcome) bool {
	if o.err.Reason == ReasonUnauthorized && t.proofs.Load() > o.proofs {
		return false
	}
	return !s.useless.Waiting(o.now) || !s.worked.IsZero() && o.now.Sub(s.worked) >= firstWaitUseless
}

// reload ends the session, the login under way and all waiting when the secret has changed.
func (s *loginSession) reload() error {
	s.reading.Lock()
	defer s.reading.Unlock()
	secret, err := s.source.Read()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if secret.Equal(s.secret) {
		return nil
	}
	s.secret, s.current, s.lastErr, s.renewal = secret, nil, nil, false
	s.refused.Reset()
	s.failed.Reset()
	s.useless.Reset()
	if s.underWay != nil {
		close(s.underWay.done)
		s.underWay = nil
	}
	return nil
}
