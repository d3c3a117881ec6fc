package cielo24

import (
	"math/rand/v2"
	"time"
)

// backOff says how long to wait after something that did not help: twice as long each time, up to a bound. The zero
// value but for first and most is ready to use.
type backOff struct {
	first, most time.Duration

	failures int // in a row
	until    time.Time
}

// Fail is told of another failure. The wait that begins is up to a fifth shorter than the back-off says, so that
// exporters that failed together do not come back together, but no shorter than atLeast.
func (b *backOff) Fail(now time.Time, atLeast time.Duration) {
	wait := min(b.first<<min(b.failures, 10), b.most) // 10 doublings are a thousandfold, and far from an overflow
	b.failures++
	b.until = now.Add(max(wait-rand.N(wait/5), atLeast))
}

// Reset forgets all failures.
func (b *backOff) Reset() { b.failures, b.until = 0, time.Time{} }

// Waiting reports whether it is too early for another try.
func (b *backOff) Waiting(now time.Time) bool { return now.Before(b.until) }
