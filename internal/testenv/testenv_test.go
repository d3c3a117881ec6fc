package testenv_test

import (
	"testing"
	"time"

	"cielo24_exporter/internal/testenv"
	"cielo24_exporter/simulator"
)

func TestRun_ScrapesInVirtualTime(t *testing.T) {
	testenv.Run(t, testenv.Options{}, func(e *testenv.Env) {
		const id = "00000000000000000000000000000001"
		e.API.AddJob(simulator.Job{
			ID: id, Username: simulator.DemoUsername, Created: time.Now(), Turnaround: time.Hour,
			Life: []simulator.Stage{{Status: "In Process"}},
		})
		e.Load(testenv.Account("a", "jobs: ["+id+"]"))
		e.API.SetFault("", simulator.Fault{Latency: 3 * time.Second})
		start := time.Now()
		e.Want(e.Scrape(0), `cielo24_up{account="a"} 1`, `cielo24_job_up{account="a",job_id="`+id+`"} 1`)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("took %v, want the 3 s of virtual time that the API takes", took)
		}
	})
}
