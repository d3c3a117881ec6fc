package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"cielo24_exporter/cielo24"
)

// maxSecret bounds a secret, in bytes.
const maxSecret = 4 << 10

// SecretSource is where a secret comes from: the configuration itself, or a file that may change.
type SecretSource struct {
	file   string // empty: inline
	inline cielo24.Secret
	check  func(string) error
}

// InlineSecret is a secret that stands in the configuration itself.
func InlineSecret(s string) *SecretSource { return &SecretSource{inline: cielo24.NewSecret(s)} }

// Read returns the secret as it is now. The file is read each time: it is small, and no change is missed. The error
// names the file and what is wrong, never the content.
func (s *SecretSource) Read() (cielo24.Secret, error) {
	if s.file == "" {
		return s.inline, nil
	}
	text, err := readSecret(s.file)
	if err == nil {
		err = s.check(text)
	}
	if err != nil {
		return cielo24.Secret{}, fmt.Errorf("%s: %w", s.file, err)
	}
	return cielo24.NewSecret(text), nil
}

// readSecret returns the content of a file without one newline at its end.
func readSecret(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", errors.New(openProblem(err))
	}
	if !info.Mode().IsRegular() { // not after opening, which would wait for the writer of a named pipe
		return "", errors.New("is not a regular file")
	}
	f, err := os.Open(file)
	if err != nil {
		return "", errors.New(openProblem(err))
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+3))
	if err != nil {
		return "", errors.New("cannot be read")
	}
	return trimNewline(string(data)), nil
}

// trimNewline drops one newline, as an editor leaves it at the end of a file and YAML at the end of a block (|).
func trimNewline(s string) string {
	text, found := strings.CutSuffix(s, "\n")
	if found {
		text = strings.TrimSuffix(text, "\r")
	}
	return text
}

// checkToken checks a token or securekey.
func checkToken(s string) error {
	if err := checkPassword(s); err != nil {
		return err
	}
	for _, r := range s {
		if r > unicode.MaxASCII || r == ' ' {
			return errors.New("contains a space or a non-ASCII character, which no token or securekey has")
		}
	}
	return nil
}

// checkPassword checks a password.
func checkPassword(s string) error {
	switch {
	case s == "":
		return errors.New("is empty")
	case len(s) > maxSecret:
		return fmt.Errorf("longer than %d bytes, too long for a secret", maxSecret)
	case !utf8.ValidString(s):
		return errors.New("is binary, not text")
	case strings.ContainsAny(s, "\r\n"):
		return errors.New("contains more than one line")
	case strings.IndexFunc(s, unicode.IsControl) >= 0:
		return errors.New("contains control characters")
	}
	return nil
}

// inlineSecret reads a secret that stands here.
func (v value) inlineSecret(check func(string) error) *SecretSource {
	s, ok := v.text()
	if !ok {
		return nil
	}
	s = trimNewline(s)
	if err := check(s); err != nil {
		v.fail("%s", err)
		return nil
	}
	return InlineSecret(s)
}

// fileSecret reads a secret from the file that is named here.
func (v value) fileSecret(check func(string) error) *SecretSource {
	name, ok := v.text()
	if !ok {
		return nil
	}
	if name == "" {
		v.fail("must name a file")
		return nil
	}
	source := &SecretSource{file: v.path(name), check: check}
	if _, err := source.Read(); err != nil {
		v.fail("%s", err)
		return nil
	}
	return source
}
