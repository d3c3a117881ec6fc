package cielo24

import "context"

// Gate is what every request passes before it goes onto the wire, whoever makes it.
type Gate interface {
	// Enter waits until the request may be sent. On success the caller sends it and calls leave exactly once, when the
	// body was read to its end or the request was given up, with what came of it (nil: a usable answer). On an error
	// nothing may be sent; the error is one of rate_limited, timeout and canceled. jobID is empty but for
	// EndpointJobInfo.
	Enter(ctx context.Context, endpoint Endpoint, jobID string) (leave func(*Error), err *Error)
}

// openGate lets everything pass at once.
type openGate struct{}

// Enter refuses only a request that is given up already.
func (openGate) Enter(ctx context.Context, endpoint Endpoint, _ string) (func(*Error), *Error) {
	if ctx.Err() != nil {
		return nil, gaveUp(ctx, endpoint)
	}
	return func(*Error) {}, nil
}

// Attempts is how many requests may still go onto the wire for one job or list in one refresh, repeats included.
// Logins do not count. It is not safe for concurrent use.
type Attempts struct{ left int }

// NewAttempts returns n attempts.
func NewAttempts(n int) *Attempts { return &Attempts{left: n} }

// Left returns how many attempts are left; nil has none.
func (a *Attempts) Left() int {
	if a == nil {
		return 0
	}
	return max(a.left, 0)
}
