package docs_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// link is an inline link or picture of Markdown.
type link struct {
	picture      bool
	text, target string
}

// withoutBlocks removes fenced code.
func withoutBlocks(text string) string {
	return regexp.MustCompile("(?ms)^```.*?\n```$").ReplaceAllString(text, "")
}

// links returns those of a document that do not stand in code.
func links(text string) []link {
	text = regexp.MustCompile("`[^`\n]*`").ReplaceAllStringFunc(withoutBlocks(text), func(code string) string { return strings.Repeat("x", len(code)) })
	var all []link
	for _, m := range regexp.MustCompile(`(!?)\[([^][]*)\]\(([^()\s]*)\)`).FindAllStringSubmatch(text, -1) {
		all = append(all, link{m[1] == "!", strings.TrimSpace(m[2]), m[3]})
	}
	return all
}

// anchors returns the anchors of a document's headings, as GitHub makes them.
func anchors(text string) map[string]bool {
	all, times := map[string]bool{}, map[string]int{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ +(.+?) *$`).FindAllStringSubmatch(withoutBlocks(text), -1) {
		anchor := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		anchor = strings.ReplaceAll(anchor, " ", "-")
		if n := times[anchor]; n > 0 {
			all[fmt.Sprintf("%s-%d", anchor, n)] = true
		} else {
			all[anchor] = true
		}
		times[anchor]++
	}
	return all
}

// followLink returns what is wrong with a link of a file.
func followLink(file string, l link) error {
	u, err := url.Parse(l.target)
	if err != nil {
		return err
	}
	if u.IsAbs() {
		if u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("got scheme %q and host %q, want https and a host", u.Scheme, u.Host)
		}
		return nil
	}
	target := filepath.Join(filepath.Dir(file), filepath.FromSlash(u.Path))
	if u.Path == "" {
		target = file
	}
	if strings.HasPrefix(target, "..") {
		return fmt.Errorf("%s is outside of the repository", target)
	}
	info, err := os.Stat(filepath.Join(root, target))
	if err != nil || u.Fragment == "" {
		return err
	}
	if info.IsDir() || filepath.Ext(target) != ".md" {
		return fmt.Errorf("%s has no headings to link to", target)
	}
	data, err := os.ReadFile(filepath.Join(root, target))
	if err == nil && !anchors(string(data))[u.Fragment] {
		err = fmt.Errorf("%s has no heading #%s", target, u.Fragment)
	}
	return err
}

func TestLinks_LeadToFilesAndHeadingsThatExist(t *testing.T) {
	n := 0
	for file, text := range documents(t) {
		for _, l := range links(text) {
			n++
			if err := followLink(file, l); err != nil {
				t.Errorf("%s: [%s](%s): %v", file, l.text, l.target, err)
			}
			if l.picture && len(strings.Fields(l.text)) < 8 {
				t.Errorf("%s: got the alternative text %q for %s, want one that tells who cannot see the picture what is on it", file, l.text, l.target)
			}
		}
	}
	if n < 50 {
		t.Errorf("got %d links, want at least 50: are they still recognized?", n)
	}
}

// Every document can be reached from the README by links alone.
func TestLinks_ReachEveryDocument(t *testing.T) {
	all := documents(t)
	reached := map[string]bool{}
	var visit func(file string)
	visit = func(file string) {
		if reached[file] {
			return
		}
		reached[file] = true
		for _, l := range links(all[file]) {
			if target, _, _ := strings.Cut(l.target, "#"); strings.HasSuffix(target, ".md") && !strings.Contains(target, "://") {
				visit(filepath.Join(filepath.Dir(file), target))
			}
		}
	}
	visit("README.md")
	for file := range all {
		if !reached[file] {
			t.Errorf("no link leads from README.md to %s", file)
		}
	}
}

func TestLinks_AreRecognizedAndFollowed(t *testing.T) {
	for target, want := range map[string]bool{
		"metrics.md": true, "metrics.md#metrics": true, "#http-endpoints": true, "../examples": true, "https://prometheus.io/": true,
		"nowhere.md": false, "metrics.md#nowhere": false, "#nowhere": false, "../../etc": false, "http://prometheus.io/": false, "../examples#a": false,
	} {
		got := links("see [it](" + target + ")\n```\n[not](this)\n```\nnor `[this](one)`")
		if len(got) != 1 || got[0].target != target {
			t.Fatalf("got links %v, want one to %s", got, target)
		}
		if err := followLink("docs/endpoints.md", got[0]); (err == nil) != want {
			t.Errorf("%s: got %v, want it to be followed: %t", target, err, want)
		}
	}
}
