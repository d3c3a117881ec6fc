package walkthrough_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// overdueJob is the simulator's, which stays so.
const overdueJob = "4e0be3a273e3cf993ad8471077f62161"

// shows wants each of the texts on a page, within a glance.
func shows(texts ...string) sight {
	return sight{within: aGlance, check: func(page string) error {
		for _, text := range texts {
			if !strings.Contains(page, text) {
				return fmt.Errorf("got no %q", text)
			}
		}
		return nil
	}}
}

// alerts wants an alert of a job among those that Prometheus lists, within the time that the document names.
func alerts(name, jobID string) sight {
	return sight{within: 3 * time.Minute, reload: true, check: func(page string) error {
		var answer struct {
			Data struct {
				Alerts []struct {
					Labels map[string]string
					State  string
				}
			}
		}
		if err := json.Unmarshal([]byte(page), &answer); err != nil {
			return err
		}
		for _, a := range answer.Data.Alerts {
			if a.Labels["alertname"] == name && a.Labels["job_id"] == jobID {
				return nil // pending, or firing already if everything before has taken its time
			}
		}
		return fmt.Errorf("got no alert %s of job %s", name, jobID)
	}}
}

func TestReadme_QuickStartShowsJobs(t *testing.T) {
	r := newReader(t, map[string]sight{
		"http://localhost:10059/": shows(
			"CHEM210 Lecture 11 – Reaction Kinetics", "In Process", "overdue",
			"ART175 Studio Visit – camera 2, no sound", "Media Failure",
			"BIO101 Lecture 07 – Photosynthesis", "Authorizing",
			"MATH241 Lecture 02 – Eigenvalues", "Complete",
		),
	})
	r.follow(readSteps(t, "../../README.md", "Quick start"))
}

func TestGettingStarted_LeadsToAnAlert(t *testing.T) {
	r := newReader(t, map[string]sight{
		"http://localhost:10059/": shows(
			"media-services",
			"CHEM210 Lecture 11 – Reaction Kinetics", "In Process", "overdue",
			"ART175 Studio Visit – camera 2, no sound", "Media Failure",
		),
		"http://localhost:10059/metrics": shows(
			`cielo24_up{account="media-services"} 1`,
			`cielo24_job_status{account="media-services",job_id="`+overdueJob+`",status="In Process"} 1`,
		),
		"http://localhost:9090/api/v1/alerts": alerts("Cielo24JobOverdue", overdueJob),
	})
	r.follow(readSteps(t, "../../docs/getting-started.md", ""))
}
