package cielo24

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"unicode"
)

// login asks for a token. The credentials go into headers, not into the query, which servers log.
// Source: GET /api/account/login (doc).
func (c *Client) login(ctx context.Context, username, secretHeader string, secret Secret) (Secret, *Error) {
	var token Secret
	err := c.do(ctx, request{
		endpoint: EndpointLogin,
		path:     "/api/account/login",
		query:    "v=1",
		header:   http.Header{"X-Auth-User": {username}, secretHeader: {secret.Reveal()}},
		limit:    maxError,
		redact:   newRedactor(secret),
		read:     readToken(&token),
	})
	return token, err
}

// errNoToken keeps the body out of the message: whatever it is, it may hold the token.
var errNoToken = errors.New("the answer to the login holds no token")

// readToken takes the token out of the answer to a login. The documentation names it ApiToken, its OpenAPI file
// api_token (doc).
func readToken(token *Secret) func(io.Reader) error {
	return func(r io.Reader) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		var answer struct {
			CamelCase text `json:"ApiToken"`
			SnakeCase text `json:"api_token"`
			wireError
		}
		if err := decodeObject(data, &answer); err != nil {
			return err
		}
		value := cmp.Or(string(answer.CamelCase), string(answer.SnakeCase))
		switch {
		case value == "" && answer.ErrorType.given():
			return refusal{answer.wireError}
		case !validToken(value):
			return errNoToken
		}
		*token = NewSecret(value)
		return nil
	}
}

// validToken refuses what could not stand in a URL or would be no token at all.
func validToken(s string) bool {
	if s == "" || len(s) > 4096 {
		return false
	}
	for _, r := range s {
		if r > unicode.MaxASCII || !unicode.IsPrint(r) || r == ' ' {
			return false
		}
	}
	return true
}
