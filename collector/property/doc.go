// Package property drives the whole exporter at random, over HTTP and in virtual time, and compares what it shows with a
// small model of the contract.
//
// What happens here: a plan, drawn by rapid, changes jobs, breaks the API, ends sessions, reloads, restarts, scrapes, probes
// and lets time pass. The API writes down every call and what it said; the checks compare that record with what the
// exporter shows. A plan that breaks a check is shrunk to a few steps.
//
// What does not: no example that a table test can show, and nothing that looks into the exporter. The one exception is
// whether a refresh is under way, which no page says.
//
// Every rule of the contract is one check with a name (checks_test.go, calls_test.go, up_test.go). A failure says the name
// of the check, what was seen and what was expected, the steps that led there, and the latest calls of the API.
package property
