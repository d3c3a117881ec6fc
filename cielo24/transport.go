package cielo24

import (
	"net/http"

	promconfig "github.com/prometheus/common/config"
)

// maxHeader bounds the header of an answer, in bytes. Go's own bound is 10 MB, times the calls under way.
const maxHeader = 64 << 10

// NewTransport returns the transport for Prometheus' own HTTP client settings: proxy, TLS, further authentication. The
// name stands in nothing but the transport's errors. Options are for tests that bring a network of their own.
func NewTransport(
	settings promconfig.HTTPClientConfig, name string, options ...promconfig.HTTPClientOption,
) (http.RoundTripper, error) {
	rt, err := promconfig.NewRoundTripperFromConfig(settings, name, options...)
	if err != nil {
		return nil, err
	}
	// With further authentication or certificates from files the transport is wrapped and keeps Go's bound.
	if t, ok := rt.(*http.Transport); ok {
		t.MaxResponseHeaderBytes = maxHeader
	}
	return rt, nil
}
