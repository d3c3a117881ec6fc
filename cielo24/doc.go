// Package cielo24 is the client of cielo24's API: the session (a fixed token, or logging in), job info, job list, and
// errors that say what kind of failure it was.
//
// What happens here: one call becomes one request to the configured host and one bounded answer, read as tolerantly as
// the API is loose with its types, and as strictly as "this is no job" must be. Redirects are never followed and no
// cookie is kept, because both could carry the token elsewhere.
//
// What does not: nothing here knows of Prometheus, of scrapes, or of which jobs are watched.
//
// Facts about the API name their source: "doc" is cielo24's documentation (repository cielo24/Docs), "client" is
// cielo24's own client code, "inferred" is neither.
package cielo24
