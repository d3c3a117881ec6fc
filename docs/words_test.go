package docs_test

import (
	"go/scanner"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// A word to avoid, as a regular expression that ignores case, and a better one.
type word struct{ avoid, better string }

// words are those that readers have stumbled over.
func words() []word {
	return []word{
		// What we called things before we used the field's own nouns.
		{`a first look\b`, "Quick start"},
		{`metrics, in short`, "Key metrics"},
		{`what bought`, "What helped most"},
		{`what it does not protect`, "Out of scope"},
		{`tells? the truth`, "failures stay local and visible"},
		{`yardstick|\bcontestant`, "baseline, target"},
		{`rules of the house|house rules`, "conventions"},
		{`: well\b|\bwell;|\b0 well\b|\b(is|are) well\b|\ball (is )?well\b`, "OK, success, healthy"},
		{`\bit failed, |wrong use`, "1 failure, 2 usage error"},
		{`; there (are|is): `, "(known: a, b)"},
		{`\bis no (job id|status|valid)\b|\bno valid yaml`, "is not a job ID, is not valid"},
		{`\bis there twice`, "duplicate"},
		{`nothing is asked of`, "does not call the API"},

		// Fetches, retries and outages.
		{`not asked yet|^not asked for`, "not fetched yet"},
		{`\b(is|are|be|was|were|been) asked (again|only|once|for)\b|\basked for (by|again|once|only)\b|\basks? for (every|all|finished|the) jobs?\b`, "fetched"},
		{`asked to (wait|be left alone)`, "paused by the API"},
		{`without an answer|not answered|\banswers again|^answered as$|>answered<`, "fetch failing, reachable again, last fetched"},
		{`turns? (a job|jobs) down`, "rejects"},
		{`nothing known of`, "no values yet"},
		{`(configuration|stays) in force`, "config loaded, stays active"},
		{`can be read again`, "readable again"},
		{`passing reason`, "temporary reason"},
		{`\blets? (the account|us|it) in\b`, "accepted the credentials"},

		// Status page, alerts and messages.
		{`no job is like that`, "No matching jobs."},
		{`no longer so\b|^over: `, "Resolved:"},
		{`\}\}\)? times\b`, "(5)"},
		{`waitsfor(review|authorization)`, "AwaitingReview, AwaitingAuthorization"},
		{`cielo24job(notreadable|notreturned|mechanicalslow|difficult)\b`, "FetchFailing, CallbackMissing, MechanicalStuck, AtRisk"},
		{`cielo24(apifailing|accountblind)`, "Cielo24APIDown, Cielo24AccountInhibitor"},

		// What a native reader would not write.
		{`\bwho (reaches|wants|asks)\b`, "whoever reaches, if you want"},
		{`seconds since 1970`, "as a Unix timestamp in seconds"},

		// American spelling.
		{`\blicence`, "license"},
		{`\bcancell(ed|ing)\b`, "canceled, canceling"},
		{`\b(colou|behaviou|honou|favou|neighbou)r`, "color, behavior, honor, favor, neighbor"},
		{`\b(organi|recogni|initiali|normali|summari|minimi|maximi)s(e|ed|es|ing|ation)\b`, "organize, recognize"},
		{`\b(catalogue|centre|grey|judgement|labell(ed|ing)|modell(ed|ing)|whilst|amongst|towards)\b`, "catalog, center, gray, judgment, labeled, modeled, while, among, toward"},
	}
}

// found returns the words to avoid in a text, with what is around them.
func found(text string) map[word]string {
	all := map[word]string{}
	for _, w := range words() {
		if at := regexp.MustCompile(`(?im)` + w.avoid).FindStringIndex(text); at != nil {
			all[w] = strings.TrimSpace(text[max(0, at[0]-40):min(len(text), at[1]+20)])
		}
	}
	return all
}

// readable returns what people read of a file: all of it, but of Go the string literals alone.
func readable(t *testing.T, file string) string {
	t.Helper()
	// A file and a target of make that have their names.
	text := strings.NewReplacer("licences.md", "", "make licences", "").Replace(read(t, file))
	switch {
	case strings.HasSuffix(file, ".md"):
		// Where a link leads is not for reading.
		return regexp.MustCompile(`\]\([^)]*\)`).ReplaceAllString(text, "]")
	case !strings.HasSuffix(file, ".go"):
		return text
	}
	set := token.NewFileSet()
	var s scanner.Scanner
	s.Init(set.AddFile(file, -1, len(text)), []byte(text), nil, 0)
	var literals []string
	for {
		switch _, kind, literal := s.Scan(); kind {
		case token.EOF:
			return strings.Join(literals, "\n")
		case token.STRING:
			literals = append(literals, strings.Trim(literal, "\"`"))
		}
	}
}

func TestWords_ToAvoidAreNowhere(t *testing.T) {
	// Whatever users read: documents, pages, messages and examples; and what the program says.
	patterns := `\.(md|html|tmpl|go)$|^(examples|deploy)/.*\.(ya?ml|json|txt)$`
	for _, file := range files(t, patterns) {
		if regexp.MustCompile(`_test\.(go|yml)$|^(bench|e2e|scripts)/|(^|/)testdata/|^docs/licences\.md$`).MatchString(file) {
			continue
		}
		for w, where := range found(readable(t, file)) {
			t.Errorf("%s: %q; better: %s", file, where, w.better)
		}
	}
}

func TestWords_AreRecognized(t *testing.T) {
	for text, want := range map[string]bool{
		"c.yml: well; accounts: 1": true, "Not asked yet": true, "it is cancelled": true, "`asked to wait`": true, "A\nOver: x": true,
		"c.yml: OK (1 account, 2 jobs)": false, "works well": false, "canceled": false, "All over the place": false,
	} {
		if got := len(found(text)) > 0; got != want {
			t.Errorf("%q: got words to avoid: %t, want %t", text, got, want)
		}
	}
	if got := readable(t, "docs/words_test.go"); !strings.Contains(got, "Quick start") || strings.Contains(got, "func"+" readable") {
		t.Errorf("got no string literals of a Go file alone:\n%.500s", got)
	}
}
