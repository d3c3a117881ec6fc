package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
)

// behindPrefix puts the environment behind a proxy that takes a prefix off.
func (e *pageEnv) behindPrefix(prefix string) {
	target := &url.URL{Scheme: "http", Host: "exporter.internal:10059"}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: inProcess{e.handler},
	}
	e.handler = http.StripPrefix(prefix, proxy)
}

func TestPage_EveryLinkWorksBehindAPrefix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const prefix = "/cielo24"
		e := newFleet(t, 250)
		e.behindPrefix(prefix)
		open := []string{prefix + "/"}
		seen := map[string]bool{open[0]: true}
		kinds := map[string]int{}
		for len(open) > 0 {
			address := open[0]
			open = open[1:]
			w := e.do(http.MethodGet, address)
			if w.Code != http.StatusOK {
				t.Fatalf("%s: got status %d, want 200", address, w.Code)
			}
			base, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			kinds[base.Path]++
			if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				continue
			}
			for _, match := range regexp.MustCompile(`(?:href|action|src)="([^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
				link, err := base.Parse(html.UnescapeString(match[1]))
				switch {
				case err != nil:
					t.Fatal(err)
				case link.Host == "cielo24.readthedocs.io" || match[1] == "#jobs":
				case !strings.HasPrefix(link.String(), prefix+"/"):
					t.Errorf("%s: %s leads to %s, want something below %s/", address, match[1], link, prefix)
				case !seen[link.String()]:
					seen[link.String()] = true
					open = append(open, link.String())
				}
			}
		}
		for path, least := range map[string]int{
			"/": 10, "/metrics": 1, "/-/healthy": 1, "/-/ready": 1, "/sd": 1, "/probe": 250,
		} {
			if kinds[prefix+path] < least {
				t.Errorf("%s: got %d links, want at least %d; all: %v", path, kinds[prefix+path], least, kinds)
			}
		}
	})
}

func TestRedirectsStayBehindAPrefix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newPageEnv(t, "jobs: [a1]")
		e.behindPrefix("/cielo24")
		w := e.do(http.MethodGet, "/cielo24/debug/pprof")
		if got := w.Header().Get("Location"); w.Code != http.StatusMovedPermanently || got != "pprof/" {
			t.Errorf("got %d to %q, want 301 to pprof/", w.Code, got)
		}
		if w := e.do(http.MethodGet, "/cielo24/debug/pprof/"); w.Code != http.StatusOK {
			t.Errorf("the page behind the redirect: got status %d, want 200", w.Code)
		}
	})
}

func TestPage_AllowsItsStylesheetItsScriptAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := everyKind(t).do(http.MethodGet, "/")
		page, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
		want := "default-src 'none'; style-src " + sourceHash(t, page, "style") + "; script-src " + sourceHash(t, page, "script") +
			"; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
		if policy != want {
			t.Errorf("policy:\ngot  %s\nwant %s", policy, want)
		}
		if found := regexp.MustCompile(` style=|<img| on[a-z]+=|<script [^>]`).FindString(page); found != "" {
			t.Errorf("the page has %q, which its policy forbids", found)
		}
		if n := strings.Count(page, "<script"); n != 1 {
			t.Errorf("got %d scripts, want 1; did the name of a job become markup?", n)
		}
	})
}

// sourceHash is what a policy has to say to allow the one element of that name.
func sourceHash(t *testing.T, page, element string) string {
	t.Helper()
	_, rest, _ := strings.Cut(page, "<"+element+">")
	text, _, found := strings.Cut(rest, "</"+element+">")
	if !found || strings.TrimSpace(text) == "" {
		t.Fatalf("the page has no %s", element)
	}
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
