package simulator

import (
	"crypto/rand"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"time"
)

// User is an account that can log in.
type User struct {
	Username  string
	Password  string // empty: no login by password
	SecureKey string // empty: no login by securekey
	Parent    string // the account whose tokens read this one's jobs too, and its sub-accounts'; may be empty
}

// accounts are the users and their sessions.
type accounts struct {
	lifetime time.Duration

	mu       sync.RWMutex
	users    map[string]User
	sessions map[string]*session // by token
}

// session is what a token stands for.
type session struct {
	username string
	used     atomic.Int64 // Unix nanoseconds
}

func newAccounts(lifetime time.Duration) *accounts {
	return &accounts{lifetime: lifetime, users: make(map[string]User), sessions: make(map[string]*session)}
}

func (a *accounts) addUser(u User) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.users[u.Username] = u
}

// addToken begins a session, and forgets those that have ended.
func (a *accounts) addToken(token, username string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for token, s := range a.sessions {
		if !a.alive(s, now) {
			delete(a.sessions, token)
		}
	}
	s := &session{username: username}
	s.used.Store(now.UnixNano())
	a.sessions[token] = s
}

func (a *accounts) expire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.sessions)
}

// alive: a token ends "after the user has been inactive for more than one hour" (doc).
func (a *accounts) alive(s *session, now time.Time) bool {
	return now.Sub(time.Unix(0, s.used.Load())) <= a.lifetime
}

// use returns whose token it is and prolongs its life (inferred); ok is false for a dead or unknown token.
func (a *accounts) use(token string, now time.Time) (username string, ok bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	s, ok := a.sessions[token]
	if !ok || !a.alive(s, now) {
		return "", false
	}
	s.used.Store(now.UnixNano())
	return s.username, true
}

// knows reports whether a token is alive, without prolonging its life.
func (a *accounts) knows(token string, now time.Time) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	s, ok := a.sessions[token]
	return ok && a.alive(s, now)
}

// login begins a session. A securekey is no token: what it buys is one (inferred).
func (a *accounts) login(c credentials, now time.Time) (token string, ok bool) {
	a.mu.RLock()
	u, known := a.users[c.Username]
	a.mu.RUnlock()
	byPassword := u.Password != "" && c.Password == u.Password
	byKey := u.SecureKey != "" && c.SecureKey == u.SecureKey
	if !known || !byPassword && !byKey {
		return "", false
	}
	token = newToken()
	a.addToken(token, u.Username, now)
	return token, true
}

// newToken returns 32 random hex digits.
func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// mayRead reports whether username is owner, or above owner in the tree of accounts (doc). A job without an owner is
// everybody's.
func (a *accounts) mayRead(username, owner string) bool {
	if owner == "" || owner == username {
		return true
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	// As many steps as there are users, in case somebody is made their own grandparent.
	for range a.users {
		if owner = a.users[owner].Parent; owner == "" {
			return false
		}
		if owner == username {
			return true
		}
	}
	return false
}
