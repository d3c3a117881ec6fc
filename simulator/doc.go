// Package simulator is a cielo24 API in memory: sessions, jobs that move on by themselves, and faults on demand. Tests,
// benchmarks and the demo talk to it over HTTP, as they would to the real one.
//
// What happens here: the documented calls job/info, job/list and account/login are answered as the documentation says,
// errors included. A job's state is computed from the time of the call, so nothing runs in the background. What does
// not happen here: nothing is shared with the client that this API checks, and no job is ever really captioned.
//
// Facts about the API name their source: "doc" is cielo24's documentation (repository cielo24/Docs), "client" is
// cielo24's own client code, "inferred" is neither.
//
// # Controls
//
// A simulator that runs as a process of its own is steered over HTTP too. These paths are no part of cielo24's API and
// need no token, so they belong on a loopback address. Bad input is answered with 400 and one line that says why.
//
//	GET    /_simulator/                 a page of text: jobs and their status, faults, calls so far
//	PUT    /_simulator/jobs             adds a job, or replaces the one with its id; the body is a Job
//	DELETE /_simulator/jobs?job_id=ID   removes a job
//	PUT    /_simulator/faults?job_id=ID the body is a Fault, for one job or, without job_id, for every call
//	DELETE /_simulator/faults           ends all faults
//	POST   /_simulator/expire           ends all sessions
//	GET    /_simulator/calls            how often each endpoint and each job was asked, as JSON
//
// Members are written in snake case, durations as in Go, dates as in RFC 3339:
//
//	curl -X PUT -d '{"latency": "2s", "times": 3}' 'http://127.0.0.1:10024/_simulator/faults?job_id=64be…'
//	curl -X PUT -d '{"status": 503, "header": {"Retry-After": ["5"]}}' http://127.0.0.1:10024/_simulator/faults
//	curl -X PUT -d '{"endpoint": "job_list", "job_status": "Pending", "status": 500}' http://127.0.0.1:10024/_simulator/faults
//	curl -X PUT -d '{"id": "c0ffee", "turnaround": "24h", "life": [{"status": "Pending", "for": "1h"}, {"status": "Complete"}]}' \
//	     http://127.0.0.1:10024/_simulator/jobs
package simulator
