package web

import (
	"sync/atomic"
	"time"
)

// moment is a point in time that concurrent requests note and read. The zero value is never.
type moment struct{ noted atomic.Pointer[time.Time] }

// note makes t the moment.
func (m *moment) note(t time.Time) { m.noted.Store(&t) }

// last returns what was noted last, or the zero time.
func (m *moment) last() time.Time {
	if t := m.noted.Load(); t != nil {
		return *t
	}
	return time.Time{}
}
