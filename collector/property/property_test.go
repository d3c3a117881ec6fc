package property

import (
	"testing"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

// TestContract carries out plans drawn at random. -rapid.checks=N carries out N, -rapid.seed=S those of a failure again.
func TestContract(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := plans().Draw(rt, "plan")
		if failure := run(t, p); failure != "" {
			rt.Fatalf("%s", failure)
		}
	})
}
