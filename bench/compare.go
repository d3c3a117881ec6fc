package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"cielo24_exporter/simulator"
)

// compare measures one setting and prints its rows, the yardstick's first.
func (b *bench) compare(ctx context.Context, a *api, jobs int, latency time.Duration) error {
	yardstick, err := b.startYardstick(ctx, a, jobs)
	if err != nil {
		return err
	}
	all := []*contestant{yardstick}
	defer func() {
		for _, c := range all {
			c.stop()
		}
	}()
	for _, list := range []bool{false, true} {
		exporter, err := b.startExporter(ctx, a, jobs, list)
		if err != nil {
			return err
		}
		all = append(all, exporter)
	}
	if err := b.takeTurns(ctx, all); err != nil {
		return err
	}
	for _, exporter := range all[1:] {
		if err := agree(ctx, exporter, yardstick); err != nil {
			return err
		}
	}
	micros := func(c *contestant) float64 { return float64(c.cost.Nanoseconds()) / 1e3 / float64(jobs) }
	for _, c := range all {
		fmt.Printf("| %d | %v | %s | %.1f ms | %.2f | %.1f µs | %.2f | %.0f MiB | %d |\n", jobs, latency, c.name,
			float64(c.wall().Microseconds())/1e3, float64(c.wall())/float64(yardstick.wall()),
			micros(c), micros(c)/micros(yardstick), float64(c.memory)/(1<<20), len(c.walls))
	}
	return nil
}

func (b *bench) startExporter(ctx context.Context, a *api, jobs int, list bool) (*contestant, error) {
	var text strings.Builder
	fmt.Fprintf(&text, "accounts:\n  - name: bench\n    base_url: %s\n    timezone: %s\n", a.base, timezone)
	fmt.Fprintf(&text, "    api_token: %s\n    concurrency: %d\n", a.token, concurrency)
	name := "exporter, job info"
	if list {
		name = "exporter, job list"
		fmt.Fprintf(&text, "    discovery:\n      statuses: [Authorizing, Pending, In Process, Reviewing, Complete, Media Failure]\n"+
			"      username: '*'\n      created_within: 3650d\n      max_jobs: %d\n", jobs+100)
	} else {
		text.WriteString("    jobs:\n")
		for i := range jobs {
			fmt.Fprintf(&text, "      - %q\n", simulator.FleetID(i))
		}
	}
	file := filepath.Join(b.dir, "cielo24.yml")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		return nil, err
	}
	p, err := start(ctx, b.dir, b.binary, "--config.file="+file, "--web.listen-address=127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address, err := p.says(`msg="Listening on" address=(\S+)`)
	if err != nil {
		p.stop()
		return nil, err
	}
	return newContestant(name, p, "http://"+address+"/metrics"), nil
}

func (b *bench) startYardstick(ctx context.Context, a *api, jobs int) (*contestant, error) {
	p, err := start(ctx, b.dir, b.yardstick, "-base="+a.base, "-token="+a.token, "-timezone="+timezone,
		"-concurrency="+strconv.Itoa(concurrency))
	if err != nil {
		return nil, err
	}
	var ids strings.Builder
	for i := range jobs {
		ids.WriteString(simulator.FleetID(i) + "\n")
	}
	_, err = p.stdin.Write([]byte(ids.String() + "\n"))
	var address string
	if err == nil {
		address, err = p.says(`listening on (\S+)`)
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	return newContestant("yardstick", p, address+"/metrics"), nil
}

// takeTurns asks one after the other, each as often in every place. Two rounds to warm up do not count.
func (b *bench) takeTurns(ctx context.Context, all []*contestant) error {
	turn := func(round int) error {
		for i := range all {
			c := all[(round+i)%len(all)]
			took, err := c.ask(ctx)
			if err != nil {
				return err
			}
			c.walls = append(c.walls, took)
		}
		return nil
	}
	for round := range 2 {
		if err := turn(round); err != nil {
			return err
		}
	}
	for _, c := range all {
		if err := c.begin(); err != nil {
			return err
		}
	}
	end := time.Now().Add(b.budget)
	for round := 0; round < b.rounds && (round < 5 || time.Now().Before(end)); round++ {
		if err := turn(round); err != nil {
			return err
		}
	}
	for _, c := range all {
		if err := c.end(); err != nil {
			return err
		}
	}
	return nil
}

// agree checks that the last answer of the exporter holds every series of the yardstick's, and nothing else about the
// same jobs. A job that moved on between the two is forgiven, if it does not happen each time.
func agree(ctx context.Context, exporter, yardstick *contestant) error {
	for attempt := 1; ; attempt++ {
		want := yardstick.series()
		different := difference(exporter.series().of(want.jobs()), want)
		if different == "" {
			return nil
		}
		if attempt == 4 {
			return errors.New(exporter.name + ": " + different)
		}
		for _, c := range []*contestant{exporter, yardstick} {
			if _, err := c.ask(ctx); err != nil {
				return err
			}
		}
	}
}
