// Package web is the HTTP face of the exporter: routes, the scrape with its deadline, the status page, health, reload
// and profiles, and the server around them.
//
// What happens here: a request is answered from a snapshot. A scrape of the telemetry path refreshes one; so does the
// status page, through the same door, where nothing else does. What does not happen here: calls of the API, and deciding
// what a metric means.
package web
