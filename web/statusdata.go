package web

import (
	"context"
	"slices"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/collector"
)

// All that the page knows of the collector's types stands in this file.

// account is what the page shows of an account.
type account struct {
	name      string
	jobs      int
	discovers bool

	checked        bool // a call has ended, so that up means something
	up             bool
	reason, detail string // while up is false
	since          time.Time
	heldUntil      time.Time // the API has asked for no call before; zero: it has not

	refreshing bool
	refreshed  time.Time // when the last refresh ended; zero: none has
	took       time.Duration

	truncated, dateOffsetSuspect bool
	lists                        []collector.List
}

// row is what the page shows of a job.
type row struct {
	account, id string
	labels      map[string]string
	job         *cielo24.Job // nil: no values are shown
	fetched     time.Time    // when the last values were fetched, shown or not; zero: never

	pending        bool   // no fetch has ended
	rejected       bool   // the API refuses the job
	reason, detail string // of the last fetch, if it did not succeed

	rank rank
}

// known is what is known without a refresh.
func (p *statusPage) known() []collector.Snapshot { return p.opts.Collector.Snapshot() }

// refresh does what a scrape does, and returns what is known when it is done or the visitor has waited long enough.
func (p *statusPage) refresh(ctx context.Context) []collector.Snapshot {
	ctx, cancel := context.WithTimeout(ctx, pageWait)
	defer cancel()
	return p.opts.Collector.Scrape(ctx)
}

func newAccount(s *collector.Snapshot) account {
	return account{
		name: s.Account, jobs: len(s.Jobs), discovers: s.Discovers,
		checked: s.Health.Known, up: s.Health.Up, reason: s.Health.Reason, detail: s.Health.Detail, since: s.Health.Since,
		heldUntil: s.HeldUntil, refreshing: s.Refreshing, refreshed: s.RefreshFinished, took: s.RefreshDuration,
		truncated: s.Truncated, dateOffsetSuspect: s.DateOffsetSuspect, lists: s.Lists,
	}
}

func newRow(state *collector.JobState, staleAfter time.Duration, now time.Time) row {
	r := row{
		account: state.Account, id: state.ID, labels: state.Labels,
		job: state.Visible(now, staleAfter), fetched: state.FetchedAt, pending: state.Outcome == collector.Pending,
	}
	if err := state.Err; err != nil {
		r.rejected, r.reason, r.detail = state.Outcome == collector.Rejected, err.Reason, err.Error()
	}
	r.rank = r.urgency(now)
	return r
}

// read turns snapshots into what the page shows of them.
func read(snapshots []collector.Snapshot, now time.Time) (accounts []account, rows []row) {
	for i := range snapshots {
		s := &snapshots[i]
		accounts = append(accounts, newAccount(s))
		rows = slices.Grow(rows, len(s.Jobs))
		for _, state := range s.Jobs {
			rows = append(rows, newRow(state, s.StaleAfter, now))
		}
	}
	return accounts, rows
}

// refreshStates is how far the accounts are.
func refreshStates(snapshots []collector.Snapshot) []refreshState {
	var states []refreshState
	for i := range snapshots {
		states = append(states, refreshState{Ended: snapshots[i].RefreshFinished, UnderWay: snapshots[i].Refreshing})
	}
	return states
}
