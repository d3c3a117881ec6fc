package main

import (
	"time"

	"cielo24_exporter/manual"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" name:"shell" enum:"bash, zsh, fish" help:"Shell to print the script for. One of: ${enum}."`
}

// Run prints the completion script.
func (c *completionCmd) Run(p *program, line *kong.Context) error {
	return manual.WriteCompletion(p.stdout, line.Model, c.Shell)
}

type manCmd struct{}

// Run prints the manual page.
func (manCmd) Run(p *program, line *kong.Context) error {
	built, err := time.Parse(buildDate, p.build.date)
	if err != nil {
		built = time.Time{} // built without a date
	}
	return manual.WritePage(p.stdout, line.Model, manual.Build{Version: p.build.version, Date: built})
}
