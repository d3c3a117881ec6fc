package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cielo24_exporter/config"
)

func TestHTTPClient_ShowsNoSecretInAnyEncoding(t *testing.T) {
	const marker = "hunter2hunter2"
	for name, client := range map[string]string{
		"proxy":  "{proxy_url: 'http://u:" + marker + "@h'}",
		"header": "{proxy_url: 'http://h', proxy_connect_header: {X: [" + marker + "]}}",
		"basic":  "{basic_auth: {username: u, password: " + marker + "}}",
	} {
		cfg, err := config.Parse("c.yml", []byte(wrap("api_token: "+marker+"\njobs: []\nhttp_client: "+client)))
		if err != nil {
			t.Fatal(name, err)
		}
		asJSON, err := json.Marshal(cfg)
		if err != nil {
			t.Fatal(name, err)
		}
		for _, printed := range []string{
			fmt.Sprintf("%v %+v", cfg, cfg.Accounts), fmt.Sprintf("%#v %#v", cfg, cfg.Accounts), string(asJSON),
		} {
			if strings.Contains(printed, marker) {
				t.Errorf("%s: %s", name, printed)
			}
		}
	}
}

func TestHTTPClient_Problems(t *testing.T) {
	const redirects = "c.yml:5: accounts[0].http_client.follow_redirects: redirects are never followed: they would send the token elsewhere"
	for _, test := range []struct{ client, want string }{
		{"{follow_redirects: True}", redirects},
		{"{follow_redirects: yes}", redirects},
		{"{enable_http2: &t true, follow_redirects: *t}", redirects},
		{"{follow_redirects: false}", ""},
		{"{tls_config: &t {insecure_skip_verify: true}, authorization: {type: basic}}", "c.yml:5: accounts[0].http_client: authorization type cannot be set to \"basic\", use \"basic_auth\" instead"},
		{"{http_headers: {Authorization: {values: [x]}}}", `c.yml:5: accounts[0].http_client: setting header "Authorization" is not allowed`},
		{"{enable_http3: true}", "c.yml:5: accounts[0].http_client.enable_http3: unknown key; see Prometheus' http_config"},
		{"{Hunter2: true}", "c.yml:5: accounts[0].http_client: contains an unknown key; see Prometheus' http_config"},
		{"{proxy_url: 'u:hunter2@proxy:3128'}", "c.yml:5: accounts[0].http_client: proxy_url must be a URL such as http://proxy.example:3128 (schemes: http, https, socks5, socks5h)"},
		{"{proxy_url: 'ftp://proxy:3128'}", "c.yml:5: accounts[0].http_client: proxy_url must be a URL such as http://proxy.example:3128 (schemes: http, https, socks5, socks5h)"},
		{"{proxy_url: 'http://u:hunter2@[x'}", "c.yml:5: accounts[0].http_client: has a URL that cannot be read"},
		{"{basic_auth: hunter2}", "c.yml:5: accounts[0].http_client: a value has the wrong type; see Prometheus' http_config"},
	} {
		if got := problem(t, wrap("api_token: x\njobs: []\nhttp_client: "+test.client)); got != test.want {
			t.Errorf("%s\ngot  %s\nwant %s", test.client, got, test.want)
		}
	}
}

func TestHTTPClient_MayBeShared(t *testing.T) {
	cfg, err := config.Parse("c.yml", []byte("accounts:\n"+
		"- {name: a, api_token: x, jobs: [], http_client: {tls_config: &t {server_name: s}}}\n"+
		"- {name: b, api_token: x, jobs: [], http_client: {tls_config: *t}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.Accounts[1].HTTPClient.TLSConfig.ServerName; got != "s" {
		t.Errorf("got %q", got)
	}
}
