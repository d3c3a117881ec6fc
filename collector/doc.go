// Package collector turns watched jobs into metrics.
//
// What happens here, in this order: an Account knows its watched jobs; a scrape starts a refresh, or joins the one
// under way, which fetches each of them with bounded concurrency; the end of each call is an event for one JobState; what
// is known when the scrape's time is up is taken as a Snapshot, plain values; a Gatherer writes snapshots as metric
// families.
//
// A refresh has a lifetime of its own: it goes on when the scrape that started it has left, and the next scrape joins it.
//
// What does not happen here: HTTP in either direction (packages cielo24 and web), and reading files (package config).
package collector
