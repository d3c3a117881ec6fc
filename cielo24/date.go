package cielo24

import (
	"strings"
	"time"
)

// dateLayouts are the forms in which dates arrive. A fraction of a second is accepted behind the seconds of each.
// Source: doc; the form with Z is in answers of 2014, the form with a space is tolerated.
func dateLayouts() [6]string {
	return [...]string{
		"2006-01-02T15:04:05",
		"2006-01-02T15:04:05Z07:00",
		"2006-01-02T15:04:05Z0700",
		"2006-01-02 15:04:05",
		"2006-01-02 15:04:05Z07:00",
		"2006-01-02",
	}
}

// Dates outside these years are how some systems write "not set" (0001-01-01, 1970-01-01, 9999-12-31).
// cielo24 was founded in 2008.
const (
	firstYear = 2000
	lastYear  = 2199
)

// ParseDate reads a date of the API. A date without Z or offset is in loc: the documentation names no zone, and
// cielo24's own Ruby client takes America/Los_Angeles. What is empty, no date, or a stand-in for "not set" gives the
// zero time.
func ParseDate(s string, loc *time.Location) time.Time {
	s = strings.TrimSpace(s)
	if len(s) < len("2006-01-02") || len(s) > 64 {
		return time.Time{}
	}
	for _, layout := range dateLayouts() {
		t, err := time.ParseInLocation(layout, s, loc)
		if err != nil {
			continue
		}
		if y := t.Year(); y < firstYear || y > lastYear {
			return time.Time{}
		}
		return t
	}
	return time.Time{}
}
