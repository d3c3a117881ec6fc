package simulator

import (
	"errors"
	"math"
	"time"
)

// clock is how this API tells time.
type clock struct {
	location *time.Location
	speed    float64
}

// maxScaled keeps the sum of a few scaled durations within what a time.Duration can hold.
const maxScaled = math.MaxInt64 / 64

// scale shortens d by the speed, to whole microseconds, which is as finely as dates are written.
func (c clock) scale(d time.Duration) time.Duration {
	return time.Duration(min(float64(d)/c.speed, maxScaled)).Truncate(time.Microsecond)
}

// The forms of a date (doc). There is no offset, and no fraction when it is zero.
const (
	dateWhole    = "2006-01-02T15:04:05"
	dateFraction = "2006-01-02T15:04:05.000000"
)

// format writes a date as the API does; what has not happened is "".
func (c clock) format(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if t = t.In(c.location); t.Nanosecond() < int(time.Microsecond) {
		return t.Format(dateWhole)
	}
	return t.Format(dateFraction)
}

var errDate = errors.New("not a date in ISO format")

// parse reads "Date in ISO format" (doc): date and time, or a date alone. An explicit offset is honoured.
func (c clock) parse(s string) (time.Time, error) {
	for _, layout := range []string{dateWhole, "2006-01-02", time.RFC3339} {
		if t, err := time.ParseInLocation(layout, s, c.location); err == nil { // takes a fraction, too
			return t, nil
		}
	}
	return time.Time{}, errDate
}
