package cielo24

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// SecretSource is where a secret comes from. Read returns what it is now; its error never contains the secret.
type SecretSource interface {
	Read() (Secret, error)
}

// Session knows the api_token: a fixed one, or one that it logs in for. It may serve several clients, one after another
// or at the same time, and is safe for concurrent use.
type Session interface {
	// ticket returns the token to use now. A login that it takes runs under the client's context; the end of ctx only
	// ends the waiting for it.
	ticket(ctx context.Context, c *Client) (*ticket, *Error)
	// answered is told how a call ended, and reports whether its token was refused and another ticket may help.
	answered(t *ticket, o outcome) (again bool)
	// reload reads the secrets again.
	reload() error
}

// ticket is a token together with the redactor that knows it. Who logs in and gets the same token again has another
// ticket all the same.
type ticket struct {
	token  Secret
	redact redactor
	proofs atomic.Int64 // calls so far that proved that the token is accepted
}

func newTicket(token Secret, others ...Secret) *ticket {
	return &ticket{token: token, redact: newRedactor(append(others, token)...)}
}

// outcome is how a call ended that was sent with a ticket.
type outcome struct {
	err      *Error
	proofs   int64 // of the ticket when the call began
	repeated bool  // a call with another ticket was refused just before
	now      time.Time
}

// withToken sends what build makes of the session's token, and once more with a new one if the API refuses the first,
// the session knows how to get another, and an attempt is left.
func (c *Client) withToken(ctx context.Context, endpoint Endpoint, a *Attempts, build func(*ticket) request) *Error {
	if a.Left() == 0 {
		return &Error{Endpoint: endpoint, Reason: ReasonCanceled, Detail: "no attempt was left for it", unsent: true}
	}
	for repeated := false; ; repeated = true {
		t, err := c.opts.Session.ticket(ctx, c)
		if err != nil {
			return err
		}
		o := outcome{repeated: repeated}
		r := build(t)
		r.sending = func() {
			a.left--
			o.proofs = t.proofs.Load()
		}
		if o.err = c.do(ctx, r); o.err != nil && o.err.unsent {
			return o.err
		}
		o.now = c.opts.Now()
		if again := c.opts.Session.answered(t, o); !again || repeated || a.Left() == 0 {
			return o.err
		}
	}
}

// NewStaticSession returns a session with a token that somebody else renews, in the configuration or in its file.
func NewStaticSession(source SecretSource) (Session, error) {
	s := &staticSession{source: source}
	if err := s.reload(); err != nil {
		return nil, err
	}
	return s, nil
}

type staticSession struct {
	source  SecretSource
	reading sync.Mutex // so that of two readings the later one counts

	mu      sync.Mutex
	current *ticket
}

func (s *staticSession) ticket(context.Context, *Client) (*ticket, *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current, nil
}

// answered reads the file again after a refusal: it may hold another token by now.
func (s *staticSession) answered(t *ticket, o outcome) bool {
	if !o.err.refusesToken() || o.repeated || s.reload() != nil {
		return false
	}
	current, _ := s.ticket(context.Background(), nil)
	return current != t
}

func (s *staticSession) reload() error {
	s.reading.Lock()
	defer s.reading.Unlock()
	token, err := s.source.Read()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || !token.Equal(s.current.token) {
		s.current = newTicket(token)
	}
	return nil
}
