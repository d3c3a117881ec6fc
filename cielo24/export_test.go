package cielo24

import (
	"io"
	"time"
)

// DecodeJob is decodeJob for the fuzz target, which would be too slow over HTTP.
func DecodeJob(body []byte, loc *time.Location, secrets ...Secret) (Job, error) {
	return decodeJob(body, loc, newRedactor(secrets...))
}

// DecodeList is decodeList for the fuzz target.
func DecodeList(r io.Reader, loc *time.Location, each func(Job), secrets ...Secret) error {
	redact := newRedactor(secrets...)
	return decodeList(r, func(w *wireJob) {
		if job, err := w.job(loc, redact); err == nil {
			each(job)
		}
	})
}
