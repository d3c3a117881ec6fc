package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// duration is written as Go writes durations.
type duration time.Duration

func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

// The types with durations are marshaled through a copy of themselves: the same members, without methods, and with
// members on top that replace the durations.
type (
	plainFault Fault
	plainJob   Job
	plainStage Stage

	jsonFault struct {
		plainFault
		Latency duration `json:"latency,omitempty"`
	}
	jsonJob struct {
		plainJob
		MediaLength duration `json:"media_length,omitempty"`
		Turnaround  duration `json:"turnaround,omitempty"`
	}
	jsonStage struct {
		plainStage
		For duration `json:"for,omitempty"`
	}
)

// MarshalJSON writes the fault as the controls read it.
func (f Fault) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonFault{plainFault(f), duration(f.Latency)})
}

// UnmarshalJSON refuses unknown members.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var j jsonFault
	if err := decodeStrict(data, &j); err != nil {
		return err
	}
	*f = Fault(j.plainFault)
	f.Latency = time.Duration(j.Latency)
	return nil
}

// MarshalJSON writes the job as the controls read it, which is not as the API writes it.
func (j Job) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonJob{plainJob(j), duration(j.MediaLength), duration(j.Turnaround)})
}

// UnmarshalJSON refuses unknown members.
func (j *Job) UnmarshalJSON(data []byte) error {
	var v jsonJob
	if err := decodeStrict(data, &v); err != nil {
		return err
	}
	*j = Job(v.plainJob)
	j.MediaLength, j.Turnaround = time.Duration(v.MediaLength), time.Duration(v.Turnaround)
	return nil
}

// MarshalJSON writes the stage as the controls read it.
func (s Stage) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonStage{plainStage(s), duration(s.For)})
}

// UnmarshalJSON refuses unknown members.
func (s *Stage) UnmarshalJSON(data []byte) error {
	var j jsonStage
	if err := decodeStrict(data, &j); err != nil {
		return err
	}
	*s = Stage{Status: j.Status, For: time.Duration(j.For)}
	return nil
}

// decodeStrict reads one JSON value with known members and nothing after it.
func decodeStrict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("the body has more than one JSON value")
	}
	return nil
}
