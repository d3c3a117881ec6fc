package collector_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/collector"
	"cielo24_exporter/config"

	"github.com/go-kit/log"
)

// instant answers at once: the benchmarks are about what comes before and after the call.
type instant struct{ job cielo24.Job }

func (i instant) JobInfo(context.Context, string, *cielo24.Attempts) (cielo24.Job, error) {
	return i.job, nil
}

func (i instant) JobList(
	_ context.Context, _ cielo24.ListFilter, _ *cielo24.Attempts, n int, each func(cielo24.Job),
) (cielo24.ListResult, error) {
	for k := range n {
		job := i.job
		job.ID = fmt.Sprintf("%032x", k)
		each(job)
	}
	return cielo24.ListResult{Whole: true}, nil
}

func (instant) ReloadSecrets() error  { return nil }
func (instant) CloseIdleConnections() {}

// benchJobs is the number of jobs that each benchmark has; its figures are for all of them.
const benchJobs = 10000

func benchCollector(b *testing.B) *collector.Collector {
	b.Helper()
	text := "accounts: [{name: media-services, api_token: x, jobs: ["
	for i := range benchJobs {
		text += fmt.Sprintf("%032x,", i)
	}
	cfg, err := config.Parse("c.yml", []byte(text+"]}]"))
	if err != nil {
		b.Fatal(err)
	}
	created, length := time.Now().Add(-time.Hour), 607.81
	api := instant{cielo24.Job{
		Name: "BIO101 Lecture 07 – Photosynthesis", ExternalID: "lms-10107", Status: "In Process", Priority: "STANDARD",
		Fidelity: "STANDARD", Difficulty: "Good", SourceLanguage: "en", TargetLanguage: "en", MediaLengthSeconds: &length,
		Created: created, Authorized: created, Started: created, Due: created.Add(48 * time.Hour),
	}}
	c := collector.New(collector.Options{
		Connect: func(config.Account, collector.ConnectOptions) (collector.Connection, error) {
			return collector.Connection{API: api}, nil
		},
		Logger: log.NewNopLogger(), Now: time.Now,
	})
	if err := c.Replace(cfg.Accounts, func() {}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	return c
}

func BenchmarkRefresh(b *testing.B) {
	c := benchCollector(b)
	b.ReportAllocs()
	for b.Loop() {
		c.Scrape(b.Context())
	}
}

func BenchmarkGather(b *testing.B) {
	snapshots := benchCollector(b).Scrape(b.Context())
	b.ReportAllocs()
	for b.Loop() {
		collector.Gather(snapshots, time.Now())
	}
}

func BenchmarkExposition(b *testing.B) {
	snapshots := benchCollector(b).Scrape(b.Context())
	var text bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		text.Reset()
		if err := collector.WriteText(&text, snapshots, time.Now(), false); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(text.Len()))
}
