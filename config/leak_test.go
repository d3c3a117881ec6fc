package config_test

import (
	"strings"
	"testing"

	"cielo24_exporter/config"
)

func TestNoProblemRepeatsASecretInWhateverShape(t *testing.T) {
	const marker = "HUNTER2hunter2"
	places := []string{
		"api_token: S\njobs: []", "login: {username: u, password: S}\njobs: []", "login: {username: u, securekey: S}\njobs: []",
		"login: S\njobs: []",
	}
	for _, client := range []string{
		"S", "{basic_auth: S}", "{basic_auth: {username: u, password: S}}", "{authorization: {credentials: S}}", "{authorization: S}",
		"{bearer_token: S}", "{oauth2: {client_id: i, token_url: 'http://h', client_secret: S}}", "{oauth2: S}",
		"{tls_config: {key: S}}", "{tls_config: {cert: S, key: S}}", "{tls_config: {ca: S}}", "{http_headers: S}",
		"{http_headers: {X: S}}", "{http_headers: {X: {secrets: S}}}", "{http_headers: {X: {secrets: [S]}}}",
		"{proxy_url: S}", "{proxy_url: 'http://h', proxy_connect_header: S}", "{proxy_url: 'http://h', proxy_connect_header: {X: S}}",
	} {
		places = append(places, "api_token: x\njobs: []\nhttp_client: "+client)
	}
	for _, place := range places {
		for _, shape := range []string{
			"M", "[M]", "{M: x}", "{[M]: x}", "{{M: x}: x}", "!!int M", "!!float M", "!!binary M", "!!bool M", "!!timestamp M", "!!null M",
			"!!map M", "!!seq M", "!M x", "&M x", "*M", "'M", `"M\q"`, `"M\x00"`, "@M", "%M", "`M`", "M: x", "{<<: M}", "{<<: [M]}", "{M: 1, M: 2}",
			"'http://u:M@[x'", "'http://u:M@h:x'", "'http://u:M@h/%zz'", "'M\x7f'", "|M", "[M", "{M",
		} {
			text := wrap(strings.ReplaceAll(place, "S", strings.ReplaceAll(shape, "M", marker)))
			if _, err := config.Parse("c.yml", []byte(text)); err != nil && strings.Contains(err.Error(), marker) {
				t.Errorf("%s\n%v", text, err)
			}
		}
	}
}
