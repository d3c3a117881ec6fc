package main

import (
	"errors"
	"fmt"
	"slices"

	"cielo24_exporter/config"
)

type checkCmd struct {
	Files []string `arg:"" name:"file" help:"Configuration files to validate. The API is not called."`
}

// Validate rejects invalid file names.
func (c *checkCmd) Validate() error {
	if slices.Contains(c.Files, "") {
		return errors.New("<file>: the name is empty")
	}
	return nil
}

// Run reads every file and prints what is wrong with each.
func (c *checkCmd) Run(p *program) error {
	var failed error
	for _, file := range c.Files {
		cfg, err := config.Load(file)
		if err != nil {
			failed = silentError{}
			_, _ = fmt.Fprintln(p.stderr, err)
			continue
		}
		jobs := 0
		for _, account := range cfg.Accounts {
			jobs += len(account.Jobs)
			if account.JobFiles != nil {
				fromFiles, _ := account.JobFiles.Read()
				jobs += len(fromFiles)
			}
		}
		_, _ = fmt.Fprintf(p.stdout, "%s: OK (%s, %s)\n", file, count(len(cfg.Accounts), "account"), count(jobs, "job"))
	}
	return failed
}

// count is a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
