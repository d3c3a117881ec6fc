// Package grafana reads a dashboard as Grafana would: its panels, and its queries with the variables put in. Tests and
// the picture of the dashboard need it; it draws nothing.
package grafana

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Dashboard is what is needed of a dashboard's JSON.
type Dashboard struct {
	UID           string
	Title         string
	Description   string
	Tags          []string
	Editable      bool
	SchemaVersion int
	Panels        []Panel
	Templating    struct{ List []Variable }
	Annotations   struct{ List []Annotation }
}

// Panel is a panel, or the title of a row of them.
type Panel struct {
	ID          int
	Type        string
	Title       string
	Description string
	Datasource  Datasource
	GridPos     Box
	Targets     []Target
	FieldConfig FieldConfig
	Options     Options

	raw json.RawMessage // all of it, for Grafana's own code
}

// UnmarshalJSON reads a panel and keeps its JSON.
func (p *Panel) UnmarshalJSON(data []byte) error {
	type panel Panel
	if err := json.Unmarshal(data, (*panel)(p)); err != nil {
		return err
	}
	p.raw = bytes.Clone(data)
	return nil
}

// Box is where a panel is, on a grid that is 24 wide.
type Box struct{ X, Y, W, H int }

// Datasource names one, or a variable with its name.
type Datasource struct{ Type, UID string }

// Target is a query.
type Target struct {
	Datasource   Datasource
	Expr         string
	Format       string
	Instant      bool
	LegendFormat string
	RefID        string
}

// FieldConfig says how values look.
type FieldConfig struct {
	Defaults  Field
	Overrides []struct {
		Matcher    struct{ ID, Options string }
		Properties []struct {
			ID    string
			Value json.RawMessage
		}
	}
}

// Field is how the values of a field look.
type Field struct {
	Unit       string
	Decimals   *int
	Min, Max   *float64
	Thresholds struct{ Steps []Step }
	Mappings   []Mapping
	Color      struct{ FixedColor string }
	Custom     struct {
		FillOpacity int
		Stacking    struct{ Mode string }
	}
}

// Step is a colour from a value on; the first has none.
type Step struct {
	Color string
	Value *float64
}

// Mapping is a text and a colour for a value.
type Mapping struct {
	Options map[string]struct{ Color, Text string }
}

// Options are those of the panels that are used.
type Options struct {
	BucketCount int
	SortBy      []struct {
		DisplayName string
		Desc        bool
	}
}

// Variable is one to choose from.
type Variable struct {
	Name       string
	Type       string
	Definition string
	AllValue   string
	IncludeAll bool
	Multi      bool
	Query      json.RawMessage // a text, or an object with one
	Datasource Datasource
	Refresh    int
	Current    struct{ Value any } // what is chosen when the dashboard is opened
}

// Annotation marks moments in all panels.
type Annotation struct {
	Name       string
	Expr       string
	Datasource Datasource
}

// Load reads a dashboard. The error, if any, says which file and why.
func Load(file string) (*Dashboard, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var d Dashboard
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &d, nil
}

// Panel returns the panel of that title.
func (d *Dashboard) Panel(title string) (*Panel, error) {
	for i := range d.Panels {
		if d.Panels[i].Title == title {
			return &d.Panels[i], nil
		}
	}
	return nil, fmt.Errorf("no panel %s", title)
}

// Choose sets what is chosen of a variable, instead of what is when the dashboard is opened.
func (d *Dashboard) Choose(variable string, values ...any) {
	for i := range d.Templating.List {
		if v := &d.Templating.List[i]; v.Name == variable {
			v.Current.Value = values
		}
	}
}

// Query is a query of a panel, with all variables put in.
type Query struct {
	Where   string // the panel's title and the query's letter
	Expr    string
	Instant bool
}

// Queries returns all queries of panels and annotations, as they are when the dashboard is opened, at a scrape interval of
// that many seconds.
func (d *Dashboard) Queries(interval int) []Query {
	var all []Query
	for _, p := range d.Panels {
		for _, t := range p.Targets {
			all = append(all, Query{p.Title + " " + t.RefID, d.Substitute(t.Expr, interval), t.Instant})
		}
	}
	for _, a := range d.Annotations.List {
		if a.Expr != "" {
			all = append(all, Query{"annotation " + a.Name, d.Substitute(a.Expr, interval), true})
		}
	}
	return all
}

// Substitute puts the variables into an expression, with what is chosen of them, and the interval over which Grafana
// takes rates: four scrapes.
func (d *Dashboard) Substitute(expr string, interval int) string {
	replace := []string{"$__rate_interval", fmt.Sprintf("%ds", 4*interval)}
	for _, v := range d.Templating.List {
		if v.IncludeAll {
			replace = append(replace, "$"+v.Name, v.chosen())
		}
	}
	return strings.NewReplacer(replace...).Replace(expr)
}

// chosen is what is chosen of several values, as a regular expression.
func (v *Variable) chosen() string {
	values, _ := v.Current.Value.([]any)
	var texts []string
	for _, value := range values {
		text, _ := value.(string)
		if text == "$__all" {
			return v.AllValue
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "|")
}
