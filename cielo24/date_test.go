package cielo24_test

import (
	"strings"
	"testing"
	"time"

	"cielo24_exporter/cielo24"
)

func pacific(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestParseDate_ReadsWhatLeavesNoRoomForGuessing(t *testing.T) {
	zone := pacific(t)
	for _, test := range []struct {
		date   string
		want   float64 // seconds since 1970; of a date without an offset, as seen in Los Angeles
		offset bool
	}{
		{"2014-08-29T14:00:06.472706", 1409346006.472706, false},
		{"2014-08-29T14:00:06", 1409346006, false},
		{"2015-01-29T00:00:00", 1422518400, false},
		{"2014-08-29 14:00:06", 1409346006, false},
		{"2014-08-29T14:00:06." + strings.Repeat("0", 44), 1409346006, false},
		{"2014-08-29t14:00:06", 1409346006, false},
		{" \t2014-08-29T14:00:06\n", 1409346006, false},
		{"2014-08-29T14:00:06,472706", 1409346006.472706, false},
		{"2014-08-29T14:00", 1409346000, false},
		{"2014-08-29 14:00", 1409346000, false},
		{"2014-08-29", 1409295600, false},
		{"2000-01-01T00:00:00", 946713600, false},
		{"2199-12-31T23:59:59", 7258147199, false},

		{"2014-08-29T14:00:06Z", 1409320806, true},
		{"2014-08-29T14:00:06z", 1409320806, true},
		{"2014-08-29T14:00:06 Z", 1409320806, true},
		{"2014-08-29T14:00:06 UTC", 1409320806, true},
		{"2014-08-29T14:00:06 GMT", 1409320806, true},
		{"2014-08-29T14:00Z", 1409320800, true},
		{"2014-08-29T14:00:06.5Z", 1409320806.5, true},
		{"2014-08-29T14:00:06+02:00", 1409313606, true},
		{"2014-08-29T14:00:06.5+0200", 1409313606.5, true},
		{"2014-08-29T14:00:06 -0700", 1409346006, true},
		{"2014-08-29T14:00:06.472706 -0700", 1409346006.472706, true},
		{"2014-08-29 14:00:06 -07:00", 1409346006, true},
		{"2014-08-29T14:00:06-07", 1409346006, true},
		{"2014-08-29T14:00-0700", 1409346000, true},
		{"2014-08-29T14:00:06+05:45", 1409300106, true},
		{"2014-08-29T14:00:06+00:00", 1409320806, true},
		{"2014-08-29 -0700", 1409295600, true},

		{"1409320806", 1409320806, true},
		{"1409320806.472706", 1409320806.472706, true},
		{"1409320806472", 1409320806.472, true},
		{"1409320806472.5", 1409320806.4725, true},
		{"1.409320806E9", 1409320806, true},
		{"946684800", 946684800, true},
		{"7258118399", 7258118399, true},
	} {
		got := cielo24.ParseDate(test.date, zone)
		if seconds := float64(got.Time.UnixMicro()) / 1e6; seconds != test.want || got.HasOffset != test.offset || got.Unreadable {
			t.Errorf("%q: got %f (%+v), want %f with an offset: %t", test.date, seconds, got, test.want, test.offset)
		}
	}
	if got := cielo24.ParseDate("2014-08-29T14:00:06", time.UTC).Time; got.Unix() != 1409320806 {
		t.Errorf("in UTC: got %s, want 14:00:06 there", got)
	}
}

func TestParseDate_TellsNotSetFromUnreadable(t *testing.T) {
	for _, date := range []string{
		"", "  ", "0", "0.0", "-0", "0001-01-01T00:00:00", "0001-01-01", "1970-01-01T00:00:00", "1970-01-01T00:00:00Z", "1969-12-31T16:00:00",
		"9999-12-31T23:59:59", "9999-12-31T23:59:59.9999999Z", "0000-00-00T00:00:00", "0000-00-00 00:00:00", "0000-00-00",
		"1999-12-31T23:59:59", "2200-01-01T00:00:00", "-62135596800", "-62135596800000", "253402300799", "253402300799999",
	} {
		if got := cielo24.ParseDate(date, time.UTC); got != (cielo24.Date{}) {
			t.Errorf("%q: got %+v, want one that is not set", date, got)
		}
	}
	for _, date := range []string{
		"29/08/2014 14:00", "08/29/2014", "2014-13-01T00:00:00", "2014-02-30T00:00:00", "2014-08-29T24:00:00", "2014-08-29T25:00",
		"2014-08-29T14", "2014-08-29T", "20140829", "20140829140006", "201408291400", "soon", "true", "None", "1", "-1", "17", "12.5",
		"2014-08-29T14:00:06 PST", "2014-08-29T14:00:06+99:00", "2014-08-29T14:00:06+7", "2014-08-29T14:00:06 -07 00", "2014-08-29Z",
		"2014-08-29T14:00:06Z Z", "2014-08-29  14:00:06", "Fri, 29 Aug 2014 14:00:06 GMT", "NaN", "Inf", "-Inf", "0x53", "1e999", "-1e999", "1e30", "1_409_320_806",
		"99999999999999999999999999", "2014-08-29T14:00:06Z\x00", "2014-08-29é14:00:06", strings.Repeat("2", 1000),
		"2014-08-29T14:00:06." + strings.Repeat("0", 45),
	} {
		if got := cielo24.ParseDate(date, time.UTC); got != (cielo24.Date{Unreadable: true}) {
			t.Errorf("%q: got %+v, want one that is unreadable", date, got)
		}
	}
}

// FuzzDate: whatever the text, it is either not set, or unreadable, or a date in this century or the next that is read
// again from its own text.
func FuzzDate(f *testing.F) {
	for _, date := range []string{
		"2014-08-29T14:00:06.472706", "2015-03-29T00:00:00", "2014-07-31T12:35:52Z", "2014-07-31T12:35:52 -0700", "1409320806",
		"", "0001-01-01T00:00:00", "2014-07-31", "2014-07-31 12:35", "29/08/2014 14:00", "1.4e9",
	} {
		f.Add(date)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cielo24.ParseDate(s, time.UTC)
		if got.Time.IsZero() {
			if got.HasOffset || got.Unreadable && strings.TrimSpace(s) == "" {
				t.Fatalf("%q is read as %+v", s, got)
			}
			return
		}
		if y := got.Time.Year(); got.Unreadable || y < 2000 || y > 2199 {
			t.Fatalf("%q is read as %+v", s, got)
		}
		for _, layout := range []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 -0700"} {
			text := got.Time.Format(layout)
			if again := cielo24.ParseDate(text, time.UTC); !again.Time.Equal(got.Time) || !again.HasOffset {
				t.Fatalf("%q is read as %s and that as %+v", s, text, again)
			}
		}
	})
}
