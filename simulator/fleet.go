package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// Fleet returns n jobs of DemoUsername, in all states and of all kinds, for now. The same n and now give the same jobs,
// and more of them begin with the same. Nine of ten stay in their status, however fast the simulator is (and if it is
// not slower than half of real time); the tenth moves on, again and again.
func Fleet(n int, now time.Time) []Job {
	all := make([]Job, n)
	for i := range all {
		all[i] = fleetJob(i, now)
	}
	return all
}

// FleetID returns the ID of the i-th job of any fleet.
func FleetID(i int) string {
	h := fleetHash(i)
	return hex.EncodeToString(h[:16])
}

// fleetHash is the chance of the i-th job.
func fleetHash(i int) [sha256.Size]byte {
	return sha256.Sum256([]byte("cielo24 fleet " + strconv.Itoa(i)))
}

// fleetKind is what the jobs whose index has the same last digit have in common.
type fleetKind struct {
	status      string // empty: it moves on
	notReturned bool
	maxAge      time.Duration
}

// kindOf puts every status into any ten jobs in a row. Those that wait for somebody are young enough to be on time now
// and then; those that are done go back as far as two months.
func kindOf(i int) fleetKind {
	const open, done = 40 * time.Hour, 60 * 24 * time.Hour
	switch i % 10 {
	case 0:
		return fleetKind{status: statusAuthorizing, maxAge: open}
	case 1:
		return fleetKind{status: statusPending, maxAge: open}
	case 2, 6:
		return fleetKind{status: statusInProcess, maxAge: open}
	case 3:
		return fleetKind{status: statusReviewing, maxAge: open}
	case 5:
		return fleetKind{status: statusMediaFailure, maxAge: done}
	case 8:
		return fleetKind{status: statusComplete, maxAge: done, notReturned: true}
	case 9:
		return fleetKind{maxAge: open}
	}
	return fleetKind{status: statusComplete, maxAge: done}
}

// minAge keeps the dates of the youngest job apart.
const minAge = 10 * time.Minute

func fleetJob(i int, now time.Time) Job {
	h := fleetHash(i)
	kind := kindOf(i)
	age := minAge + (kind.maxAge-minAge)/(1<<16)*time.Duration(int(h[16])<<8|int(h[17]))
	course := lectures()[int(h[18])%len(lectures())]
	j := Job{
		ID:             FleetID(i),
		Name:           fmt.Sprintf("%s Lecture %02d – %s", course.code, 1+int(h[19])%28, course.topics[int(h[20])%len(course.topics)]),
		Priority:       pick(h[21], "STANDARD", "STANDARD", "STANDARD", "PRIORITY"),
		Fidelity:       pick(h[22], "STANDARD", "STANDARD", "MECHANICAL", "HIGH"),
		Difficulty:     pick(h[23], "Unknown", "Good", "Good", "Bad"),
		SourceLanguage: pick(h[24], "en", "en", "en", "en", "en", "es", "fr", "de"),
		TargetLanguage: pick(h[25], "en", "en", "en", "en", "es", "fr", "zh-cmn", "pt"),
		Username:       DemoUsername,
		MediaLength:    5*time.Minute + time.Duration(int(h[26])<<8|int(h[27]))*100*time.Millisecond, // up to 1 h 54 min
		Created:        now.Add(-age),
		Turnaround:     defaultTurnaround,
		NotReturned:    kind.notReturned,
	}
	if h[28]%2 == 0 {
		j.ExternalID = "lms-" + hex.EncodeToString(h[28:32])
	}
	if j.Priority == "PRIORITY" {
		j.Turnaround = 24 * time.Hour // (doc)
	}
	switch kind.status {
	case "":
		j.Life, j.Repeat = StandardLife(j.Turnaround, h[31]%8 == 0), true
		return j
	case statusAuthorizing:
		j.Difficulty = "Unknown"
		if h[31]%4 == 0 {
			j.MediaLength = 0
		}
	}
	j.Life = lifeUpTo(kind.status, age)
	return j
}

// lifeUpTo is the way of a job that is age old and stays in status, which it has reached in half that time.
func lifeUpTo(status string, age time.Duration) []Stage {
	way := []Stage{
		{statusAuthorizing, age / 20},
		{statusPending, age / 10},
		{statusInProcess, age / 4},
		{statusReviewing, age / 10},
	}
	for i, stage := range way {
		if stage.Status == status {
			return append(way[:i:i], Stage{Status: status})
		}
	}
	if status == statusMediaFailure {
		way = way[:3] // nobody reviews what can't be played
	}
	return append(way, Stage{Status: status})
}

// pick lets a byte choose.
func pick(b byte, from ...string) string { return from[int(b)%len(from)] }

// subject is a course and what it is about.
type subject struct {
	code   string
	topics [4]string
}

func lectures() []subject {
	return []subject{
		{"BIO101", [4]string{"Photosynthesis", "The Cell Membrane", "Mitosis and Meiosis", "Ecosystems"}},
		{"CHEM210", [4]string{"Reaction Kinetics", "Acids and Bases", "Chirality", "Spectroscopy"}},
		{"PHYS150", [4]string{"Newton’s Laws", "Angular Momentum", "Maxwell’s Equations", "Heat Engines"}},
		{"HIST220", [4]string{"The Silk Road", "The Printing Press", "The Congress of Vienna", "Decolonization"}},
		{"CS161", [4]string{"Dynamic Programming", "Hash Tables", "Graph Search", "NP-Completeness"}},
		{"ECON101", [4]string{"Supply and Demand", "Game Theory", "Inflation", "Comparative Advantage"}},
		{"PSY110", [4]string{"Memory", "Classical Conditioning", "Perception", "Sleep and Dreams"}},
		{"MUS130", [4]string{"Sonata Form", "Counterpoint", "The Blues", "Minimalism"}},
		{"LIT205", [4]string{"Middlemarch", "The Unreliable Narrator", "Borges", "The Sonnet"}},
		{"MATH241", [4]string{"Stokes’ Theorem", "Eigenvalues", "Lagrange Multipliers", "Fourier Series"}},
		{"NURS310", [4]string{"Infection Control", "Cardiac Assessment", "Pharmacology", "Patient Safety"}},
		{"ART175", [4]string{"Linear Perspective", "Impressionism", "The Bauhaus", "Color Theory"}},
	}
}
