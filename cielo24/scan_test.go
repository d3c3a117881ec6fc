package cielo24_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"cielo24_exporter/cielo24"
)

func TestJobList_TakesNoMoreThanItShouldAtATime(t *testing.T) {
	const n = 2000
	var b strings.Builder
	b.WriteString(`{"ActiveJobs":[`)
	for range n {
		b.WriteString(`{"JobId":"a","Options":"` + strings.Repeat("x", 4<<10) + `"},`)
	}
	b.WriteString(`]}`)
	body := strings.NewReader(b.String())
	read := 0
	result, err := cielo24.ReadList(body, time.UTC, func(cielo24.Job) {
		read++
		if taken, used := b.Len()-body.Len(), read*(4<<10); taken > used+64<<10+read*64 {
			t.Fatalf("%d bytes were taken for %d jobs of %d", taken, read, used)
		}
	})
	if err != nil || result.Read != n || !result.Whole {
		t.Errorf("got %+v, %v; want %d jobs", result, err, n)
	}
}

func TestJobList_ArrivesInPiecesOfAnySize(t *testing.T) {
	const body = "\xef\xbb\xbf" + ` { "Username" : "u\"]}" , "ActiveJobs" : [ {"JobId":"a\\"} , 17 , {"JobId":"b","x":[{"y":"]}\""}]} , null ] } `
	var ids []string
	result, err := cielo24.ReadList(iotest.OneByteReader(strings.NewReader(body)), time.UTC, func(job cielo24.Job) { ids = append(ids, job.ID) })
	if err != nil || result != (cielo24.ListResult{Read: 2, Unreadable: 2, Whole: true}) || !slices.Equal(ids, []string{`a\`, "b"}) {
		t.Errorf("got %v, %+v, %v", ids, result, err)
	}
}

// reference reads a job list as a decoder does that has all of it in memory. ok is false if there is none.
func reference(body []byte) (elements []json.RawMessage, ok bool) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		name, _ := d.Token()
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return nil, false
		}
		if text, _ := name.(string); strings.EqualFold(strings.NewReplacer("_", "", "-", "").Replace(text), "ActiveJobs") {
			if string(value) == `""` {
				return nil, true
			}
			return elements, json.Unmarshal(value, &elements) == nil
		}
	}
	return nil, false
}

// FuzzJobList: whatever the body, every job that comes out is fit for labels and without the secret, and the error, if
// any, is one short line. What is valid JSON is read as a decoder reads it that has all of it in memory.
func FuzzJobList(f *testing.F) {
	for _, name := range []string{"job_list_docs_current_4624ea9.json", "job_list_docs_2014-10_82f2b52.json"} {
		f.Add(payload(f, name))
	}
	f.Add([]byte(`{"Username":{},"ActiveJobs":[{"JobId":"` + token + `"},{},null,1,{"jobid":"b"},{"JobId":"c"},{"JobId":"d"}]}`))
	f.Add([]byte(`{"ActiveJobs":[{"JobName":"` + strings.Repeat("x", 3000)))
	f.Add([]byte(`{"ActiveJobs":[{"a":[}]}, "\\", "]"]}`))
	f.Add([]byte(`{"active-jobs":"","ErrorType":"X"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var ids []string
		result, err := cielo24.ReadList(bytes.NewReader(body), time.UTC, func(job cielo24.Job) {
			ids = append(ids, job.ID)
			wantFitForLabels(t, job)
		}, cielo24.NewSecret(token))
		if result.Read != len(ids) || result.Whole != (err == nil) {
			t.Fatalf("got %+v with %d jobs, %v", result, len(ids), err)
		}
		if err != nil && (strings.ContainsAny(err.Error(), "\r\n") || strings.Contains(err.Error(), token) || len(err.Error()) > 200) {
			t.Fatalf("unfit error: %q", err)
		}
		if !json.Valid(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))) || !result.Whole {
			return
		}
		elements, ok := reference(body)
		if !ok {
			t.Fatalf("got a list of %v where there is none", ids)
		}
		var want []string
		for _, element := range elements {
			if job, err := cielo24.DecodeListed(element, time.UTC, cielo24.NewSecret(token)); err == nil {
				want = append(want, job.ID)
			}
		}
		if !slices.Equal(ids, want) || result.Unreadable != len(elements)-len(want) {
			t.Fatalf("got %q and %d unreadable, want %q of %d", ids, result.Unreadable, want, len(elements))
		}
	})
}

func BenchmarkReadList(b *testing.B) {
	one := string(payload(b, "job_info_docs_current_4624ea9.json"))
	body := `{"ActiveJobs":[` + strings.Repeat(one+",", 999) + one + `]}`
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if result, err := cielo24.ReadList(strings.NewReader(body), time.UTC, func(cielo24.Job) {}); err != nil || result.Read != 1000 {
			b.Fatal(result, err)
		}
	}
}
