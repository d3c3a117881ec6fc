package cielo24

import (
	"io"
	"time"
)

// DecodeJob is decodeJob for the fuzz target, which would be too slow over HTTP.
func DecodeJob(body []byte, loc *time.Location, secrets ...Secret) (Job, error) {
	return decodeJob(body, loc, newRedactor(secrets...))
}

// ReadList is readList for the fuzz target.
func ReadList(r io.Reader, loc *time.Location, each func(Job), secrets ...Secret) (ListResult, error) {
	return readList(r, loc, newRedactor(secrets...), each)
}

// DecodeListed is decodeElement for the fuzz target.
func DecodeListed(element []byte, loc *time.Location, secrets ...Secret) (Job, error) {
	return decodeElement(element, loc, newRedactor(secrets...))
}
