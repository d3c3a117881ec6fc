package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// inbox is where Alertmanager's messages arrive: webhooks, and what a person reads in a chat.
type inbox struct {
	t   *testing.T
	url string

	mu       sync.Mutex
	alerts   map[string]alert // by receiver, name and job, as heard last
	fired    map[string]bool  // those that ever arrived as firing, by the same
	messages []message
}

// alert is one of a webhook's message.
type alert struct {
	Status      string
	Labels      map[string]string
	Annotations map[string]string
}

// message is one in a chat.
type message struct{ Receiver, Title, Text string }

func newInbox(t *testing.T) *inbox {
	t.Helper()
	i := &inbox{t: t, alerts: map[string]alert{}, fired: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{receiver}", i.webhook)
	mux.HandleFunc("POST /chat/{receiver}", i.chat)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func (i *inbox) webhook(w http.ResponseWriter, r *http.Request) {
	var body struct{ Alerts []alert }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		i.t.Errorf("got a webhook that is not JSON: %v", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, a := range body.Alerts {
		k := key(r.PathValue("receiver"), a.Labels["alertname"], a.Labels["job_id"])
		i.alerts[k] = a
		i.fired[k] = i.fired[k] || a.Status == "firing"
	}
}

// chat takes what Slack would get.
func (i *inbox) chat(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Attachments []struct{ Title, Text string }
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.Attachments) != 1 {
		i.t.Errorf("got a chat message with %d attachments (%v), want 1", len(body.Attachments), err)
		http.Error(w, "not a message", http.StatusBadRequest)
		return
	}
	i.mu.Lock()
	i.messages = append(i.messages, message{r.PathValue("receiver"), body.Attachments[0].Title, body.Attachments[0].Text})
	i.mu.Unlock()
	_, _ = w.Write([]byte("ok"))
}

func key(receiver, name, job string) string {
	return strings.TrimSpace(receiver + ": " + name + " " + job)
}

// wants waits until the alert has arrived with the status, and returns it.
func (i *inbox) wants(status, receiver, name, job string) alert {
	i.t.Helper()
	var found alert
	eventually(i.t, key(receiver, name, job)+" "+status, func() error {
		i.mu.Lock()
		defer i.mu.Unlock()
		var ok bool
		if found, ok = i.alerts[key(receiver, name, job)]; !ok || found.Status != status {
			return fmt.Errorf("got only %v", i.alerts)
		}
		return nil
	})
	return found
}

// reads waits until a chat message has arrived whose title and text contain the two, and returns it.
func (i *inbox) reads(receiver, title, text string) message {
	i.t.Helper()
	var found message
	eventually(i.t, "message "+title, func() error {
		i.mu.Lock()
		defer i.mu.Unlock()
		for _, m := range i.messages {
			if m.Receiver == receiver && strings.Contains(m.Title, title) && strings.Contains(m.Text, text) {
				found = m
				return nil
			}
		}
		return fmt.Errorf("got only %+v", i.messages)
	})
	return found
}

// heardOf returns the alerts of a job that ever arrived as firing. One that was held back may still be among those that a
// message calls resolved, when others of the same group are.
func (i *inbox) heardOf(job string) []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var names []string
	for k, fired := range i.fired {
		if fired && strings.HasSuffix(k, job) {
			names = append(names, k)
		}
	}
	return names
}
