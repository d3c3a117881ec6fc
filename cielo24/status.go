package cielo24

import "strings"

// The job statuses that the API documents, written as it writes them, in the order in which a job meets them.
// Source: cielo24/Docs, enums "Job Status".
const (
	StatusAuthorizing  = "Authorizing"
	StatusPending      = "Pending"
	StatusInProcess    = "In Process"
	StatusReviewing    = "Reviewing"
	StatusComplete     = "Complete"
	StatusMediaFailure = "Media Failure"
)

// StatusUnknown stands for a status that is missing or not documented.
const StatusUnknown = "unknown"

// Statuses returns the documented statuses in the order in which a job meets them.
func Statuses() []string {
	return []string{
		StatusAuthorizing, StatusPending, StatusInProcess, StatusReviewing, StatusComplete, StatusMediaFailure,
	}
}

// ParseStatus returns the documented status that s is, whatever its case (cielo24's .NET client compares so too).
// RETURNED, which the documentation showed until 2015 for a finished job that had been sent back, is Complete.
// Everything else is StatusUnknown.
func ParseStatus(s string) string {
	s = strings.TrimSpace(s)
	for _, known := range Statuses() {
		if strings.EqualFold(s, known) {
			return known
		}
	}
	if strings.EqualFold(s, "RETURNED") {
		return StatusComplete
	}
	return StatusUnknown
}
