// Package cielo24 is the client of cielo24's API: the session (a static token, or one it logs in for), job info, job
// list, and errors that say what kind of failure it was.
//
// What happens here: one call becomes one request to the configured host, once a gate has let it pass, and one bounded
// answer, read as tolerantly as the API is loose with its types, and as strictly as "this is no job" must be. Redirects
// are never followed and no cookie is kept, because both could carry the token elsewhere. The only call that is repeated
// here is one whose token was refused, with a new token.
//
// What does not: nothing here knows of Prometheus, of scrapes, or of which jobs are watched. When a call may be made and
// whether it is worth repeating is decided by the gate and by the caller, who has errors to decide on.
//
// A Job's texts and dates are in one table each, Fields and Dates, and its statuses in Statuses; who shows jobs ranges
// over them.
//
// Facts about the API name their source: "doc" is cielo24's documentation (repository cielo24/Docs), "client" is
// cielo24's own client code, "inferred" is neither.
package cielo24
