package e2e_test

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/e2e/grafana"
)

// jobsTable returns what Grafana shows in the table Jobs, all of it asked for the same moment.
func jobsTable(p *prometheus, moment time.Time, d *grafana.Dashboard) (*grafana.Table, error) {
	panel, err := d.Panel("Jobs")
	if err != nil {
		return nil, err
	}
	var answers []grafana.Answer
	for _, target := range panel.Targets {
		samples, result, err := p.at(moment, d.Substitute(target.Expr, 1))
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", target.RefID, err)
		}
		for _, s := range samples {
			if s.Metric["__name__"] != "" {
				return nil, fmt.Errorf("query %s returns __name__, which keeps rows apart: %v", target.RefID, s.Metric)
			}
		}
		answers = append(answers, grafana.Answer{RefID: target.RefID, Result: result})
	}
	return panel.Table(p.t.Context(), answers)
}

// row is a row of the table, by the names of the columns. A column that is not there is blank.
type row map[string]grafana.Cell

func rowsOf(table *grafana.Table) []row {
	var rows []row
	for _, cells := range table.Rows {
		r := row{}
		for i, c := range table.Columns {
			r[c.Name] = cells[i]
		}
		rows = append(rows, r)
	}
	return rows
}

// left is how many seconds are left until the job is due; not ok if that is blank.
func (r row) left() (seconds float64, ok bool) {
	seconds, ok = r["Time until due"].Value.(float64)
	return seconds, ok
}

// count returns how many rows are so.
func count(rows []row, so func(row) bool) (n float64) {
	for _, r := range rows {
		if so(r) {
			n++
		}
	}
	return n
}

