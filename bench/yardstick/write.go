package main

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// write writes the series of all jobs, as the exporter does.
func write(b *bytes.Buffer, jobs []job, now time.Time) {
	date := func(name, help string, of func(*job) time.Time) {
		head(b, name, help)
		for i := range jobs {
			if t := of(&jobs[i]); !t.IsZero() {
				series(b, name, jobs[i].id)
				value(b, seconds(t))
			}
		}
	}
	date("cielo24_job_authorized_timestamp_seconds", "When the job was authorized, in seconds since 1970.",
		func(j *job) time.Time { return j.authorized })
	date("cielo24_job_completed_timestamp_seconds", "When the job was completed, in seconds since 1970.",
		func(j *job) time.Time { return j.completed })
	date("cielo24_job_created_timestamp_seconds", "When the job was created, in seconds since 1970.",
		func(j *job) time.Time { return j.created })
	date("cielo24_job_due_timestamp_seconds", "When the job is due, in seconds since 1970.",
		func(j *job) time.Time { return j.due })
	writeInfo(b, jobs)
	date("cielo24_job_last_success_timestamp_seconds", "When the values shown for the job were fetched, in seconds since 1970.",
		func(j *job) time.Time { return j.fetched })
	const length = "cielo24_job_media_length_seconds"
	head(b, length, "Length of the job's media in seconds.")
	for i := range jobs {
		if jobs[i].measured {
			series(b, length, jobs[i].id)
			value(b, jobs[i].mediaLength)
		}
	}
	date("cielo24_job_returned_timestamp_seconds", "When the finished job was returned, in seconds since 1970.",
		func(j *job) time.Time { return j.returned })
	date("cielo24_job_started_timestamp_seconds", "When work on the job started, in seconds since 1970.",
		func(j *job) time.Time { return j.started })
	writeStatus(b, jobs)
	const left = "cielo24_job_time_until_due_seconds"
	head(b, left, "Due date minus now, in seconds, at the moment of the scrape; negative when overdue.")
	for i := range jobs {
		if !jobs[i].due.IsZero() {
			series(b, left, jobs[i].id)
			value(b, jobs[i].due.Sub(now).Seconds())
		}
	}
	const up = "cielo24_job_up"
	head(b, up, "1 if the job's last call succeeded, 0 if it failed.")
	for i := range jobs {
		series(b, up, jobs[i].id)
		value(b, 1)
	}
}

func writeInfo(b *bytes.Buffer, jobs []job) {
	const name = "cielo24_job_info"
	head(b, name, "Always 1; the job's name, order and languages as labels, and the labels configured for it.")
	for i := range jobs {
		j := &jobs[i]
		b.WriteString(name + `{account="bench"`)
		label(b, "difficulty", j.JobDifficulty)
		label(b, "external_id", j.ExternalID)
		label(b, "fidelity", j.Fidelity)
		label(b, "job_id", j.id)
		label(b, "job_name", j.JobName)
		label(b, "priority", j.Priority)
		label(b, "source_language", j.SourceLanguage)
		label(b, "target_language", j.TargetLanguage)
		value(b, 1)
	}
}

func writeStatus(b *bytes.Buffer, jobs []job) {
	const name = "cielo24_job_status"
	head(b, name, "1 for the status that the job is in, 0 for the others; unknown is any status not documented.")
	statuses := []string{"Authorizing", "Pending", "In Process", "Reviewing", "Complete", "Media Failure", "unknown"}
	for i := range jobs {
		for _, status := range statuses {
			series(b, name, jobs[i].id)
			label(b, "status", status)
			is := 0.0
			if status == jobs[i].JobStatus {
				is = 1
			}
			value(b, is)
		}
	}
}

func head(b *bytes.Buffer, name, help string) {
	b.WriteString("# HELP ")
	b.WriteString(name)
	b.WriteByte(' ')
	b.WriteString(help)
	b.WriteString("\n# TYPE ")
	b.WriteString(name)
	b.WriteString(" gauge\n")
}

// series begins a series; value ends it.
func series(b *bytes.Buffer, name, id string) {
	b.WriteString(name)
	b.WriteString(`{account="bench",job_id="`)
	b.WriteString(id)
	b.WriteByte('"')
}

func label(b *bytes.Buffer, name, text string) {
	b.WriteByte(',')
	b.WriteString(name)
	b.WriteString(`="`)
	if strings.ContainsAny(text, "\\\"\n") {
		text = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text)
	}
	b.WriteString(text)
	b.WriteByte('"')
}

func value(b *bytes.Buffer, v float64) {
	b.WriteString("} ")
	b.Write(strconv.AppendFloat(b.AvailableBuffer(), v, 'g', -1, 64))
	b.WriteByte('\n')
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
