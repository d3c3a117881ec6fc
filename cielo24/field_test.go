package cielo24_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"cielo24_exporter/cielo24"
)

// filled returns a job whose every text is the name of its field, and whose times differ.
func filled(t *testing.T) (_ cielo24.Job, texts, times []string) {
	t.Helper()
	var job cielo24.Job
	v := reflect.ValueOf(&job).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch v.Field(i).Interface().(type) {
		case string:
			v.Field(i).SetString(name)
			texts = append(texts, name)
		case time.Time:
			v.Field(i).Set(reflect.ValueOf(time.Unix(int64(i), 0)))
			times = append(times, name)
		}
	}
	return job, texts, times
}

func TestFields_HaveEveryTextOnce(t *testing.T) {
	job, want, _ := filled(t)
	want = slices.DeleteFunc(want, func(name string) bool { // what tells jobs apart and how one is doing
		return slices.Contains([]string{"ID", "Status", "RawStatus"}, name)
	})
	var names, got []string
	for _, f := range cielo24.Fields() {
		names = append(names, f.Name)
		got = append(got, f.Value(&job))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got the fields %v, want %v", got, want)
	}
	labels := []string{"job_name", "external_id", "priority", "fidelity", "difficulty", "source_language", "target_language"}
	if !slices.Equal(names, labels) {
		t.Errorf("got the names %v, want %v", names, labels)
	}
}

func TestDates_HaveEveryDateOnce(t *testing.T) {
	job, _, want := filled(t)
	var names, got []string
	v := reflect.ValueOf(&job).Elem()
	for i, d := range cielo24.Dates() {
		names = append(names, d.Name)
		for _, field := range want {
			if v.FieldByName(field).Interface() == d.Time(&job) {
				got = append(got, field)
			}
		}
		flag := v.FieldByName(want[i] + "HasOffset")
		for _, on := range []bool{true, false} {
			flag.SetBool(on)
			if d.HasOffset(&job) != on {
				t.Errorf("HasOffset of %s: got %t, want %t", d.Name, !on, on)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got the dates %v, want %v", got, want)
	}
	if want := []string{"created", "authorized", "started", "due", "completed", "returned"}; !slices.Equal(names, want) || !slices.Equal(cielo24.DateNames(), want) {
		t.Errorf("got the names %v and %v, want %v", names, cielo24.DateNames(), want)
	}
}
