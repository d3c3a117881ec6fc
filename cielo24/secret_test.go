package cielo24_test

import (
	"encoding/json"
	"fmt"
	"log/slog" //nolint:depguard // which prints secrets, too
	"strings"
	"testing"

	"cielo24_exporter/cielo24"

	"gopkg.in/yaml.v3"
)

func TestSecret_PrintsAsSecret(t *testing.T) {
	s := cielo24.NewSecret(token)
	type holder struct{ Inner cielo24.Secret }
	type hider struct{ inner cielo24.Secret }
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		for _, value := range []any{s, &s, holder{s}, hider{s}, &hider{s}, []cielo24.Secret{s}} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, token) || strings.Contains(text, fmt.Sprintf("%x", token)) {
				t.Errorf("%s of %T prints %s", verb, value, text)
			}
		}
	}
	if text, err := json.Marshal(holder{s}); err != nil || string(text) != `{"Inner":"\u003csecret\u003e"}` {
		t.Errorf("JSON: %s, %v", text, err)
	}
	if text, err := yaml.Marshal(holder{s}); err != nil || string(text) != "inner: <secret>\n" {
		t.Errorf("YAML: %s, %v", text, err)
	}
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "s", s)
	if got := fmt.Sprint("a ", s); got != "a <secret>" || s.String() != "<secret>" || !strings.Contains(b.String(), "s=<secret>") || s.LogValue().String() != "<secret>" {
		t.Errorf("got %s, and in the log %s", got, b.String())
	}
}

func TestSecret_IsWhatItWas(t *testing.T) {
	s := cielo24.NewSecret(token)
	if s.Reveal() != token || s.IsZero() || !(cielo24.Secret{}).IsZero() || !cielo24.NewSecret("").IsZero() {
		t.Error("the secret itself is lost")
	}
	if !s.Equal(cielo24.NewSecret(token)) || s.Equal(cielo24.NewSecret("x")) || s.Equal(cielo24.Secret{}) {
		t.Error("secrets that are the same differ, or the other way round")
	}
}

// A secret that is written otherwise in an address is taken out in that form, too.
func TestSecret_IsTakenOutAsItStandsInAnAddress(t *testing.T) {
	session, err := cielo24.NewStaticSession(&secretFile{value: "a b/c"})
	if err != nil {
		t.Fatal(err)
	}
	transport := inMemory(t, answer(400, `{"ErrorType":"X","ErrorComment":"a+b%2Fc, a b/c and abc"}`))
	_, failure := ask(t, newClient(t, "http://api.test", func(o *cielo24.Options) { o.Session, o.Transport = session, transport }))
	if failure == nil || failure.Detail != "<secret>, <secret> and abc" {
		t.Errorf("got %v", failure)
	}
}
