package simulator_test

import (
	"slices"
	"testing"
	"time"

	"cielo24_exporter/simulator"
)

// statuses asks for the job at each of these ages.
func (w *world) statuses(id string, ages ...time.Duration) []string {
	w.t.Helper()
	var got []string
	for _, age := range ages {
		w.clock.advance(start().Add(age).Sub(w.clock.Now()))
		w.api.AddToken(token, user) // the last one may be dead by now
		got = append(got, w.info(id)["JobStatus"].(string))
	}
	return got
}

func TestAJobMovesThroughItsLifeByItself(t *testing.T) {
	const hour = time.Hour
	standard, broken := simulator.StandardLife(48*hour, false), simulator.StandardLife(48*hour, true)
	for _, test := range []struct {
		name string
		life []simulator.Stage
		ages []time.Duration
		want []string
	}{
		{
			"to its end", standard,
			[]time.Duration{0, 2*hour - 1, 2 * hour, 8 * hour, 32*hour - 1, 32 * hour, 38 * hour, 1000 * hour},
			[]string{"Authorizing", "Authorizing", "Pending", "In Process", "In Process", "Reviewing", "Complete", "Complete"},
		},
		{
			"to a media failure", broken,
			[]time.Duration{0, 2 * hour, 8 * hour, 10 * hour, 1000 * hour},
			[]string{"Authorizing", "Pending", "In Process", "Media Failure", "Media Failure"},
		},
		{
			"past a stage that takes no time",
			[]simulator.Stage{{Status: "Authorizing"}, {Status: "Pending", For: hour}, {Status: "Complete"}},
			[]time.Duration{0, hour},
			[]string{"Pending", "Complete"},
		},
		{
			"back to a past that the caller's clock knows", standard,
			[]time.Duration{40 * hour, hour},
			[]string{"Complete", "Authorizing"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.api.AddJob(simulator.Job{ID: job1, Turnaround: 48 * hour, Life: test.life})
			if got := w.statuses(job1, test.ages...); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestSpeedShortensStagesAndDueDatesAlike(t *testing.T) {
	w := newWorldWith(t, simulator.Options{Speed: 60, Location: time.UTC})
	w.api.AddJob(simulator.Job{ID: job1, Turnaround: 48 * time.Hour}) // the standard life
	got := w.statuses(job1, 2*time.Minute-1, 2*time.Minute, 8*time.Minute, 32*time.Minute, 38*time.Minute)
	if want := []string{"Authorizing", "Pending", "In Process", "Reviewing", "Complete"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	wantMembers(t, w.info(job1), map[string]any{
		"CreationDate": "2026-03-02T13:00:00", "AuthorizationDate": "2026-03-02T13:02:00",
		"DueDate": "2026-03-02T13:50:00", "CompletedDate": "2026-03-02T13:38:00",
	})
}

func TestARepeatingJobBeginsAgainWithNewDates(t *testing.T) {
	w := newWorldWith(t, simulator.Options{Location: time.UTC})
	w.api.AddJob(simulator.Job{ID: job1, Turnaround: time.Hour, Repeat: true, Life: []simulator.Stage{
		{Status: "Authorizing", For: 10 * time.Minute}, {Status: "Complete", For: 20 * time.Minute},
	}})
	ages := []time.Duration{0, 10 * time.Minute, 30*time.Minute - 1, 30 * time.Minute, 40 * time.Minute, 1000*time.Hour + 5*time.Minute}
	want := []string{"Authorizing", "Complete", "Complete", "Authorizing", "Complete", "Authorizing"}
	if got := w.statuses(job1, ages...); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	w.statuses(job1, 45*time.Minute)
	wantMembers(t, w.info(job1), map[string]any{
		"CreationDate": "2026-03-02T13:30:00", "CompletedDate": "2026-03-02T13:40:00", "DueDate": "2026-03-02T14:40:00",
	})
}

func TestARepeatingJobWhoseLifeTakesNoTimeStaysAtItsEnd(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(simulator.Job{ID: job1, Repeat: true, Life: []simulator.Stage{{Status: "Pending"}, {Status: "Complete"}}})
	wantMembers(t, w.info(job1), map[string]any{"JobStatus": "Complete"})
}

func TestACompleteJobMayStillBeUnreturned(t *testing.T) {
	w := newWorld(t)
	w.api.AddJob(simulator.Job{ID: job1, NotReturned: true, Life: []simulator.Stage{{Status: "Complete"}}})
	wantMembers(t, w.info(job1), map[string]any{"CompletedDate": "2026-03-02T05:00:00", "ReturnDate": ""})
}

func TestADueDateCanBeGiven(t *testing.T) {
	w := newWorldWith(t, simulator.Options{Speed: 1000})
	w.api.AddJob(simulator.Job{ID: job1, Due: start().Add(time.Hour), Life: []simulator.Stage{{Status: "Pending"}}})
	wantMembers(t, w.info(job1), map[string]any{"DueDate": "2026-03-02T06:00:00"})
}

func TestNothingButTheDueDateLiesInTheFuture(t *testing.T) {
	for _, speed := range []float64{0.001, 1, 60, 1e6} {
		w := newWorldWith(t, simulator.Options{Speed: speed, Location: time.UTC})
		for _, j := range append(simulator.DemoJobs(start(), speed), simulator.Fleet(100, start())...) {
			j.Username = user
			w.api.AddJob(j)
		}
		for range 20 {
			w.clock.advance(17*time.Minute + 123*time.Microsecond)
			now := w.clock.Now().Format("2006-01-02T15:04:05.999999")
			for _, job := range w.list("") {
				for _, name := range []string{"CreationDate", "AuthorizationDate", "StartDate", "CompletedDate", "ReturnDate"} {
					if date := job[name].(string); date > now {
						t.Errorf("speed %v, %v: %s %s at %s", speed, job["JobName"], name, date, now)
					}
				}
			}
		}
	}
}

func TestJobsThatCannotBeMeantAreRefused(t *testing.T) {
	for name, job := range map[string]simulator.Job{
		"no ID":                {},
		"an ID that isn't hex": {ID: "lecture"},
		"a negative length":    {ID: job1, MediaLength: -1},
		"a stage in the past":  {ID: job1, Life: []simulator.Stage{{Status: "Pending", For: -1}}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			simulator.New(simulator.Options{}).AddJob(job)
		})
	}
}
