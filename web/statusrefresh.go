package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// When the page begins a refresh. Where something scrapes, the page lives on the scrapes.
const (
	pageWait      = 2 * time.Second  // the longest that a visitor waits for a refresh
	scrapedWithin = 5 * time.Minute  // a scrape is this near: no refresh of the page's own
	visitAge      = 15 * time.Second // a visitor gets nothing older
	reloadAge     = time.Minute      // an open page gets nothing older, and begins no refresh sooner after another
)

// reloadHeader marks a request by which an open page keeps itself current. Its script sets it; Sec-Fetch-Dest would say
// the same, but browsers do not send that over plain HTTP.
const reloadHeader = "X-Page-Reload"

// refreshes is what is known of the refreshes when somebody opens the page.
type refreshes struct {
	Scraped  time.Time // when something last scraped; zero: never
	Begun    time.Time // when the page last began a refresh; zero: never
	Accounts []refreshState
}

// refreshState is how far an account is.
type refreshState struct {
	Ended    time.Time // when its last refresh ended; zero: none has
	UnderWay bool
}

// beginsRefresh decides whether a request for the page begins a refresh, or joins the one under way, and waits for it.
func beginsRefresh(r *http.Request, known refreshes, now time.Time) bool {
	reload := r.Header.Get(reloadHeader) != ""
	if onlyLooks(r) || reload && now.Sub(known.Begun) < reloadAge {
		return false
	}
	var newest time.Time
	var unfetched, waiting, idle bool
	for _, a := range known.Accounts {
		if a.Ended.After(newest) {
			newest = a.Ended
		}
		unfetched = unfetched || a.Ended.IsZero()
		waiting = waiting || a.Ended.IsZero() && !a.UnderWay
		idle = idle || !a.Ended.IsZero() && !a.UnderWay
	}
	switch {
	case waiting:
		return true // for an account whose jobs nobody has fetched
	case unfetched && !idle:
		return true // joins its first refresh, and begins no other
	case now.Sub(known.Scraped) < scrapedWithin:
		return false
	case reload:
		return now.Sub(newest) > reloadAge
	}
	return now.Sub(newest) > visitAge
}

// onlyLooks reports whether nobody is waiting for what the request fetches: a HEAD, a browser that guesses where its user
// will go next, or another site.
func onlyLooks(r *http.Request) bool {
	if r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return true
	}
	for _, header := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
		if strings.Contains(strings.ToLower(r.Header.Get(header)), "prefetch") {
			return true
		}
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		return err != nil || u.Host != r.Host
	}
	return false
}
