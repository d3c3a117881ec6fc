package simulator

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// routeControls says what is answered below /_simulator/.
func (s *Simulator) routeControls() {
	s.mux.HandleFunc("GET /_simulator/{$}", s.showPage)
	s.mux.HandleFunc("GET /_simulator/calls", s.showCalls)
	s.mux.HandleFunc("PUT /_simulator/jobs", s.putJob)
	s.mux.HandleFunc("DELETE /_simulator/jobs", s.deleteJob)
	s.mux.HandleFunc("PUT /_simulator/faults", s.putFault)
	s.mux.HandleFunc("DELETE /_simulator/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	s.mux.HandleFunc("POST /_simulator/expire", func(w http.ResponseWriter, _ *http.Request) {
		s.ExpireTokens()
		w.WriteHeader(http.StatusNoContent)
	})
}

func (s *Simulator) putJob(w http.ResponseWriter, r *http.Request) {
	var j Job
	err := readControl(w, r, &j)
	if err == nil {
		err = s.jobs.add(j, s.now())
	}
	acknowledge(w, err)
}

func (s *Simulator) deleteJob(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("job_id")
	if id == "" {
		acknowledge(w, errors.New("parameter job_id is missing"))
		return
	}
	if !s.jobs.remove(id) {
		http.Error(w, "no such job: "+strconv.QuoteToASCII(id[:min(len(id), 100)]), http.StatusNotFound)
		return
	}
	acknowledge(w, nil)
}

func (s *Simulator) putFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	err := readControl(w, r, &f)
	if err == nil {
		err = s.faults.set(r.URL.Query().Get("job_id"), f)
	}
	acknowledge(w, err)
}

// readControl reads the body of a request as one JSON value.
func readControl(w http.ResponseWriter, r *http.Request, v any) error {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return fmt.Errorf("cannot read the body: %w", err)
	}
	return decodeStrict(data, v)
}

// acknowledge answers 204, or 400 with one line.
func acknowledge(w http.ResponseWriter, err error) {
	if err != nil {
		http.Error(w, strings.ReplaceAll(err.Error(), "\n", " "), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// callCounts is how often was asked. Jobs are named as they were asked for.
type callCounts struct {
	JobInfo int            `json:"job_info"`
	JobList int            `json:"job_list"`
	Login   int            `json:"login"`
	Jobs    map[string]int `json:"jobs"`
}

func (s *Simulator) showCalls(w http.ResponseWriter, _ *http.Request) {
	endpoints, jobs := s.calls.snapshot()
	writeJSON(w, http.StatusOK, callCounts{endpoints[endpointJobInfo], endpoints[endpointJobList], endpoints[endpointLogin], jobs})
}

const pageHead = `A simulated cielo24 API. It keeps its jobs in memory and captions nothing.

GET    /api/account/login, /api/job/info, /api/job/list
PUT    /_simulator/jobs, /_simulator/faults[?job_id=]
DELETE /_simulator/jobs?job_id=, /_simulator/faults
POST   /_simulator/expire
GET    /_simulator/calls

`

// showPage is for people. It names no token and no key.
func (s *Simulator) showPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	b := bufio.NewWriter(w)
	defer func() { _ = b.Flush() }()
	_, _ = b.WriteString(pageHead)
	_, _ = fmt.Fprintf(b, "Calls: %d job_info, %d job_list, %d login\n\n",
		s.Calls(endpointJobInfo), s.Calls(endpointJobList), s.Calls(endpointLogin))

	set := s.faults.list()
	_, _ = fmt.Fprintf(b, "Faults: %d\n", len(set))
	for _, f := range set {
		target := f.jobID
		if target == "" {
			target = "every call"
		}
		data, err := json.Marshal(f.fault)
		if err != nil {
			data = []byte(err.Error())
		}
		_, _ = fmt.Fprintf(b, "  %s  %s\n", target, data)
	}

	now, entries := s.now(), s.jobs.all()
	_, _ = fmt.Fprintf(b, "\nJobs: %d\n", len(entries))
	for _, e := range entries {
		status := "not created yet"
		if e.exists(now) {
			status = e.render(now, s.clock).status
		}
		_, _ = fmt.Fprintf(b, "  %s  %s\n", e.job.ID, status)
	}
}
