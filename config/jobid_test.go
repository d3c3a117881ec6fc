package config_test

import (
	"fmt"
	"strings"
	"testing"

	"cielo24_exporter/config"
)

func TestParseJobID(t *testing.T) {
	refused := func(s string) string {
		return "not a job ID: " + s + " (expected 1 to 64 hex digits, dashes allowed)"
	}
	for _, test := range []struct {
		written string
		want    config.JobID
		err     string
	}{
		{"d4fb871e07514304b23131b45f8caa1f", "d4fb871e07514304b23131b45f8caa1f", ""},
		{"D4FB871E-0751-4304-B231-31B45F8CAA1F", "d4fb871e07514304b23131b45f8caa1f", ""},
		{"0", "0", ""},
		{strings.Repeat("a-", 64), config.JobID(strings.Repeat("a", 64)), ""},
		{"", "", refused(`""`)},
		{"--", "", refused(`"--"`)},
		{" aa", "", refused(`" aa"`)},
		{"0xaa", "", refused(`"0xaa"`)},
		{"a\u200bb", "", refused(`"a\u200bb"`)},
		{"\u212a", "", refused("\"\u212a\"")}, // the Kelvin sign, whose lower case is k
		{strings.Repeat("a", 65), "", refused(`"` + strings.Repeat("a", 60) + `…"`)},
	} {
		got, err := config.ParseJobID(test.written)
		if text := strings.TrimSuffix(fmt.Sprint(err), "<nil>"); got != test.want || text != test.err {
			t.Errorf("ParseJobID(%q) = %q, %q; want %q, %q", test.written, got, text, test.want, test.err)
		}
	}
}

func TestJob_KeepsWhatIsWrittenBesideItsKey(t *testing.T) {
	cfg, err := config.Parse("c.yml", []byte(wrap("api_token: x\njobs: [D4FB-87, {id: '00-A1'}]")))
	if err != nil {
		t.Fatal(err)
	}
	const want = "[{D4FB-87 d4fb87 map[]} {00-A1 00a1 map[]}]"
	if got := fmt.Sprint(cfg.Accounts[0].Jobs); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
