// Command webhook prints every alert that Alertmanager sends it, one line each. It stands in for your pager or chat while
// you try the examples: examples/alertmanager/alertmanager.yml sends everything to http://localhost:9099.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log" //nolint:depguard // a small program of its own, with nothing to configure
	"net/http"
	"os"
	"time"
)

func main() {
	server := &http.Server{Addr: "localhost:9099", Handler: printer{os.Stdout}, ReadTimeout: 10 * time.Second}
	_, _ = fmt.Fprintf(os.Stdout, "Waiting for alerts at http://%s. Press Ctrl-C to stop.\n", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

// notification is what Alertmanager posts, as far as it is printed.
type notification struct {
	Receiver string
	Alerts   []struct {
		Status              string
		Labels, Annotations map[string]string
	}
}

// printer writes each alert as "RECEIVER: firing NAME: SUMMARY".
type printer struct{ w io.Writer }

func (p printer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var n notification
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&n); err != nil {
		http.Error(w, "want a notification from Alertmanager: "+err.Error(), http.StatusBadRequest)
		return
	}
	for _, a := range n.Alerts {
		_, _ = fmt.Fprintf(p.w, "%s: %s %s: %s\n", n.Receiver, a.Status, a.Labels["alertname"], a.Annotations["summary"])
	}
}
