package collector

import (
	"testing"

	"cielo24_exporter/cielo24"
)

func reasonOf(endpoint cielo24.Endpoint, reason string) *cielo24.Error {
	return &cielo24.Error{Endpoint: endpoint, Reason: reason}
}

func errorType(endpoint cielo24.Endpoint, name string) *cielo24.Error {
	return &cielo24.Error{Endpoint: endpoint, Code: 400, ErrorType: name, Reason: name}
}

func TestHealth_FollowsFromTheCallsThatHaveEnded(t *testing.T) {
	const (
		info  = cielo24.EndpointJobInfo
		list  = cielo24.EndpointJobList
		login = cielo24.EndpointLogin
	)
	timeout, reset := reasonOf(info, cielo24.ReasonTimeout), reasonOf(info, cielo24.ReasonConnection)
	badToken, invalid := errorType(info, "BAD_API_TOKEN"), errorType(login, "LOGIN_INVALID")
	canceled := reasonOf(info, cielo24.ReasonCanceled)
	tests := map[string]struct {
		calls         []*cielo24.Error
		before, after string // "" for unknown, "up", or the reason; before and after the refresh is over
	}{
		"none":                            {nil, "", ""},
		"a success":                       {[]*cielo24.Error{nil}, "up", "up"},
		"a rejection":                     {[]*cielo24.Error{rejection()}, "up", "up"},
		"a list that is refused":          {[]*cielo24.Error{errorType(list, "NOT_PARENT_ACCOUNT")}, "up", "up"},
		"a success among failures":        {[]*cielo24.Error{timeout, nil, timeout}, "up", "up"},
		"failures only":                   {[]*cielo24.Error{timeout, reset, reset}, "", "connection"},
		"as many of each":                 {[]*cielo24.Error{timeout, reset}, "", "connection"},
		"a refused token explains most":   {[]*cielo24.Error{reset, reset, badToken}, "", "BAD_API_TOKEN"},
		"a refused token of one job":      {[]*cielo24.Error{badToken, nil}, "up", "up"},
		"a refused login at once":         {[]*cielo24.Error{reset, reset, invalid}, "LOGIN_INVALID", "LOGIN_INVALID"},
		"a login refused after a success": {[]*cielo24.Error{nil, invalid}, "LOGIN_INVALID", "LOGIN_INVALID"},
		"a success after a refused login": {[]*cielo24.Error{invalid, nil}, "up", "up"},
		"a login that failed":             {[]*cielo24.Error{reasonOf(login, cielo24.ReasonTimeout)}, "", "timeout"},
		"given up by the exporter":        {[]*cielo24.Error{canceled}, "", ""},
		"unauthorized everywhere":         {[]*cielo24.Error{reasonOf(info, cielo24.ReasonUnauthorized)}, "", "unauthorized"},
		"UNHANDLED_ERROR proves nothing":  {[]*cielo24.Error{errorType(info, "UNHANDLED_ERROR")}, "", "UNHANDLED_ERROR"},
	}
	for name, test := range tests {
		var c calls
		for _, err := range test.calls {
			c.record(err)
		}
		for over, want := range map[bool]string{false: test.before, true: test.after} {
			h, known := c.health(over)
			got := h.Reason
			if h.Up {
				got = "up"
			}
			if got != want || known != (want != "") || known != h.Known || (h.Detail != "") != (got != "" && !h.Up) {
				t.Errorf("%s, over %t: got %q (%+v, %t), want %q", name, over, got, h, known, want)
			}
		}
	}
}

func TestHealth_SinceHoldsWhileNothingChanges(t *testing.T) {
	up, away := Health{Known: true, Up: true}, Health{Known: true, Reason: "timeout"}
	h := Health{}.following(up, at(1))
	h = h.following(up, at(2))
	if !h.Since.Equal(at(1)) {
		t.Errorf("up twice: got since %v, want the first", h.Since)
	}
	h = h.following(away, at(3)).following(away, at(4))
	if !h.Since.Equal(at(3)) {
		t.Errorf("down twice: got since %v, want the first", h.Since)
	}
	if h = h.following(Health{Known: true, Reason: "dns"}, at(5)); !h.Since.Equal(at(5)) {
		t.Errorf("down for another reason: got since %v, want then", h.Since)
	}
}

func TestBreaker_OpensAfterFailuresWithoutAUsableAnswerBetween(t *testing.T) {
	for concurrency, limit := range map[int]int{1: 20, 10: 20, 11: 22, 16: 32} {
		b := newBreaker(concurrency)
		fail := func(n int) {
			for range n {
				b.record(serverError(0))
			}
		}
		fail(limit - 1)
		b.record(rejection()) // an answer
		fail(limit - 1)
		if b.err != nil {
			t.Errorf("concurrency %d: got open after %d failures in a row", concurrency, limit-1)
		}
		fail(1)
		if b.err == nil {
			t.Errorf("concurrency %d: got closed after %d failures in a row", concurrency, limit)
		}
		first := b.err
		b.record(nil)
		b.open(rejection())
		if b.err != first {
			t.Errorf("concurrency %d: got %v, want it to stay open for %v", concurrency, b.err, first)
		}
	}
}
