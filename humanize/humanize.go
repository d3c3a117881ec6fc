// Package humanize prints durations and moments for people, in one notation everywhere: that of humanizeDuration in
// Prometheus' templates, which alerts use, cut to its two leading units ("3d 4h", "52m 7s").
package humanize

import (
	"math"
	"strings"
	"time"

	"github.com/prometheus/common/helpers/templates"
)

// limit is the longest duration that is printed, in seconds: some 31,700 years. What is longer, a media length of 1e308
// seconds say, is a mistake of somebody's, and would not fit the integers behind the notation.
const limit = 1e12

// Duration prints a duration in seconds. It is empty for what is no duration: NaN, infinite, or longer than any date is
// away.
func Duration(seconds float64) string {
	switch {
	case math.IsNaN(seconds) || math.Abs(seconds) > limit:
		return ""
	case seconds == 0:
		seconds = 0 // and not -0
	}
	text, err := templates.HumanizeDuration(seconds)
	if err != nil {
		return "" // a float64 is always taken
	}
	units := strings.Fields(text)
	return strings.Join(units[:min(2, len(units))], " ")
}

// Relative prints how far t is from now, in whole seconds: "in 3d 4h", "52m 7s ago".
func Relative(t, now time.Time) string {
	seconds := Until(t, now)
	if seconds > 0 {
		return "in " + Duration(seconds)
	}
	return Duration(-seconds) + " ago"
}

// Until returns the whole seconds from now until t, negative when t is past. Unlike t.Sub(now) it has no longest
// duration.
func Until(t, now time.Time) float64 {
	return math.Trunc(float64(t.Unix()-now.Unix()) + float64(t.Nanosecond()-now.Nanosecond())/1e9)
}
