package humanize_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/humanize"

	"github.com/prometheus/common/helpers/templates"
)

func TestDuration(t *testing.T) {
	const minute, hour, day = 60.0, 3600.0, 86400.0
	for _, c := range []struct {
		seconds float64
		want    string
	}{
		{0, "0s"},
		{math.Copysign(0, -1), "0s"},
		{1e-7, "100ns"},
		{0.00025, "250us"},
		{0.25, "250ms"},
		{-0.25, "-250ms"},
		{0.9999, "999.9ms"},
		{1, "1s"},
		{45.678, "45.68s"},
		{59, "59s"},
		{60, "1m 0s"},
		{607.81, "10m 7s"},
		{52*minute + 7, "52m 7s"},
		{-(52*minute + 7), "-52m 7s"},
		{hour - 0.5, "59m 59s"},
		{hour + 36*minute + 31, "1h 36m"},
		{day - 1, "23h 59m"},
		{day, "1d 0h"},
		{3*day + 4*hour + 59*minute + 59, "3d 4h"},
		{-(3*day + 4*hour), "-3d 4h"},
		{63000 * day, "63000d 0h"}, // to a date in the year 2199
		{1e12, "11574074d 1h"},
		{1.0001e12, ""},
		{1e308, ""},
		{-1e308, ""},
		{math.MaxInt64, ""},
		{math.Inf(1), ""},
		{math.Inf(-1), ""},
		{math.NaN(), ""},
	} {
		if got := humanize.Duration(c.seconds); got != c.want {
			t.Errorf("Duration(%v): got %q, want %q", c.seconds, got, c.want)
		}
	}
}

// Alerts print what Prometheus' own function makes of a duration. Whatever that is, ours is the beginning of it.
func TestDuration_BeginsAsPrometheusPrintsIt(t *testing.T) {
	for seconds := 1e-9; seconds < 1e12; seconds *= 1.37 {
		for _, signed := range []float64{seconds, -seconds} {
			want, err := templates.HumanizeDuration(signed)
			if err != nil {
				t.Fatal(err)
			}
			if got := humanize.Duration(signed); got == "" || !strings.HasPrefix(want+" ", got+" ") || strings.Count(got, " ") != min(1, strings.Count(want, " ")) {
				t.Errorf("Duration(%v): got %q, want the two leading units of %q", signed, got, want)
			}
		}
	}
}

func TestRelative(t *testing.T) {
	now := time.Date(2026, 1, 10, 12, 0, 0, 5e8, time.UTC)
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{now, "0s ago"},
		{now.Add(-400 * time.Millisecond), "0s ago"},
		{now.Add(400 * time.Millisecond), "0s ago"},
		{now.Add(-90 * time.Second), "1m 30s ago"},
		{now.Add(76*time.Hour + time.Minute), "in 3d 4h"},
		{time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC), "in 63541d 11h"},
		{time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), "in 2912432d 11h"}, // further than a time.Duration reaches
		{time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), "739625d 12h ago"},
	} {
		if got := humanize.Relative(c.at, now); got != c.want {
			t.Errorf("Relative(%s): got %q, want %q", c.at, got, c.want)
		}
	}
}
