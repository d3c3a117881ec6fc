package config_test

import (
	"testing"

	"cielo24_exporter/config"
)

func TestSecret_MayBeWrittenAsABlock(t *testing.T) {
	cfg, err := config.Parse("c.yml", []byte(wrap("api_token: |\n  abc\njobs: []")))
	if err != nil {
		t.Fatal(err)
	}
	if token, err := cfg.Accounts[0].Token.Read(); err != nil || token.Reveal() != "abc" {
		t.Errorf("%q %v", token.Reveal(), err)
	}
}
