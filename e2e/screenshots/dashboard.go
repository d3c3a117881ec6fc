package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"os"
	"time"

	"cielo24_exporter/e2e/grafana"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

//go:embed dashboard.html
var dashboardHTML string

// The size of a cell of the grid, in pixels.
const (
	column = 65
	line   = 38
)

// drawn is a panel in the picture.
type drawn struct {
	grafana.Panel

	Body template.HTML
}

// drawDashboard asks Prometheus what the dashboard asks and writes it as a page.
func drawDashboard(ctx context.Context, address string, history time.Duration, file string) error {
	dashboard, err := grafana.Load("examples/grafana/dashboards/cielo24.json")
	if err != nil {
		return err
	}
	client, err := api.NewClient(api.Config{Address: address})
	if err != nil {
		return err
	}
	a := asker{v1.NewAPI(client), dashboard, time.Now(), history}
	var panels []drawn
	for _, panel := range dashboard.Panels {
		body, err := a.draw(ctx, panel)
		if err != nil {
			return fmt.Errorf("%s: %w", panel.Title, err)
		}
		panels = append(panels, drawn{panel, body})
	}
	page, err := template.New("dashboard").Funcs(template.FuncMap{
		"px": func(box grafana.Box) template.CSS {
			return template.CSS(fmt.Sprintf("left:%dpx;top:%dpx;width:%dpx;height:%dpx", //nolint:gosec // numbers
				box.X*column+12, box.Y*line+70, box.W*column-8, box.H*line-8))
		},
	}).Parse(dashboardHTML)
	if err != nil {
		return err
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := page.Execute(out, map[string]any{"Title": dashboard.Title, "Panels": panels}); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// asker asks the queries of a dashboard.
type asker struct {
	api       v1.API
	dashboard *grafana.Dashboard
	now       time.Time
	history   time.Duration
}

// series is one line of an answer.
type series struct {
	target grafana.Target
	labels model.Metric
	name   string // of the legend
	points []model.SamplePair
}

func (s *series) last() float64 { return float64(s.points[len(s.points)-1].Value) }

// ask asks all queries of a panel.
func (a *asker) ask(ctx context.Context, p grafana.Panel) ([]series, error) {
	var all []series
	for _, target := range p.Targets {
		expr := a.dashboard.Substitute(target.Expr, 5)
		var answer model.Value
		var err error
		if target.Instant {
			answer, _, _, err = a.api.Query(ctx, expr, a.now)
		} else {
			answer, _, _, err = a.api.QueryRange(ctx, expr, v1.Range{Start: a.now.Add(-a.history), End: a.now, Step: time.Second})
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", expr, err)
		}
		switch answer := answer.(type) {
		case model.Vector:
			for _, s := range answer {
				all = append(all, series{target, s.Metric, legend(target, s.Metric), []model.SamplePair{{Timestamp: s.Timestamp, Value: s.Value}}})
			}
		case model.Matrix:
			for _, s := range answer {
				if len(s.Values) > 0 {
					all = append(all, series{target, s.Metric, legend(target, s.Metric), s.Values})
				}
			}
		}
	}
	return all, nil
}

// table draws a table from Prometheus' answers.
func (a *asker) table(ctx context.Context, p *grafana.Panel) (template.HTML, error) {
	var answers []grafana.Answer
	for _, target := range p.Targets {
		vector, _, _, err := a.api.Query(ctx, a.dashboard.Substitute(target.Expr, 5), a.now)
		if err != nil {
			return "", fmt.Errorf("query %s: %w", target.RefID, err)
		}
		result, err := json.Marshal(vector)
		if err != nil {
			return "", err
		}
		answers = append(answers, grafana.Answer{RefID: target.RefID, Result: result})
	}
	t, err := p.Table(ctx, answers)
	if err != nil {
		return "", err
	}
	return table(t), nil
}

// draw draws what is in the panel.
func (a *asker) draw(ctx context.Context, p grafana.Panel) (template.HTML, error) {
	switch p.Type {
	case "row":
		return "", nil
	case "table":
		return a.table(ctx, &p)
	}
	data, err := a.ask(ctx, p)
	if err != nil || len(data) == 0 {
		return `<p class="none">no data</p>`, err
	}
	c := canvas{w: p.GridPos.W*column - 34, h: p.GridPos.H*line - 60, from: a.now.Add(-a.history), to: a.now}
	switch p.Type {
	case "stat":
		return stat(p, data), nil
	case "histogram":
		return c.histogram(p, data), nil
	case "heatmap":
		return c.heatmap(p, data), nil
	case "state-timeline":
		return c.timeline(p, data), nil
	}
	return c.lines(p, data), nil
}
