package cielo24

import (
	"fmt"
	"log/slog"
)

// printed is what every printed form of a Secret says.
const printed = "<secret>"

// Secret is a token, a securekey or a password. Whatever prints it (fmt, log, JSON, YAML, slog) prints <secret>;
// only the line that builds a request calls Reveal.
type Secret struct {
	// A pointer, because fmt calls no methods on the unexported fields of others' structs, but prints what is in them.
	value *string
}

// NewSecret wraps value so that it can no longer be printed by accident.
func NewSecret(value string) Secret { return Secret{&value} }

// Reveal returns the secret itself. Call it where a request is built and nowhere else.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// Equal reports whether both are the same secret.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// Format prints <secret> for every verb, %#v and %x included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(printed)) }

// String returns <secret>.
func (s Secret) String() string { return printed }

// MarshalText returns <secret>; JSON and most other encodings use it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(printed), nil }

// MarshalYAML returns <secret>.
func (s Secret) MarshalYAML() (any, error) { return printed, nil }

// LogValue returns <secret>.
func (s Secret) LogValue() slog.Value { return slog.StringValue(printed) }
