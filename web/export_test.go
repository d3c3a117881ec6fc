package web

import (
	"net/http"
	"time"
)

// What decides whether a request for the page begins a refresh, for its table.
type (
	Refreshes    = refreshes
	RefreshState = refreshState
)

// BeginsRefresh is beginsRefresh.
func BeginsRefresh(r *http.Request, known Refreshes, now time.Time) bool {
	return beginsRefresh(r, known, now)
}

// Explain is explain.
func Explain(reason string) string { return explain(reason) }
