package config

import (
	"fmt"
	"strings"
)

// maxIDDigits bounds a job ID, without its dashes. The API's own have 32.
const maxIDDigits = 64

// JobID is a job ID in its canonical form: lower-case hex digits without dashes. Two IDs name the same job if and only
// if they are equal in this form.
type JobID string

// ParseJobID returns the canonical form of s, or an error that says why s cannot be a job ID.
func ParseJobID(s string) (JobID, error) {
	id := strings.ToLower(strings.ReplaceAll(s, "-", ""))
	if id == "" || len(id) > maxIDDigits || strings.Trim(id, "0123456789abcdef") != "" {
		return "", fmt.Errorf("not a job ID: %s (expected 1 to %d hex digits, dashes allowed)", quote(s), maxIDDigits)
	}
	return JobID(id), nil
}
