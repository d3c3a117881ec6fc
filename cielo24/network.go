package cielo24

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
)

// transportReason tells apart why a request got no answer. ctx is the context of the request; its end explains any
// error.
func transportReason(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return ReasonTimeout
		}
		return ReasonCanceled
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return ReasonDNS
	}
	if isTLS(err) {
		return ReasonTLS
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return ReasonTimeout
	}
	// net/http has no type for this one.
	if strings.Contains(err.Error(), "response headers exceeded") {
		return ReasonTooLarge
	}
	return ReasonConnection
}

// isTLS reports whether err came from the TLS handshake or record layer. crypto/tls has plain errors, too, which only
// their text gives away.
func isTLS(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
		alert        tls.AlertError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	if errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid) {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "tls: ") || strings.Contains(text, "TLS handshake") ||
		strings.Contains(text, "HTTP response to HTTPS client")
}
