package cielo24

import (
	"net/url"
	"strings"
)

// redactor takes the secrets of one call out of any text that could repeat them: transport errors, ErrorComments, and
// the job itself, since an API may echo what it was sent.
type redactor []string

// newRedactor knows each secret as it is and as it stands in a URL.
func newRedactor(secrets ...Secret) redactor {
	var r redactor
	for _, s := range secrets {
		if s.IsZero() {
			continue
		}
		r = append(r, s.Reveal())
		if escaped := url.QueryEscape(s.Reveal()); escaped != s.Reveal() {
			r = append(r, escaped)
		}
	}
	return r
}

func (r redactor) scrub(s string) string {
	for _, secret := range r {
		s = strings.ReplaceAll(s, secret, printed)
	}
	return s
}
