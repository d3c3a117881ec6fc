package cielo24

import "time"

// DecodeJob is decodeJob for the fuzz target, which would be too slow over HTTP.
func DecodeJob(body []byte, loc *time.Location, secrets ...Secret) (Job, error) {
	return decodeJob(body, loc, newRedactor(secrets...))
}
