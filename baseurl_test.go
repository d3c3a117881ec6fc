package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
)

// The documentation of the API writes addresses with /api, which is no part of base_url.
func TestBaseURL_MayEndInAPI(t *testing.T) {
	_, api := simulateFor(t)
	target, err := url.Parse(api)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(http.StripPrefix("/captions/x", &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
	}))
	defer proxy.Close()
	for _, base := range []string{
		api, api + "/", api + "/api", api + "/api/", proxy.URL + "/captions/x", proxy.URL + "/captions/x/api", proxy.URL + "/captions/x/api/",
	} {
		exporter, _ := serveWith(t, configuration(base, []string{documentedID}, loginLines, "discovery: {username: '*'}"))
		_, text := get(t, http.MethodGet, exporter.address()+"/metrics")
		wantLines(t, text,
			`cielo24_job_up{account="a",job_id="`+documentedID+`"} 1`,
			`cielo24_session_logins_total{account="a",result="success"} 1`,
			`cielo24_api_requests_total{account="a",code="200",endpoint="job_info"} 1`,
			`cielo24_api_requests_total{account="a",code="200",endpoint="job_list"} 5`,
			`cielo24_api_requests_total{account="a",code="200",endpoint="login"} 1`)
		if t.Failed() {
			t.Fatalf("with base_url: %s", base)
		}
		exporter.stop()
	}
}
