package collector

import (
	"math/rand/v2"
	"time"
)

// task is a job to ask for, by its place in the account's list.
type task struct {
	place   int
	state   *JobState // of the job when the task was taken
	attempt int       // 0 for the first
}

// maxAttempts is how often a job is asked for in one refresh when its failure may have passed by the next moment.
const maxAttempts = 3

// work is what a refresh has yet to ask for. Jobs to ask for again come after all others, so that they keep none
// waiting.
type work struct {
	queue   []task
	repeats []task
}

// next takes the next task; false when there is none.
func (w *work) next() (task, bool) {
	from := &w.queue
	if len(*from) == 0 {
		from = &w.repeats
	}
	if len(*from) == 0 {
		return task{}, false
	}
	t := (*from)[0]
	*from = (*from)[1:]
	return t, true
}

// again puts a task back, unless it was tried often enough.
func (w *work) again(t task) {
	if t.attempt+1 < maxAttempts {
		w.repeats = append(w.repeats, task{place: t.place, attempt: t.attempt + 1})
	}
}

// drop takes all tasks and returns those that were never tried.
func (w *work) drop() []task {
	never := w.queue
	w.queue, w.repeats = nil, nil
	return never
}

// pause is how long to wait before attempt: longer each time, and never the same, so that calls that failed together
// are not repeated together.
func pause(attempt int) time.Duration {
	most := time.Duration(attempt) * 200 * time.Millisecond
	return most/2 + rand.N(most/2)
}
