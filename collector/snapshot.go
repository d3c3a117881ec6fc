package collector

import "time"

// Snapshot is what is known of an account at one moment: plain values, which never change.
type Snapshot struct {
	Account    string
	StaleAfter time.Duration
	Jobs       []*JobState // in the order of the configuration, then those that were discovered
	Health     Health
	HeldUntil  time.Time // the API has asked to make no call before; zero if it has not

	RefreshDuration time.Duration // of the last complete refresh
	RefreshFinished time.Time     // zero before the first is complete
	Refreshing      bool          // a refresh is under way

	Discovers bool   // jobs are discovered
	Lists     []List // one a status
	Truncated bool   // there are more than max_jobs

	DateOffsetSuspect bool // dates contradict the configured timezone
}

// List is what is known of the list of the jobs in one status.
type List struct {
	Status         string
	Known          bool // it was had once under this configuration, or the API has refused it
	Ended          bool // an attempt to fetch it has ended
	Whole          bool // the latest was had whole
	UnreadableJobs int  // elements of the latest that are no job or whose ID is none
}

// JobsKnown reports whether the jobs are all those that there are to watch: every list was had once.
func (s Snapshot) JobsKnown() bool {
	for _, l := range s.Lists {
		if !l.Known {
			return false
		}
	}
	return true
}
