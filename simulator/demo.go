package simulator

import (
	"cmp"
	"crypto/sha256"
	_ "embed" // for the documented example
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
)

// What the demo is set up with. They open nothing but a simulator.
const (
	DemoUsername     = "captions@example.edu"
	DemoToken        = "0123456789abcdef0123456789abcdef"
	DemoSecureKey    = "fedcba9876543210fedcba9876543210"
	DemoUnknownJobID = "00000000000000000000000000000404" // there is no such job
)

// The documentation's own example, with dates of 2014 (doc).
//
//go:embed testdata/job_info_docs_current_4624ea9.json
var documentedJob string

const documentedJobID = "d4fb871e07514304b23131b45f8caa1f"

// DemoJobs returns about a dozen jobs of DemoUsername: at least one for ever in every status and in every trouble worth
// an alert, some that move through their whole life again and again, and the documented example. Their dates look
// well at any speed, for jobs that stay where they are don't depend on it.
func DemoJobs(now time.Time, speed float64) []Job {
	if speed <= 0 {
		speed = 1 // as New does
	}
	all := append(stayingJobs(now, speed), movingJobs(now, speed)...)
	for i := range all {
		all[i].ID = demoID(i)
		all[i].Username = DemoUsername
		all[i].Priority = cmp.Or(all[i].Priority, "STANDARD")
		all[i].Fidelity = cmp.Or(all[i].Fidelity, "STANDARD")
		all[i].Difficulty = cmp.Or(all[i].Difficulty, "Unknown")
		all[i].SourceLanguage = cmp.Or(all[i].SourceLanguage, "en")
		all[i].TargetLanguage = cmp.Or(all[i].TargetLanguage, "en")
	}
	return append(all, Job{ID: documentedJobID, Username: DemoUsername, Created: now, Raw: json.RawMessage(documentedJob)})
}

func demoID(i int) string {
	h := sha256.Sum256([]byte("cielo24 demo " + strconv.Itoa(i)))
	return hex.EncodeToString(h[:16])
}

// stayingJobs are those that show a trouble, or the lack of it, for as long as the demo runs.
func stayingJobs(now time.Time, speed float64) []Job {
	const day = 24 * time.Hour
	stay := func(j Job, status string, age, due time.Duration) Job {
		j.Created = now.Add(-age)
		j.Due = now.Add(due)
		// A slow simulator must not stretch what has already been.
		j.Life = lifeUpTo(status, time.Duration(float64(age)*min(speed, 1)))
		return j
	}
	return []Job{
		stay(Job{
			Name: "BIO101 Lecture 07 – Photosynthesis", ExternalID: "lms-10107",
			MediaLength: 50*time.Minute + 12*time.Second,
		}, statusAuthorizing, 29*time.Hour, 0),
		stay(Job{
			Name: "HIST220 Lecture 03 – The Silk Road", ExternalID: "lms-22003",
			MediaLength: 74*time.Minute + 48310*time.Millisecond,
		}, statusPending, 6*time.Hour, 41*time.Hour),
		stay(Job{
			Name: "CHEM210 Lecture 11 – Reaction Kinetics", ExternalID: "lms-21011", Difficulty: "Good",
			MediaLength: 52*time.Minute + 7*time.Second,
		}, statusInProcess, 5*day, -3*day),
		stay(Job{
			Name: "Town Hall – Questions from the Floor", Priority: "PRIORITY", Difficulty: "Bad",
			MediaLength: 96*time.Minute + 31500*time.Millisecond,
		}, statusInProcess, 22*time.Hour, 100*time.Minute),
		stay(Job{
			Name: "LIT205 Lecture 09 – The Unreliable Narrator", ExternalID: "lms-20509", Fidelity: "HIGH",
			Difficulty: "Good", MediaLength: 48*time.Minute + 55*time.Second,
		}, statusReviewing, 34*time.Hour, 12*time.Hour),
		stay(Job{
			Name: "MATH241 Lecture 02 – Eigenvalues", ExternalID: "lms-24102", Difficulty: "Good",
			MediaLength: 49*time.Minute + 3*time.Second,
		}, statusComplete, 3*day, -22*time.Hour),
		stay(Job{
			Name: "PSY110 Lecture 05 – Sleep and Dreams", ExternalID: "lms-11005", Difficulty: "Good",
			TargetLanguage: "es", MediaLength: 51*time.Minute + 44*time.Second, NotReturned: true,
		}, statusComplete, 2*day, -time.Hour),
		stay(Job{
			Name: "ART175 Studio Visit – camera 2, no sound", ExternalID: "lms-17500",
			MediaLength: 18*time.Minute + 20*time.Second,
		}, statusMediaFailure, 20*time.Hour, 27*time.Hour),
	}
}

// movingJobs begin at different points of their lives.
func movingJobs(now time.Time, speed float64) []Job {
	c := clock{speed: speed}
	move := func(j Job, life []Stage, passed float64) Job {
		j.Life, j.Repeat = life, true
		j.Created = now.Add(-time.Duration(passed * float64(j.period(c))))
		return j
	}
	const media = 53*time.Minute + 27810*time.Millisecond
	return []Job{
		move(Job{
			Name: "CS161 Lecture 14 – Dynamic Programming", ExternalID: "lms-16114",
			Turnaround: 48 * time.Hour, MediaLength: 78*time.Minute + 2*time.Second,
		}, StandardLife(48*time.Hour, false), 0.02),
		move(Job{
			Name: "ECON101 Lecture 01 – Supply and Demand", ExternalID: "lms-10101", Priority: "PRIORITY",
			Turnaround: 24 * time.Hour, MediaLength: 45*time.Minute + 18*time.Second,
		}, StandardLife(24*time.Hour, false), 0.4),
		// A machine needs about as long as the media lasts, yet has as much time as people have (doc).
		move(Job{
			Name: "PHYS150 Lecture 06 – Angular Momentum", ExternalID: "lms-15006", Fidelity: "MECHANICAL",
			Turnaround: 48 * time.Hour, MediaLength: media,
		}, []Stage{
			{statusAuthorizing, 10 * time.Minute},
			{statusPending, 20 * time.Minute},
			{statusInProcess, media},
			{statusComplete, 3 * time.Hour},
		}, 0.25),
		move(Job{
			Name: "MUS130 Recital – corrupted upload", ExternalID: "lms-13099", Priority: "PRIORITY",
			Turnaround: 24 * time.Hour, MediaLength: 31 * time.Minute,
		}, StandardLife(24*time.Hour, true), 0.1),
	}
}
