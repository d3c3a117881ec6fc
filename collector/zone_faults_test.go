package collector_test

import (
	"fmt"
	"testing"
	"time"

	"cielo24_exporter/internal/testenv"
)

// zoneStory is a job that becomes Complete before our eyes.
type zoneStory struct {
	zone      string    // configured
	now       time.Time // when it is seen Complete, a minute after it was last seen In Process
	completed string    // as the API writes it
	suspect   bool
}

func zoneStories() map[string]zoneStory {
	const pacific = "America/Los_Angeles"
	// In Los Angeles clocks go back on 1 November 2026, at 09:00 UTC, from 02:00 to 01:00, and forward on 8 March at 10:00.
	back := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	forward := time.Date(2026, 3, 8, 10, 0, 0, 0, time.UTC)
	noon := time.Date(2026, 6, 10, 19, 0, 0, 0, time.UTC) // in Los Angeles
	return map[string]zoneStory{
		"right":                             {pacific, noon, "2026-06-10T12:00:00", false},
		"a minute ago":                      {pacific, noon, "2026-06-10T11:59:00", false},
		"in the hour that comes twice, 1st": {pacific, back.Add(-30 * time.Minute), "2026-11-01T01:30:00", false},
		"in the hour that comes twice, 2nd": {pacific, back.Add(30 * time.Minute), "2026-11-01T01:30:00", false},
		"at its beginning":                  {pacific, back.Add(-time.Hour), "2026-11-01T01:00:00", false},
		"at its end":                        {pacific, back.Add(59 * time.Minute), "2026-11-01T01:59:00", false},
		"behind it":                         {pacific, back.Add(61 * time.Minute), "2026-11-01T02:01:00", false},
		"before the hour that is left out":  {pacific, forward.Add(-time.Minute), "2026-03-08T01:59:00", false},
		"behind the hour that is left out":  {pacific, forward.Add(time.Minute), "2026-03-08T03:01:00", false},
		"in the hour twice, in London":      {"Europe/London", time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC), "2026-10-25T01:30:00", false},
		"in the hour twice, on Lord Howe":   {"Australia/Lord_Howe", time.Date(2026, 4, 4, 15, 10, 0, 0, time.UTC), "2026-04-05T01:40:00", false},
		"3 days old":                        {pacific, noon, "2026-06-07T12:00:00", false},
		"years ahead":                       {pacific, noon, "2031-06-10T12:00:00", false},
		"years ago":                         {pacific, noon, "2011-06-10T12:00:00", false},
		"with Z":                            {pacific, noon, "2026-06-10T12:00:00Z", false},
		"with an offset":                    {pacific, noon, "2026-06-10T21:00:00+02:00", false},
		"with an offset that is wrong":      {pacific, noon, "2026-06-10T12:00:00+00:00", false},
		"as a number":                       {pacific, noon, fmt.Sprint(noon.Add(5 * time.Hour).Unix()), false},
		"unreadable":                        {pacific, noon, "10/06/2026", false},
		"7 hours ahead":                     {pacific, noon, "2026-06-10T19:00:00", true},
		"7 hours behind":                    {"UTC", noon, "2026-06-10T12:00:00", true},
		"an hour ahead, in another night":   {pacific, back.Add(24 * time.Hour), "2026-11-02T02:00:00", true},
	}
}

func TestZone_SuspectedOnlyByDatesThatSpeakAgainstIt(t *testing.T) {
	for name, story := range zoneStories() {
		for _, settings := range []string{"jobs: [aa]", "discovery: {statuses: [In Process, Complete]}", "discovery: {statuses: [In Process]}"} {
			t.Run(name+", "+settings, func(t *testing.T) {
				testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
					e.Wait(time.Until(story.now.Add(-time.Minute)))
					e.Load(testenv.Account("a", loginLine(), settings, "timezone: "+story.zone))
					put(e, "aa", "In Process", fmt.Sprintf(`,"CreationDate":%q`, story.now.Add(-72*time.Hour).Format("2006-01-02T15:04:05Z")))
					e.Want(e.Scrape(0), `cielo24_date_offset_suspect{account="a"} 0`)
					e.Wait(time.Until(story.now))
					put(e, "aa", "Complete", fmt.Sprintf(`,"CreationDate":%q,"CompletedDate":%q`,
						story.now.Add(-72*time.Hour).Format("2006-01-02T15:04:05Z"), story.completed))
					want := map[bool]int{true: 1}[story.suspect]
					for range 3 {
						e.Want(e.Scrape(0), up("aa", 1), fmt.Sprintf(`cielo24_date_offset_suspect{account="a"} %d`, want))
						e.Wait(20 * time.Second)
					}
					wantLogged(t, e.Log.Take(), "contradict the timezone", want)
				})
			})
		}
	}
}

func TestZone_NotSuspectedByWhatIsFirstSeenComplete(t *testing.T) {
	for name, completed := range map[string]time.Duration{
		"long ago": -72 * time.Hour, "years ahead": 5 * 365 * 24 * time.Hour, "within the tolerance": 10 * time.Minute,
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
				put(e, "aa", "Complete", fmt.Sprintf(`,"CompletedDate":%q`, at(time.Now().Add(completed))))
				e.Load(testenv.Account("a", "jobs: [aa]"))
				for range 3 {
					e.Want(e.Scrape(0), up("aa", 1), `cielo24_date_offset_suspect{account="a"} 0`)
					e.Wait(time.Minute)
				}
			})
		})
	}
}

func TestZone_NotSuspectedByDueDatesAhead(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		put(e, "aa", "In Process", fmt.Sprintf(`,"CreationDate":%q,"DueDate":%q`, at(time.Now().Add(-time.Hour)), at(time.Now().Add(12*time.Hour))))
		e.Load(testenv.Account("a", "jobs: [aa]"))
		e.Want(e.Scrape(0), up("aa", 1), `cielo24_date_offset_suspect{account="a"} 0`)
	})
}