func loadDashboard(t *testing.T) *grafana.Dashboard {
	t.Helper()
	d, err := grafana.Load("../examples/grafana/dashboards/cielo24.json")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestJobsTable_AsksForTablesAndKeepsTheirOrder(t *testing.T) {
	panel, err := loadDashboard(t).Panel("Jobs")
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range panel.Targets {
		if !target.Instant || target.Format != "table" {
			t.Errorf("query %s: got format %s, instant %v; want an instant query for a table", target.RefID, target.Format, target.Instant)
		}
	}
	// The panel's own order, where it has one, has blanks first.
	if len(panel.Options.SortBy) > 0 {
		t.Errorf("got an order of the panel's own %v, want that of the transformations", panel.Options.SortBy)
	}
}

func TestJobsTable_HasOneRowAJob(t *testing.T) {
	p := watchTwice(t)
	eventually(t, "the table of all jobs", func() error {
		now := time.Now()
		table, err := jobsTable(p, now, loadDashboard(t))
		if err != nil {
			return err
		}
		rows := rowsOf(table)
		jobs, err := p.jobs(now)
		if err != nil {
			return err
		}
		if len(jobs) != 14 {
			return fmt.Errorf("Prometheus knows %d jobs, want 14: %v", len(jobs), jobs)
		}
		return errors.Join(sameJobs(rows, jobs), inOrder(rows), agreeWithTiles(p, now, rows), linksHaveTheirColumns(table), fits(table))
	})

	// Most queries come back empty here: nothing has a due date, a length or a text.
	eventually(t, "the table of an account without values", func() error { return wantStatus(p, "b", "$__all", "rejected") })
	eventually(t, "the table of one status", func() error { return wantStatus(p, "$__all", "Authorizing", "Authorizing") })
	if err := wantStatus(p, "b", "Authorizing"); err != nil {
		t.Error("the table without rows:", err)
	}
}

// wantStatus checks that the rows of a chosen account and status all have one status, or that there are none.
func wantStatus(p *prometheus, account, status string, want ...string) error {
	d := loadDashboard(p.t)
	d.Choose("account", account)
	d.Choose("status", status)
	table, err := jobsTable(p, time.Now(), d)
	if err != nil {
		return err
	}
	var got []string
	for _, r := range rowsOf(table) {
		got = append(got, r["Status"].Text)
	}
	if !slices.Equal(slices.Compact(got), want) {
		return fmt.Errorf("got rows with status %q, want %q", got, want)
	}
	return nil
}

// sameJobs checks that each job has its one row, with what is known of it.
func sameJobs(rows []row, jobs map[string]*job) error {
	var wrong []error
	seen := map[string]bool{}
	for _, r := range rows {
		key := r["Account"].Text + "/" + r["Job"].Text
		j := jobs[key]
		if j == nil || seen[key] {
			wrong = append(wrong, fmt.Errorf("a row without a job of its own: %s, %q, %q", key, r["Name"].Text, r["Status"].Text))
			continue
		}
		seen[key] = true
		left, ok := r.left()
		wantLeft := !math.IsNaN(j.left) && j.status != "Complete" && j.status != "Media Failure"
		switch {
		case r["Name"].Text != j.name || r["Status"].Text != j.status:
			wrong = append(wrong, fmt.Errorf("job %s: got %q, %q; want %q, %q", key, r["Name"].Text, r["Status"].Text, j.name, j.status))
		case ok != wantLeft, ok && math.Abs(left-j.left) > 10:
			wrong = append(wrong, fmt.Errorf("job %s, %s: got %v seconds until due, want %v", key, j.status, r["Time until due"].Value, j.left))
		case ok && !readable(left, r["Time until due"].Text), !ok && r["Time until due"].Text != "":
			wrong = append(wrong, fmt.Errorf("job %s: %v seconds until due are shown as %q", key, left, r["Time until due"].Text))
		}
	}
	if len(seen) != len(jobs) {
		wrong = append(wrong, fmt.Errorf("got rows for %d jobs, want %d", len(seen), len(jobs)))
	}
	return errors.Join(wrong...)
}

// readable reports whether the text says in words how long that is.
func readable(seconds float64, text string) bool {
	if math.Abs(seconds) <= 60 {
		return text == "now"
	}
	duration := regexp.MustCompile(`^[0-9]+ (minute|hour|day|week|month|year)s?, [0-9]+ (second|minute|hour|day|week|month)s?( ago)?$`)
	return duration.MatchString(text) && strings.HasSuffix(text, " ago") == (seconds < 0)
}

// inOrder checks that the most urgent come first, and blanks last: failed, rejected, open, complete.
func inOrder(rows []row) error {
	rank := func(r row) float64 {
		if left, ok := r.left(); ok {
			return left
		}
		switch r["Status"].Text {
		case "Media Failure":
			return 1e9
		case "rejected":
			return 2e9
		case "Complete":
			return 4e9
		}
		return 3e9
	}
	var order []string
	for _, r := range rows {
		order = append(order, r["Status"].Text+" "+r["Time until due"].Text)
	}
	if !slices.IsSortedFunc(rows, func(a, b row) int { return cmp.Compare(rank(a), rank(b)) }) {
		return fmt.Errorf("not the most urgent first: %q", order)
	}
	return nil
}

// agreeWithTiles checks that the numbers above the table are those of its rows.
func agreeWithTiles(p *prometheus, moment time.Time, rows []row) error {
	is := func(statuses ...string) func(row) bool {
		return func(r row) bool { return slices.Contains(statuses, r["Status"].Text) }
	}
	within := func(from, to float64) func(row) bool {
		return func(r row) bool {
			left, ok := r.left()
			return ok && left >= from && left < to
		}
	}
	d := loadDashboard(p.t)
	var wrong []error
	for title, so := range map[string]func(row) bool{
		"Open":            is("Authorizing", "Pending", "In Process", "Reviewing"),
		"Overdue":         within(math.Inf(-1), 0),
		"Due within 24 h": within(0, 24*3600),
		"Failed":          is("Media Failure"),
		"Waiting for you": is("Authorizing", "Reviewing"),
	} {
		panel, err := d.Panel(title)
		if err != nil {
			return err
		}
		got, _, err := p.at(moment, d.Substitute(panel.Targets[0].Expr, 1))
		if err != nil {
			return err
		}
		if want := count(rows, so); len(got) != 1 || got[0].number() != want || want == 0 {
			wrong = append(wrong, fmt.Errorf("%s: got %v, want %v as in the table, more than 0", title, got, want))
		}
	}
	return errors.Join(wrong...)
}

// linksHaveTheirColumns checks that the columns are there from which links take their values.
func linksHaveTheirColumns(table *grafana.Table) error {
	text, err := os.ReadFile("../examples/grafana/dashboards/cielo24.json")
	if err != nil {
		return err
	}
	fields := regexp.MustCompile(`__data\.fields\.(\w+)`).FindAllStringSubmatch(string(text), -1)
	if len(fields) == 0 {
		return errors.New("no link")
	}
	for _, field := range fields {
		if table.Index(field[1]) < 0 {
			return fmt.Errorf("a link takes the column %s, which is not there: %v", field[1], table.Columns)
		}
	}
	return nil
}

// fits checks that all columns are to be seen side by side where the dashboard is 1600 pixels wide, and that only names
// take what the others leave.
func fits(table *grafana.Table) error {
	const inside = 1600 - 65 // less what is around the table: margins, borders, a scroll bar
	sum := 0
	for _, c := range table.Columns {
		if c.Width == 0 && (c.MinWidth == 0 || c.Name != "Name") {
			return fmt.Errorf("column %s has no width", c.Name)
		}
		sum += max(c.Width, c.MinWidth)
	}
	if sum > inside {
		return fmt.Errorf("got columns of %d pixels, want at most %d", sum, inside)
	}
	return nil
}
