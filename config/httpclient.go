package config

import (
	"bytes"
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	promconfig "github.com/prometheus/common/config"
	"gopkg.in/yaml.v3"
)

// readHTTPClient reads Prometheus' own settings for HTTP clients. Its errors are not repeated when they quote anything,
// for that may be a secret.
func (a *Account) readHTTPClient(v value) {
	if v.node.Kind != yaml.MappingNode {
		v.fail("must be a mapping (key: value), found %s", v.found())
		return
	}
	plain := v.expanded()
	if plain == nil {
		return
	}
	if follow := find(plain, "follow_redirects"); follow != nil && isTrue(follow.value) {
		v.add(follow.name.Line, v.key+".follow_redirects", "redirects are never followed: they would send the token elsewhere")
		return
	}
	data, err := yaml.Marshal(plain)
	if err != nil {
		v.fail("cannot be read")
		return
	}
	settings := promconfig.DefaultHTTPClientConfig
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&settings); err != nil {
		v.httpClientProblem(err)
		return
	}
	if !usableProxy(settings.ProxyURL.URL) {
		v.fail("proxy_url must be a URL such as http://proxy.example:3128 (schemes: http, https, socks5, socks5h)")
		return
	}
	settings.SetDirectory(v.dir)
	settings.FollowRedirects = false
	// Certificates and the like are read here and now, so that what is wrong with them is known before they are used.
	if _, err := promconfig.NewRoundTripperFromConfig(settings, "check"); err != nil {
		v.httpClientProblem(err)
		return
	}
	a.HTTPClient = settings
}

// usableProxy reports whether net/http can use the proxy, which finds out only with the first call.
func usableProxy(u *url.URL) bool {
	return u == nil || u.String() == "" || slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) && u.Hostname() != ""
}

// isTrue reports whether Prometheus' reader takes the value for true, in whichever way it is written.
func isTrue(node *yaml.Node) bool {
	var is bool
	return node.Decode(&is) == nil && is
}

// expanded is a copy of the value with its aliases written out, for their anchors may stand elsewhere in the file; nil
// if there is too much of it.
func (v value) expanded() *yaml.Node {
	c := *v.node
	c.Anchor, c.Content = "", make([]*yaml.Node, 0, len(v.node.Content))
	for _, node := range v.node.Content {
		below, ok := v.at(v.key, node)
		if !ok {
			return nil
		}
		copied := below.expanded()
		if copied == nil {
			return nil
		}
		c.Content = append(c.Content, copied)
	}
	return &c
}

// httpClientProblem reports an error of Prometheus' reader, at the line of the key if it is about one. YAML's errors and
// those of URLs quote values; Prometheus' own name settings.
func (v value) httpClientProblem(err error) {
	var typeError *yaml.TypeError
	var urlError *url.Error
	switch {
	case errors.As(err, &typeError):
		v.unknownSettings(typeError.Errors)
	case errors.As(err, &urlError):
		v.fail("has a URL that cannot be read")
	case strings.HasPrefix(err.Error(), "yaml: "), strings.ContainsAny(err.Error(), "`\n"):
		v.fail("invalid; see Prometheus' http_config")
	default:
		v.fail("%s", err)
	}
}

// unknownSettings reports the keys that Prometheus does not know; whatever else is wrong is reported once.
func (v value) unknownSettings(texts []string) {
	unknown := regexp.MustCompile(`field ([a-z0-9_]{1,40}) not found in type`)
	reported, what := false, "a value has the wrong type"
	for _, text := range texts {
		match := unknown.FindStringSubmatch(text)
		if match == nil {
			if strings.Contains(text, "not found in type") {
				what = "contains an unknown key"
			}
			continue
		}
		if found := find(v.node, match[1]); found != nil {
			v.add(found.name.Line, v.key+"."+match[1], "unknown key; see Prometheus' http_config")
			reported = true
		}
	}
	if !reported {
		v.fail("%s; see Prometheus' http_config", what)
	}
}

// pair is a key with its value.
type pair struct{ name, value *yaml.Node }

// find returns the first key of that name, at any depth but through aliases.
func find(node *yaml.Node, name string) *pair {
	if node.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == name {
				return &pair{node.Content[i], node.Content[i+1]}
			}
		}
	}
	for _, below := range node.Content {
		if found := find(below, name); found != nil {
			return found
		}
	}
	return nil
}
