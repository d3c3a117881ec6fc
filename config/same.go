package config

import "reflect"

// SameCredentials reports whether a and b log in, or hold a token, in the same way at the same API, so that a session of one
// serves the other.
func (a Account) SameCredentials(b Account) bool {
	if a.BaseURL.String() != b.BaseURL.String() || !a.Token.same(b.Token) || (a.Login == nil) != (b.Login == nil) {
		return false
	}
	return a.Login == nil || a.Login.Username == b.Login.Username &&
		a.Login.SecureKey.same(b.Login.SecureKey) && a.Login.Password.same(b.Login.Password)
}

// SameConnection reports whether a and b reach the API in the same way, so that a client of one serves the other.
func (a Account) SameConnection(b Account) bool {
	return a.SameCredentials(b) && a.Name == b.Name && a.Timeout == b.Timeout &&
		a.Location.String() == b.Location.String() && (a.Discovery == nil) == (b.Discovery == nil) &&
		reflect.DeepEqual(a.HTTPClient, b.HTTPClient)
}

// same reports whether both are read from the same place; what stands in a configuration itself must be the same secret.
func (s *SecretSource) same(other *SecretSource) bool {
	if s == nil || other == nil {
		return s == other
	}
	return s.file == other.file && s.inline.Equal(other.inline)
}
