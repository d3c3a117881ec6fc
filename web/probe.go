package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"cielo24_exporter/cielo24"
	"cielo24_exporter/collector"
	"cielo24_exporter/config"

	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// prober asks for one job on demand.
type prober struct{ opts Options }

func (p *prober) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked, err := p.parameters(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	patience, ready := allot(w, r, p.opts.TimeoutOffset)
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	ctx, trace := withTrace(ctx, asked.debug)
	began := p.opts.Now()
	snapshot, ok := p.opts.Collector.Probe(ctx, asked.account, asked.job)
	ready()
	if !ok {
		http.Error(w, p.noSuchAccount(asked.account).Error(), http.StatusBadRequest)
		return
	}
	now := p.opts.Now()
	families := collector.GatherProbe(snapshot, now.Sub(began), now)
	if asked.debug {
		p.explain(w, snapshot.Jobs[0], trace, families)
		return
	}
	gatherer := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, nil })
	promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{
		ErrorLog: logAdapter{level.Error(p.opts.Logger)}, EnableOpenMetrics: true,
	}).ServeHTTP(w, r)
}

// withTrace records the exchange only if somebody wants to see it.
func withTrace(ctx context.Context, debug bool) (context.Context, *cielo24.Trace) {
	if !debug {
		return ctx, nil
	}
	return cielo24.WithTrace(ctx)
}

// parameters are what a probe asks for.
type parameters struct {
	account string
	job     config.Job
	debug   bool
}

// parameters reads the request. Its errors are one line that says which parameter is wrong.
func (p *prober) parameters(r *http.Request) (parameters, error) {
	query := r.URL.Query()
	asked := parameters{account: query.Get("account"), job: config.Job{ID: query.Get("job_id")}}
	if asked.account == "" {
		names := accountNames(p.opts.Collector.Snapshot())
		if len(names) != 1 {
			return asked, fmt.Errorf("parameter account is missing (known: %s)", strings.Join(names, ", "))
		}
		asked.account = names[0]
	}
	if asked.job.ID == "" {
		return asked, errors.New("parameter job_id is missing")
	}
	var err error
	if asked.job.Key, err = config.ParseJobID(asked.job.ID); err != nil {
		return asked, fmt.Errorf("parameter job_id: %w", err)
	}
	switch query.Get("debug") {
	case "", "false":
	case "true":
		asked.debug = true
	default:
		return asked, errors.New("parameter debug must be true or false")
	}
	return asked, nil
}

func (p *prober) noSuchAccount(account string) error {
	return fmt.Errorf("parameter account: no account %.100q (known: %s)", account,
		strings.Join(accountNames(p.opts.Collector.Snapshot()), ", "))
}

// accountNames lists the accounts in the order of the configuration.
func accountNames(snapshots []collector.Snapshot) []string {
	var names []string
	for _, s := range snapshots {
		names = append(names, s.Account)
	}
	return names
}

// explain shows the exchange, what was understood of it, and the metrics, as plain text.
func (p *prober) explain(w http.ResponseWriter, state *collector.JobState, trace *cielo24.Trace, families []*dto.MetricFamily) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Exchange with the API\n\n%s\n# Job\n\n", trace)
	if state.Err != nil {
		fmt.Fprintf(&b, "%s\n", state.Err)
	} else {
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(state.Values); err != nil {
			fmt.Fprintf(&b, "%v\n", err)
		}
	}
	b.WriteString("\n# Metrics\n\n")
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&b, family); err != nil {
			http.Error(w, "The metrics can't be written.", http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}
