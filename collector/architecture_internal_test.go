package collector

import (
	"os"
	"strings"
	"testing"
	"time"

	"cielo24_exporter/cielo24"
)

// documentedTable returns the rows of the table in docs/architecture.md that begins with a header, each a cell by column.
func documentedTable(t *testing.T, header string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "\n"+header+"\n|---")
	if !found {
		t.Fatalf("docs/architecture.md has no table %q", header)
	}
	cells := func(line string) []string {
		var all []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			all = append(all, strings.TrimSpace(cell))
		}
		return all
	}
	var rows []map[string]string
	columns := cells(header)
	_, table, _ = strings.Cut(table, "\n")
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		row := map[string]string{}
		for i, cell := range cells(strings.TrimSpace(line)) {
			row[columns[i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

func outcomes() []string  { return []string{"Pending", "OK", "Failed", "Rejected", "Skipped"} }
func presences() []string { return []string{"Pinned", "Listed", "Leaving", "Departed", "Dropped"} }

// doneJob is a job to which nothing can happen any more.
func doneJob() *cielo24.Job { return &cielo24.Job{Status: cielo24.StatusComplete, Returned: at(0)} }

// documentedEvents are the events as the document calls them.
func documentedEvents() map[string]event {
	return map[string]event{
		"fetched, open":     {kind: fetched, call: 2, values: jobIn(cielo24.StatusPending)},
		"fetched, finished": {kind: fetched, call: 2, values: doneJob()},
		"failed":            {kind: failed, call: 2, err: serverError(0)},
		"rejected":          {kind: failed, call: 2, err: rejection()},
		"skipped":           {kind: skipped, err: serverError(0)},
		"listed":            {kind: listed, call: 2, values: jobIn(cielo24.StatusPending)},
		"unlisted":          {kind: unlisted},
	}
}

// stateIn returns a state of a presence, with values.
func stateIn(p Presence, values *cielo24.Job) *JobState {
	s := (&JobState{WatchedJob: &WatchedJob{}}).next(event{kind: fetched, call: 1, values: values}, at(0))
	s.Presence = p
	return s
}

func TestArchitecture_TableOfEventsIsTheCode(t *testing.T) {
	rows := documentedTable(t, "| event | Outcome | values | Pinned | Listed | Leaving | Departed |")
	events := documentedEvents()
	if len(rows) != len(events) {
		t.Errorf("got %d events in the document, want %d", len(rows), len(events))
	}
	for _, row := range rows {
		e, known := events[row["event"]]
		if !known {
			t.Errorf("the document has an unknown event %q", row["event"])
			continue
		}
		for p := Pinned; p <= Departed; p++ {
			before := stateIn(p, doneJob())
			after := before.next(e, at(1))
			outcome, values := outcomes()[after.Outcome], "new"
			switch after.Values {
			case nil:
				values = "gone"
			case before.Values:
				values = "kept"
			}
			if e.kind == unlisted {
				outcome = "–"
			}
			if got := presences()[after.Presence]; outcome != row["Outcome"] || values != row["values"] || got != row[presences()[p]] {
				t.Errorf("%s, %s: got %s, %s, %s; the document says %s, %s, %s", row["event"], presences()[p], outcome, values,
					got, row["Outcome"], row["values"], row[presences()[p]])
			}
		}
	}
}

func TestArchitecture_TableOfFetchesIsTheCode(t *testing.T) {
	rows := documentedTable(t, "| Presence | open | finished | failed | failed, Retry-After |")
	if len(rows) != int(Dropped) {
		t.Errorf("got %d presences in the document, want %d", len(rows), Dropped)
	}
	for i, row := range rows {
		open := stateIn(Presence(i), jobIn(cielo24.StatusPending))
		states := map[string]*JobState{
			"open": open, "finished": stateIn(Presence(i), doneJob()), "failed": open.next(documentedEvents()["failed"], at(0)),
			"failed, Retry-After": open.next(event{kind: failed, call: 2, err: serverError(time.Minute)}, at(0)),
		}
		for name, s := range states {
			got := "?"
			switch next := s.nextFetch(time.Hour); {
			case next.Equal(never()):
				got = "never"
			case next.Equal(at(60)):
				got = "after settled_interval"
			case next.Equal(at(1)):
				got = "after Retry-After"
			case !next.After(at(0)):
				got = "now"
			}
			if got != row[name] || presences()[i] != row["Presence"] {
				t.Errorf("%s, %s: got %s, the document says %s", presences()[i], name, got, row[name])
			}
		}
	}
}
