package web_test

import (
	"strings"
	"testing"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/web"
)

func TestExplain_HasAnExplanationOfItsOwnForEveryReason(t *testing.T) {
	seen := map[string]string{}
	for _, reason := range append(cielo24.Reasons(), "BAD_API_TOKEN", "LOGIN_INVALID", "ITEM_NOT_FOUND", "ACCOUNT_UNPRIVILEGED", "UNHANDLED_ERROR") {
		text := web.Explain(reason)
		if strings.Contains(text, "("+reason+")") || seen[text] != "" {
			t.Errorf("%s: got %q (also of %q), want an explanation of its own", reason, text, seen[text])
		}
		seen[text] = reason
	}
	for _, reason := range []string{"INVALID_QUERY", cielo24.ErrorTypeOther} {
		if want := "cielo24 refused the request (" + reason + ")"; web.Explain(reason) != want {
			t.Errorf("%s: got %q, want %q", reason, web.Explain(reason), want)
		}
	}
}
