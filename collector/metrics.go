package collector

import (
	"slices"
	"strings"
	"time"

	"cielo24_exporter/cielo24"
)

// family describes a metric family: all of them are gauges.
type family struct {
	name, help string
	perJob     bool // whether it is about jobs, or about accounts
	write      func(to sink, s Snapshot, now time.Time)
}

// families lists every metric that is made from snapshots, sorted by name.
func families() []family {
	all := slices.Concat(accountFamilies(), jobFamilies(), dateFamilies())
	slices.SortFunc(all, func(a, b family) int { return strings.Compare(a.name, b.name) })
	return all
}

// accountFamilies are about accounts.
func accountFamilies() []family {
	return []family{
		{
			"cielo24_account_error",
			"1 while cielo24_up is 0, with the reason: an ErrorType of the API or a kind of failure.", false, accountErrors,
		},
		{
			"cielo24_date_offset_suspect", "1 if job dates contradict the configured timezone, 0 if not.", false,
			perAccount(func(s Snapshot) (float64, bool) { return boolean(s.DateOffsetSuspect), true }),
		},
		{
			"cielo24_discovery_truncated",
			"1 if there are more discovered jobs than max_jobs, so that not all are watched, 0 if not.", false,
			perAccount(func(s Snapshot) (float64, bool) { return boolean(s.Truncated), s.Discovers }),
		},
		{
			"cielo24_discovery_unreadable_jobs",
			"Number of elements of the latest job lists that are not a job or have no usable job ID.", false,
			perAccount(unreadableJobs),
		},
		{
			"cielo24_discovery_up", "1 if the latest list of the jobs in that status was fetched whole, 0 if not.", false,
			discoveryUp,
		},
		{
			"cielo24_jobs", "Number of watched jobs by where they come from: config, file, discovery.", false, countSources,
		},
		{
			"cielo24_refresh_duration_seconds", "Duration of the last complete refresh of all jobs, in seconds.", false,
			perAccount(func(s Snapshot) (float64, bool) { return s.RefreshDuration.Seconds(), !s.RefreshFinished.IsZero() }),
		},
		{
			"cielo24_refresh_timestamp_seconds", "When the last complete refresh ended, as a Unix timestamp in seconds.", false,
			perAccount(func(s Snapshot) (float64, bool) { return unix(s.RefreshFinished) }),
		},
		{
			"cielo24_up", "1 if the API was reached and the credentials were accepted, 0 if not.", false,
			perAccount(func(s Snapshot) (float64, bool) { return boolean(s.Health.Up), s.Health.Known }),
		},
	}
}

// jobFamilies are about jobs.
func jobFamilies() []family {
	return []family{
		{
			"cielo24_job_date_unreadable",
			"1 while the API returns a text for that date of the job that cannot be read.", true, jobDateUnreadable,
		},
		{
			"cielo24_job_error",
			"1 while cielo24_job_up is 0, with the reason: an ErrorType of the API, a kind of failure, or pending.", true,
			jobErrors,
		},
		{
			"cielo24_job_info",
			"Always 1; the job's name, order and languages as labels, and the labels configured for it.", true, jobInfo,
		},
		{
			"cielo24_job_last_success_timestamp_seconds",
			"When the values shown for the job were fetched, as a Unix timestamp in seconds.", true, jobFetched,
		},
		{
			"cielo24_job_media_length_seconds", "Length of the job's media in seconds.", true,
			perJob(mediaLength),
		},
		{
			"cielo24_job_status",
			"1 for the status that the job is in, 0 for the others; unknown is any status not documented.", true,
			jobStatus,
		},
		{
			"cielo24_job_time_until_due_seconds",
			"Due date minus now, in seconds, at the moment of the scrape; negative when overdue.", true,
			perJob(func(j *cielo24.Job, now time.Time) (float64, bool) { return j.Due.Sub(now).Seconds(), !j.Due.IsZero() }),
		},
		{
			"cielo24_job_up", "1 if the job's last fetch succeeded, 0 if it failed or has not ended yet.", true, jobUp,
		},
	}
}

// dateFamilies are the dates of jobs.
func dateFamilies() []family {
	var all []family
	for _, f := range []struct{ date, name, help string }{
		{"authorized", "cielo24_job_authorized_timestamp_seconds", "When the job was authorized"},
		{"completed", "cielo24_job_completed_timestamp_seconds", "When the job was completed"},
		{"created", "cielo24_job_created_timestamp_seconds", "When the job was created"},
		{"due", "cielo24_job_due_timestamp_seconds", "When the job is due"},
		{"returned", "cielo24_job_returned_timestamp_seconds", "When the finished job was returned"},
		{"started", "cielo24_job_started_timestamp_seconds", "When work on the job started"},
	} {
		for _, d := range cielo24.Dates() {
			if d.Name == f.date {
				all = append(all, family{
					f.name, f.help + ", as a Unix timestamp in seconds.", true,
					perJob(func(j *cielo24.Job, _ time.Time) (float64, bool) { return unix(d.Time(j)) }),
				})
			}
		}
	}
	return all
}

func mediaLength(j *cielo24.Job, _ time.Time) (float64, bool) {
	if j.MediaLengthSeconds == nil {
		return 0, false
	}
	return *j.MediaLengthSeconds, true
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// unix returns t in seconds, to the microsecond that the API gives, and false for the zero time. Dividing once keeps
// the value the closest float to the date as it was written.
func unix(t time.Time) (float64, bool) { return float64(t.UnixMicro()) / 1e6, !t.IsZero() }
