package web

import (
	"cmp"

	"cielo24_exporter/cielo24"
)

// explain says what a reason means, to somebody who looks after captions.
func explain(reason string) string {
	explanations := map[string]string{
		cielo24.ErrorTypeBadAPIToken: "cielo24 does not accept the API token",
		"LOGIN_INVALID":              "cielo24 does not accept the user name, key or password",
		"ITEM_NOT_FOUND":             "cielo24 has no job with this ID; check the ID",
		"ACCOUNT_UNPRIVILEGED":       "this account may not see the job",
		"UNHANDLED_ERROR":            "cielo24 had an internal error",
		cielo24.ReasonTimeout:        "cielo24 did not answer in time",
		cielo24.ReasonConnection:     "could not connect to cielo24",
		cielo24.ReasonTLS:            "could not make a trusted connection to cielo24",
		cielo24.ReasonDNS:            "could not find the address of cielo24's host",
		cielo24.ReasonRedirect:       "the API redirects to another address; check base_url",
		cielo24.ReasonRateLimited:    "too many requests; waiting before the next one",
		cielo24.ReasonHTTP4xx:        "the answer did not come from cielo24's API; check base_url",
		cielo24.ReasonHTTP5xx:        "cielo24's server had an error",
		cielo24.ReasonInvalidBody:    "could not make sense of cielo24's answer",
		cielo24.ReasonTooLarge:       "cielo24's answer was too large",
		cielo24.ReasonCanceled:       "the exporter ended the request",
		cielo24.ReasonUnauthorized:   "cielo24 refuses access",
	}
	return cmp.Or(explanations[reason], "cielo24 refused the request ("+reason+")")
}
