package config

import (
	"sync"
	"time"
)

// Reloader reads a configuration, at first and whenever it is told to, and hands it on if it is valid.
type Reloader struct {
	load  func() (*Config, error)
	apply func(*Config) error
	now   func() time.Time

	reloading sync.Mutex // one at a time

	mu   sync.Mutex
	ok   bool
	last time.Time
}

// NewReloader returns a reloader that has not called load yet, which is Load of some file, or Parse. apply puts a
// configuration in force, or returns an error and changes nothing.
func NewReloader(load func() (*Config, error), apply func(*Config) error, now func() time.Time) *Reloader {
	return &Reloader{load: load, apply: apply, now: now}
}

// Reload loads the configuration and puts it in force. On an error, which is Problems when the file is at fault, what was in
// force stays so.
func (r *Reloader) Reload() error {
	r.reloading.Lock()
	defer r.reloading.Unlock()
	cfg, err := r.load()
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
