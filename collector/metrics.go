package collector

import (
	"slices"
	"strings"
	"time"

	"cielo24_exporter/cielo24"

	dto "github.com/prometheus/client_model/go"
)

// accountFamily is a gauge with one value per account.
type accountFamily struct {
	name, help string
	value      func(Snapshot) (float64, bool)
}

// jobFamily is a gauge with one value per job that has it.
type jobFamily struct {
	name, help string
	value      func(*cielo24.Job, time.Time) (float64, bool)
}

// The metrics that are written by hand, in gather.go, because their labels differ from value to value.
const (
	accountErrorName = "cielo24_account_error"
	accountErrorHelp = "1 while cielo24_up is 0, with the reason: an ErrorType of the API or a kind of failure."
	jobsName         = "cielo24_jobs"
	jobsHelp         = "Number of watched jobs by where they come from: config, file, discovery."
	jobUpName        = "cielo24_job_up"
	jobUpHelp        = "1 if the job's last call succeeded, 0 if it failed."
	jobErrorName     = "cielo24_job_error"
	jobErrorHelp     = "1 while the job's last call failed, with the reason: an ErrorType of the API or a kind of failure."
	jobFetchedName   = "cielo24_job_last_success_timestamp_seconds"
	jobFetchedHelp   = "When the values shown for the job were fetched, in seconds since 1970."
	jobStatusName    = "cielo24_job_status"
	jobStatusHelp    = "1 for the status that the job is in, 0 for the others; unknown is any status not documented."
	jobInfoName      = "cielo24_job_info"
	jobInfoHelp      = "Always 1; the job's name, order and languages as labels, and the labels configured for it."
)

// accountFamilies lists what is said of each account.
func accountFamilies() []accountFamily {
	return []accountFamily{
		{
			"cielo24_up", "1 if the last refresh reached the API and its credentials were accepted, 0 if not.",
			func(s Snapshot) (float64, bool) { return boolean(s.Access.Up), s.Access.Known },
		},
		{
			"cielo24_refresh_duration_seconds", "How long the last complete refresh of all jobs took, in seconds.",
			func(s Snapshot) (float64, bool) { return s.RefreshDuration.Seconds(), !s.RefreshEnded.IsZero() },
		},
		{
			"cielo24_refresh_timestamp_seconds", "When the last complete refresh ended, in seconds since 1970.",
			func(s Snapshot) (float64, bool) { return unix(s.RefreshEnded) },
		},
		{
			"cielo24_discovery_truncated", "1 if more jobs were discovered than max_jobs, so that not all are watched; 0 if not.",
			func(s Snapshot) (float64, bool) { return boolean(s.Truncated), s.Discovers },
		},
		{
			"cielo24_date_offset_suspect",
			"1 if dates of jobs contradict the configured timezone, 0 if not.",
			func(s Snapshot) (float64, bool) { return boolean(s.DateOffsetSuspect), true },
		},
	}
}

// jobFamilies lists the numbers and dates of a job.
func jobFamilies() []jobFamily {
	return []jobFamily{
		{
			"cielo24_job_media_length_seconds", "Length of the job's media in seconds.",
			func(j *cielo24.Job, _ time.Time) (float64, bool) {
				if j.MediaLengthSeconds == nil {
					return 0, false
				}
				return *j.MediaLengthSeconds, true
			},
		},
		{
			"cielo24_job_time_until_due_seconds",
			"Due date minus now, in seconds, at the moment of the scrape; negative when overdue.",
			func(j *cielo24.Job, now time.Time) (float64, bool) {
				return j.Due.Sub(now).Seconds(), !j.Due.IsZero()
			},
		},
		{
			"cielo24_job_created_timestamp_seconds", "When the job was created, in seconds since 1970.",
			func(j *cielo24.Job, _ time.Time) (float64, bool) { return unix(j.Created) },
		},
		{
			"cielo24_job_authorized_timestamp_seconds", "When the job was authorized, in seconds since 1970.",
			func(j *cielo24.Job, _ time.Time) (float64, bool) { return unix(j.Authorized) },
		},
		{
			"cielo24_job_started_timestamp_seconds", "When work on the job started, in seconds since 1970.",
			func(j *cielo24.Job, _ time.Time) (float64, bool) { return unix(j.Started) },
		},
		{
			"cielo24_job_due_timestamp_seconds", "When the job is due, in seconds since 1970.",
			func(j *cielo24.Job, _ time.Time) (float64, bool) { return unix(j.Due) },
		},
		{
			"cielo24_job_completed_timestamp_seconds", "When the job was completed, in seconds since 1970.",
			func(j *cielo24.Job, _ time.Time) (float64, bool) { return unix(j.Completed) },
		},
		{
			"cielo24_job_returned_timestamp_seconds", "When the finished job was returned, in seconds since 1970.",
			func(j *cielo24.Job, _ time.Time) (float64, bool) { return unix(j.Returned) },
		},
	}
}

// infoFor returns the labels of cielo24_job_info for the next answer, sorted by name. They hardly ever change.
func (s *JobState) infoFor(next *cielo24.Job) []*dto.LabelPair {
	if was := s.Job; was != nil && was.Name == next.Name && was.ExternalID == next.ExternalID &&
		was.Priority == next.Priority && was.Fidelity == next.Fidelity && was.Difficulty == next.Difficulty &&
		was.SourceLanguage == next.SourceLanguage && was.TargetLanguage == next.TargetLanguage {
		return s.info
	}
	pairs := with(s.labels,
		label("job_name", next.Name),
		label("external_id", next.ExternalID),
		label("priority", next.Priority),
		label("fidelity", next.Fidelity),
		label("difficulty", next.Difficulty),
		label("source_language", next.SourceLanguage),
		label("target_language", next.TargetLanguage),
	)
	for name, value := range s.Labels {
		pairs = append(pairs, label(name, value))
	}
	slices.SortFunc(pairs, func(a, b *dto.LabelPair) int { return strings.Compare(a.GetName(), b.GetName()) })
	return pairs
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
