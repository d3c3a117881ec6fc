package property_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

// TestMain sets what rapid's flags do not say: few enough checks for every run of the tests, always the same ones, so that a
// failure is the fault of a change and not of chance (make soak draws others), and no files of failures, since the seed that
// a failure names draws the same plan again.
func TestMain(m *testing.M) {
	flag.Parse()
	set := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { set[f.Name] = true })
	for name, value := range map[string]string{"rapid.checks": "30", "rapid.seed": "1", "rapid.nofailfile": "true"} {
		if set[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// TestContract carries out plans drawn at random. -rapid.checks=N carries out N, -rapid.seed=S those of a failure again.
func TestContract(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		p := plans().Draw(rt, "plan")
		if failure := run(t, dir, p); failure != "" {
			rt.Fatalf("%s", failure)
		}
	})
}
