package cielo24_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log" //nolint:depguard // net/http wants one
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/cielo24"
)

// failingTrip is a transport that always fails.
type failingTrip struct{ err error }

func (f failingTrip) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// timeoutError is an error that says of itself that it is a timeout.
type timeoutError struct{ error }

func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return false }

func TestJobInfo_FailuresOfTheConnectionAreToldApart(t *testing.T) {
	secure := httptest.NewUnstartedServer(answer(200, `{"JobId":"a"}`))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := serve(t, answer(200, `{"JobId":"a"}`))
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + listener.Addr().String()
	_ = listener.Close()
	plainErr := errors.New("x")
	for _, test := range []struct {
		name, baseURL, reason string
		err                   error // of the transport; nil for a real one
	}{
		{"unknown certificate", secure.URL, "tls", nil},
		{"HTTP where TLS was expected", strings.Replace(plain, "http:", "https:", 1), "tls", nil},
		{"nobody listens", closed, "connection", nil},
		{"no such host", plain, "dns", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "x", IsNotFound: true}}},
		{"DNS server does not answer", plain, "dns", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "i/o timeout", Name: "x", IsTimeout: true}}},
		{"an error with the URL in it", plain, "connection", fmt.Errorf("Get %q: no luck", "/?api_token="+token)},
		{"a timeout of the transport's own", plain, "timeout", &net.OpError{Op: "dial", Err: timeoutError{plainErr}}},
		{"verification", plain, "tls", &tls.CertificateVerificationError{Err: plainErr}},
		{"record", plain, "tls", tls.RecordHeaderError{Msg: "x"}},
		{"alert", plain, "tls", tls.AlertError(40)},
		{"authority", plain, "tls", x509.UnknownAuthorityError{}},
		{"host name", plain, "tls", x509.HostnameError{Certificate: &x509.Certificate{}, Host: "x"}},
		{"invalid", plain, "tls", x509.CertificateInvalidError{Reason: x509.Expired}},
		{"a text of crypto/tls", plain, "tls", errors.New("remote error: tls: handshake failure")},
		{"a slow handshake", plain, "tls", errors.New("net/http: TLS handshake failed")},
		{"HTTP instead", plain, "tls", errors.New("http: server gave HTTP response to HTTPS client")},
		{"anything else", plain, "connection", plainErr},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := newClient(t, test.baseURL, func(o *cielo24.Options) {
				o.Timeout = time.Minute // a handshake takes long on a busy machine
				if test.err != nil {
					o.Transport = failingTrip{test.err}
				}
			})
			_, failure := ask(t, client)
			if reasonOf(failure) != test.reason || failure.Code != 0 {
				t.Fatalf("got %v, want %s", failure, test.reason)
			}
			wantFitForALine(t, failure)
			client.CloseIdleConnections() // which a transport need not have
		})
	}
	wrapped := &url.Error{Op: "Get", URL: "https://proxy/?password=p", Err: plainErr}
	_, failure := ask(t, newClient(t, plain, func(o *cielo24.Options) { o.Transport = failingTrip{wrapped} }))
	if failure == nil || failure.Detail != "x" {
		t.Errorf("got %v, want the error without its address", failure)
	}
}
