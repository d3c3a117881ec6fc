package cielo24_test

import (
	"testing"
	"time"

	"cielo24_exporter/cielo24"
)

func TestRetryAfter_IsUnderstoodAndBounded(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                                0,
		"0":                               0,
		"7":                               7 * time.Second,
		" 7 ":                             7 * time.Second,
		"3599":                            3599 * time.Second,
		"3600":                            time.Hour,
		"3601":                            time.Hour,
		"99999999999":                     time.Hour,
		"18446744073709551615":            time.Hour,
		"18446744073709551616":            time.Hour,
		"99999999999999999999999999":      time.Hour,
		"-7":                              0,
		"-99999999999999999999999":        0,
		"1.5":                             0,
		"soon":                            0,
		"7 s":                             0,
		"Fri, 02 Jan 2026 03:05:05 GMT":   time.Minute,
		"Friday, 02-Jan-26 03:05:05 GMT":  time.Minute,
		"Fri Jan  2 03:05:05 2026":        time.Minute,
		"Fri, 02 Jan 2026 03:04:05 GMT":   0,
		"Thu, 02 Jan 2025 03:05:05 GMT":   0,
		"Sat, 03 Jan 2026 03:05:05 GMT":   time.Hour,
		"Fri, 31 Dec 9999 23:59:59 GMT":   time.Hour,
		"Fri, 99 Jan 2026 03:05:05 GMT":   0,
		"Fri, 02 Jan 2026 03:05:05 +0000": 0,
	} {
		transport := inMemory(t, answer(429, "", "Retry-After", value))
		client := newClient(t, "http://api.test", func(o *cielo24.Options) {
			o.Transport, o.Now = transport, func() time.Time { return now }
		})
		if _, failure := ask(t, client); failure == nil || failure.RetryAfter != want || failure.Retryable() != (want == 0) {
			t.Errorf("%q: got %+v, want %s", value, failure, want)
		}
	}
}

func TestRetryAfter_CountsOnlyFromAServerThatIsBusy(t *testing.T) {
	const errorType = `{"ErrorType":"UNHANDLED_ERROR"}`
	for _, test := range []struct {
		status int
		body   string
		want   time.Duration
	}{
		{302, "", 0},
		{400, errorType, 0},
		{404, "", 0},
		{500, "", 0},
		{500, errorType, 0},
		{429, "", time.Minute},
		{503, "", time.Minute},
		{429, errorType, time.Minute},
		{503, errorType, time.Minute},
		{503, `{"ErrorType":"ITEM_NOT_FOUND"}`, time.Minute},
		{200, errorType, 0},
	} {
		transport := inMemory(t, answer(test.status, test.body, "Retry-After", "60"))
		client := newClient(t, "http://api.test", func(o *cielo24.Options) { o.Transport = transport })
		if _, failure := ask(t, client); failure == nil || failure.RetryAfter != test.want || test.want > 0 && failure.Retryable() {
			t.Errorf("status %d, %s: got %+v, want to wait %s and no repeat", test.status, test.body, failure, test.want)
		}
	}
}
