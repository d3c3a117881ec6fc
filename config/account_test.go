package config_test

import (
	"testing"

	"cielo24_exporter/config"
)

func TestBaseURL_KeepsItsPath(t *testing.T) {
	for written, want := range map[string]string{
		"https://h/a%2Fb/": "https://h/a%2Fb", "https://h/": "https://h", "http://h:8080/x": "http://h:8080/x",
		"https://h/api": "https://h", "https://h/api/": "https://h", "https://h//api//": "https://h",
		"https://h/x/api": "https://h/x", "https://h/x%2Fy/api/": "https://h/x%2Fy", "https://h/%61pi": "https://h",
		"https://h/api/api": "https://h/api", "https://h/xapi": "https://h/xapi", "https://h/api/x": "https://h/api/x",
	} {
		cfg, err := config.Parse("c.yml", []byte(wrap("api_token: x\njobs: []\nbase_url: "+written)))
		if err != nil || cfg.Accounts[0].BaseURL.String() != want {
			t.Errorf("%s: %v %v", written, cfg, err)
		}
	}
	const want = "c.yml:5: accounts[0].base_url: must have a port between 1 and 65535, or none"
	if got := problem(t, wrap("api_token: x\njobs: []\nbase_url: https://h:99999")); got != want {
		t.Errorf("got %s", got)
	}
}
