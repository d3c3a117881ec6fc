package config

import (
	"bytes"
	"regexp"
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
	if follow := find(v.node, "follow_redirects"); follow != nil && follow.value.Value == "true" {
		v.add(follow.name.Line, v.key+".follow_redirects", "redirects are never followed, they would carry the token elsewhere")
		return
	}
	data, err := yaml.Marshal(v.node)
	if err != nil {
		v.fail("can't be read")
		return
	}
	settings := promconfig.DefaultHTTPClientConfig
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&settings); err != nil {
		v.httpClientProblem(err)
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

// httpClientProblem tells an error of Prometheus' reader, at the line of the key if it is about one.
func (v value) httpClientProblem(err error) {
	text := err.Error()
	if match := regexp.MustCompile(`field ([a-z_]{1,40}) not found in type`).FindStringSubmatch(text); match != nil {
		if found := find(v.node, match[1]); found != nil {
			v.add(found.name.Line, v.key+"."+match[1], "unknown key; see Prometheus' http_config")
			return
		}
	}
	if strings.ContainsAny(text, "`\"'\n") || strings.Contains(text, "unmarshal") {
		text = "a value is of the wrong kind; see Prometheus' http_config"
	}
	v.fail("%s", text)
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
