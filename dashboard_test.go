package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cielo24_exporter/e2e/grafana"
)

const dashboardFile = "examples/grafana/dashboards/cielo24.json"

func readDashboard(t *testing.T) *grafana.Dashboard {
	t.Helper()
	d, err := grafana.Load(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The rules are those of Grafana's own dashboard-linter, but for the variables job and instance: what is shown is of
// jobs at cielo24, whichever exporter watches them.
func TestTheDashboardFollowsTheUsualRules(t *testing.T) {
	d := readDashboard(t)
	if d.UID == "" || d.Title == "" || d.Description == "" || len(d.Tags) == 0 || d.Editable || d.SchemaVersion < 38 {
		t.Errorf("uid, title, description, tags, not editable, of Grafana 10: %+v", d)
	}
	variables := map[string]grafana.Variable{}
	for _, v := range d.Templating.List {
		variables[v.Name] = v
	}
	if v := variables["datasource"]; v.Type != "datasource" || string(v.Query) != `"prometheus"` {
		t.Errorf("no variable datasource: %+v", v)
	}
	for _, name := range []string{"account", "status"} {
		if v := variables[name]; v.Type != "query" || !v.Multi || !v.IncludeAll || v.AllValue == "" || v.Refresh != 2 || v.Datasource.UID != "${datasource}" {
			t.Errorf("variable %s: %+v", name, v)
		}
	}
	titles, ids := map[string]bool{}, map[int]bool{}
	for _, p := range d.Panels {
		if titles[p.Title] || ids[p.ID] || p.Title == "" {
			t.Errorf("%s (%d): title and id must be there once", p.Title, p.ID)
		}
		titles[p.Title], ids[p.ID] = true, true
		if p.Type != "row" {
			checkPanel(t, p)
		}
	}
	for _, a := range d.Annotations.List {
		if a.Expr != "" && a.Datasource.UID != "${datasource}" {
			t.Errorf("annotation %s: data source %s", a.Name, a.Datasource.UID)
		}
	}
}

func checkPanel(t *testing.T, p grafana.Panel) {
	t.Helper()
	kinds := []string{"stat", "table", "timeseries", "histogram", "heatmap", "state-timeline"} // none of the deprecated ones
	if !slices.Contains(kinds, p.Type) || p.Description == "" || p.Datasource.UID != "${datasource}" || p.FieldConfig.Defaults.Unit == "" {
		t.Errorf("%s: a panel of a kind that is kept, with description, data source and unit: %+v", p.Title, p)
	}
	if len(p.Targets) == 0 {
		t.Errorf("%s: no query", p.Title)
	}
	refs := map[string]bool{}
	for _, target := range p.Targets {
		rate := regexp.MustCompile(`\b(rate|irate|increase)\(`).MatchString(target.Expr)
		switch {
		case target.Datasource.UID != "${datasource}" || refs[target.RefID]:
			t.Errorf("%s %s: data source, or the letter is there twice", p.Title, target.RefID)
		case !strings.Contains(target.Expr, `account=~"$account"`):
			t.Errorf("%s %s: does not heed the variable account", p.Title, target.RefID)
		case rate && !target.Instant && !strings.Contains(target.Expr, "[$__rate_interval]"):
			t.Errorf("%s %s: a rate over a fixed time", p.Title, target.RefID)
		case strings.Contains(target.Expr, "_total{") && !rate:
			t.Errorf("%s %s: a counter without a rate", p.Title, target.RefID)
		}
		refs[target.RefID] = true
	}
}

func TestPanelsOfTheDashboardDoNotOverlap(t *testing.T) {
	taken := map[string]string{}
	for _, p := range readDashboard(t).Panels {
		b := p.GridPos
		if b.W < 1 || b.H < 1 || b.X < 0 || b.X+b.W > 24 {
			t.Errorf("%s is not on the grid: %+v", p.Title, b)
		}
		for x := b.X; x < b.X+b.W; x++ {
			for y := b.Y; y < b.Y+b.H; y++ {
				at := fmt.Sprintf("%d,%d", x, y)
				if other := taken[at]; other != "" {
					t.Fatalf("%s and %s overlap at %s", p.Title, other, at)
				}
				taken[at] = p.Title
			}
		}
	}
}
