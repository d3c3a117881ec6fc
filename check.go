package main

import (
	"fmt"

	"cielo24_exporter/config"
)

type checkCmd struct {
	Files []string `arg:"" name:"file" help:"Configuration files to read. Nothing is asked of the API."`
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
		_, _ = fmt.Fprintf(p.stdout, "%s: well; accounts: %d, jobs: %d\n", file, len(cfg.Accounts), jobs)
	}
	return failed
}
