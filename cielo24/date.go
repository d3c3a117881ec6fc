package cielo24

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Date is how a date of the API was understood. The zero Date is one that is not set.
type Date struct {
	Time       time.Time // the zero time unless it was read
	HasOffset  bool      // the text itself says in which zone it is: Z, an offset, or seconds since 1970
	Unreadable bool      // there is a text, and it is neither a date nor a stand-in for "not set"
}

// UnreadableDate is a date of a job that cannot be read.
type UnreadableDate struct {
	Name string // one of DateNames
	Text string // what the API wrote, one bounded line
}

// Dates outside these years are how some systems write "not set" (0001-01-01, 1970-01-01, 9999-12-31).
// cielo24 was founded in 2008.
const (
	firstYear = 2000
	lastYear  = 2199
)

const (
	dateOnly = "2006-01-02"
	// maxDate bounds the text of a date, in bytes; the longest form that is read has 37.
	maxDate = 64
)

// ParseDate reads a date of the API in every form that leaves no room for guessing. A date without Z or offset is in
// loc: the documentation names no zone, and cielo24's own Ruby client takes America/Los_Angeles (client).
//
// Usual is 2006-01-02T15:04:05 with or without a fraction (doc); answers of 2014 have a Z behind it (doc). Tolerated
// are a space for the T, no seconds, no time at all, an offset in all its spellings, a space before it, and seconds or
// milliseconds since 1970.
func ParseDate(s string, loc *time.Location) Date {
	s = strings.TrimSpace(s)
	if s == "" || strings.HasPrefix(s, "0000-00-00") {
		return Date{}
	}
	if len(s) > maxDate {
		return Date{Unreadable: true}
	}
	if t, ok := parseClock(s, loc); ok {
		return Date{Time: t}.inRange()
	}
	if number, err := parseNumber(s); err == nil {
		return unixDate(number)
	}
	if clock, zone := cutZone(s); zone != nil {
		if t, ok := parseClock(clock, zone); ok {
			return Date{Time: t, HasOffset: true}.inRange()
		}
	}
	return Date{Unreadable: true}
}

// inRange returns d, or a date that is not set if it is a stand-in for one.
func (d Date) inRange() Date {
	if y := d.Time.Year(); y < firstYear || y > lastYear {
		return Date{}
	}
	return d
}

// parseClock reads a date without a zone.
func parseClock(s string, loc *time.Location) (time.Time, bool) {
	if len(s) > len(dateOnly) && (s[len(dateOnly)] == ' ' || s[len(dateOnly)] == 't') {
		s = s[:len(dateOnly)] + "T" + s[len(dateOnly)+1:]
	}
	for _, layout := range [...]string{"2006-01-02T15:04:05", "2006-01-02T15:04", dateOnly} {
		if t, err := time.ParseInLocation(layout, s, loc); err == nil { // takes a fraction behind seconds
			return t, true
		}
	}
	return time.Time{}, false
}

// parseNumber reads a number as JSON writes it, and nothing else that ParseFloat takes (Inf, NaN, hexadecimal).
func parseNumber(s string) (float64, error) {
	if strings.Trim(s, "0123456789.eE+-") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(s, 64)
}

// unixDate reads seconds or milliseconds since 1970. In the years of a job the two can't be taken for each other.
func unixDate(number float64) Date {
	for _, unit := range [...]float64{1, 1e3} {
		seconds := number / unit
		if math.Abs(seconds) > 1e12 { // far beyond the year 9999
			continue
		}
		// To the microsecond: a float64 holds no more of it, and the API writes no more (doc).
		t := time.UnixMicro(int64(math.Round(seconds * 1e6))).UTC()
		switch y := t.Year(); {
		case firstYear <= y && y <= lastYear:
			return Date{Time: t, HasOffset: true}
		case number == 0, y <= 1, y == 9999:
			return Date{}
		}
	}
	return Date{Unreadable: true}
}

// cutZone splits the zone off a date with a time: Z, UTC or GMT, or an offset as ±07, ±0700 or ±07:00, perhaps behind
// a space. Without one the zone is nil.
func cutZone(s string) (clock string, zone *time.Location) {
	const first = len(dateOnly) + 1 // where a time begins, at the earliest
	if len(s) <= first {
		return s, nil
	}
	for _, name := range [...]string{"Z", "UTC", "GMT"} {
		if head := s[:max(len(s)-len(name), first)]; strings.EqualFold(s[len(head):], name) {
			return strings.TrimRight(head, " "), time.UTC
		}
	}
	sign := strings.LastIndexAny(s, "+-")
	if sign < first {
		return s, nil
	}
	for _, layout := range [...]string{"-07:00", "-0700", "-07"} {
		if t, err := time.Parse(layout, s[sign:]); err == nil {
			_, offset := t.Zone()
			return strings.TrimRight(s[:sign], " "), time.FixedZone("", offset)
		}
	}
	return s, nil
}
