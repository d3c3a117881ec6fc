package config

import (
	"sync"
	"time"
)

// Reloader reads a configuration file, at first and whenever it is told to, and hands it on if it is valid.
type Reloader struct {
	file  string
	apply func(*Config) error
	now   func() time.Time

	reloading sync.Mutex // one at a time

	mu   sync.Mutex
	ok   bool
	last time.Time
}

// NewReloader returns a reloader that has not read the file yet. apply puts a configuration in force, or returns an
// error and changes nothing.
func NewReloader(file string, apply func(*Config) error, now func() time.Time) *Reloader {
	return &Reloader{file: file, apply: apply, now: now}
}

// Reload reads the file and puts it in force. On an error, which is Problems when the file is at fault, what was in
// force stays so.
func (r *Reloader) Reload() error {
	r.reloading.Lock()
	defer r.reloading.Unlock()
	cfg, err := Load(r.file)
	if err == nil {
		err = r.apply(cfg)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ok = err == nil
	if r.ok {
		r.last = r.now()
	}
	return err
}

// Status reports whether the last reload succeeded, and when one last did; the zero time if none has.
func (r *Reloader) Status() (ok bool, last time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ok, r.last
}
