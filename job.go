package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/collector"
	"cielo24_exporter/config"
	"cielo24_exporter/humanize"
	"cielo24_exporter/internal/wiring"

	"github.com/go-kit/log"
	"github.com/prometheus/common/expfmt"
)

type jobCmd struct {
	IDs        []string `arg:"" name:"job_id" help:"IDs of the jobs to fetch; they need not be in the configuration."`
	ConfigFile string   `name:"config.file" default:"cielo24.yml" placeholder:"FILE" help:"Configuration file with the credentials (default: ${default})."`
	Account    string   `name:"account" placeholder:"NAME" help:"Account whose credentials to use; required if there are several."`
	Output     string   `name:"output" default:"text" enum:"text, json, metrics" help:"Output format. One of: ${enum}."`
}

// Validate rejects invalid arguments and flags.
func (j *jobCmd) Validate() error {
	if j.ConfigFile == "" {
		return errors.New(`--config.file="": the name is empty`)
	}
	for _, id := range j.IDs {
		if _, err := config.ParseJobID(id); err != nil {
			return fmt.Errorf("<job_id>: %w", err)
		}
	}
	return nil
}

// Run fetches every job once.
func (j *jobCmd) Run(p *program) error {
	cfg, err := config.Load(j.ConfigFile)
	if err != nil {
		return err
	}
	chosen, err := j.account(cfg)
	if err != nil {
		return err
	}
	chosen.Jobs, chosen.JobFiles, chosen.Discovery = nil, nil, nil
	for _, id := range j.IDs {
		key, err := config.ParseJobID(id)
		if err != nil {
			return err
		}
		chosen.Jobs = append(chosen.Jobs, config.Job{ID: id, Key: key})
	}
	c := collector.New(collector.Options{Connect: wiring.Wiring{UserAgent: "cielo24_exporter/" + p.build.String(), Now: p.now}.Connect, Logger: log.NewNopLogger(), Now: p.now})
	defer c.Close()
	if err := c.Replace([]config.Account{chosen}, func() {}); err != nil {
		return err
	}
	snapshot := c.Scrape(p.ctx)[0]
	if err := j.print(p, snapshot); err != nil {
		return err
	}
	for _, state := range snapshot.Jobs {
		if !state.Up() {
			return silentError{}
		}
	}
	return nil
}

// account chooses the account to ask with.
func (j *jobCmd) account(cfg *config.Config) (config.Account, error) {
	var names []string
	for _, a := range cfg.Accounts {
		if a.Name == j.Account || j.Account == "" && len(cfg.Accounts) == 1 {
			return a, nil
		}
		names = append(names, a.Name)
	}
	if j.Account == "" {
		return config.Account{}, fmt.Errorf("%s has several accounts; choose one with --account (known: %s)",
			j.ConfigFile, strings.Join(names, ", "))
	}
	return config.Account{}, fmt.Errorf("--account=%s: %s has no such account (known: %s)",
		j.Account, j.ConfigFile, strings.Join(names, ", "))
}

// print writes the jobs to standard output and failures to standard error.
func (j *jobCmd) print(p *program, s collector.Snapshot) error {
	if j.Output == "metrics" {
		for _, family := range collector.Gather([]collector.Snapshot{s}, p.now()) {
			if _, err := expfmt.MetricFamilyToText(p.stdout, family); err != nil {
				return err
			}
		}
		return nil
	}
	for i, state := range s.Jobs {
		if !state.Up() {
			_, _ = fmt.Fprintf(p.stderr, "%s: %s\n", state.ID, failure(state))
			continue
		}
		write := writeText
		if j.Output == "json" {
			write = writeJSON
		} else if i > 0 {
			_, _ = fmt.Fprintln(p.stdout)
		}
		if err := write(p.stdout, state, p.now()); err != nil {
			return err
		}
	}
	return nil
}

func failure(state *collector.JobState) string {
	if state.Err == nil { // pending
		return "not fetched: interrupted"
	}
	return state.Err.Error()
}

// writeText prints a job as a person reads it.
func writeText(w io.Writer, state *collector.JobState, now time.Time) error {
	job := state.Values
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, value string) {
		if value != "" {
			_, _ = fmt.Fprintf(t, "%s\t%s\n", name, value)
		}
	}
	line("Job", state.ID)
	if job.ID != state.ID {
		line("ID in the answer", job.ID)
	}
	status := job.Status
	if status != job.RawStatus {
		status += fmt.Sprintf(" (the API says %q)", job.RawStatus)
	}
	line("Status", status)
	for _, f := range cielo24.Fields() {
		line(f.Title, f.Value(job))
	}
	if job.MediaLengthSeconds != nil {
		line("Media length", humanize.Duration(*job.MediaLengthSeconds))
	}
	for _, d := range cielo24.Dates() {
		if at := d.Time(job); !at.IsZero() {
			line(title(d.Name), at.Format("2006-01-02 15:04:05 MST")+", "+humanize.Relative(at, now))
		}
	}
	for _, d := range job.Unreadable {
		line(title(d.Name), fmt.Sprintf("%q (cannot be read)", d.Text))
	}
	return t.Flush()
}

// title begins with a capital letter.
func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// writeJSON prints a job as one JSON object; what is not known is left out.
func writeJSON(w io.Writer, state *collector.JobState, _ time.Time) error {
	job := state.Values
	object := map[string]any{"account": state.Account, "job_id": state.ID, "status": job.Status}
	texts := map[string]string{"answered_as": job.ID, "raw_status": job.RawStatus}
	for _, f := range cielo24.Fields() {
		texts[f.Name] = f.Value(job)
	}
	for name, value := range texts {
		if value != "" {
			object[name] = value
		}
	}
	if job.MediaLengthSeconds != nil {
		object["media_length_seconds"] = *job.MediaLengthSeconds
	}
	for _, d := range cielo24.Dates() {
		if at := d.Time(job); !at.IsZero() {
			object[d.Name] = at.Format(time.RFC3339Nano)
		}
	}
	for _, d := range job.Unreadable {
		object[d.Name+"_unreadable"] = d.Text
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(object)
}
