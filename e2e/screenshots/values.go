package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cielo24_exporter/e2e/grafana"
	"cielo24_exporter/humanize"

	"github.com/prometheus/common/model"
)

// legend is the name of a series.
func legend(t grafana.Target, labels model.Metric) string {
	return regexp.MustCompile(`{{(\w+)}}`).ReplaceAllStringFunc(t.LegendFormat, func(s string) string {
		return string(labels[model.LabelName(strings.Trim(s, "{}"))])
	})
}

// color is one of Grafana's by its name.
func color(name string) string {
	known := map[string]string{
		"green": "#56a64b", "red": "#e02f44", "orange": "#ff780a", "blue": "#3274d9", "light-blue": "#5794f2", "purple": "#a352cc", "text": "#ccccdc",
	}
	return cmp.Or(known[name], "#8e8ea0")
}

// palette is for series without a colour of their own.
func palette(i int) string {
	all := []string{"#73bf69", "#f2cc0c", "#5794f2", "#ff780a", "#e02f44", "#b877d9", "#8ab8ff", "#96d98d", "#fade2a"}
	return all[i%len(all)]
}

// step is the colour of a value by its thresholds.
func step(steps []grafana.Step, v float64) string {
	name := "text"
	for _, s := range steps {
		if s.Value == nil || v >= *s.Value {
			name = s.Color
		}
	}
	return name
}

// in writes a value in its unit.
func in(unit string, v float64) string {
	switch unit {
	case "percentunit":
		return strconv.FormatFloat(v*100, 'f', 0, 64) + " %"
	case "h":
		return strconv.FormatFloat(v, 'f', 1, 64) + " h"
	case "dtdurations":
		return humanize.Duration(v)
	case "dateTimeAsLocal":
		return time.UnixMilli(int64(v)).UTC().Format("2006-01-02 15:04")
	case "reqps":
		return strconv.FormatFloat(v, 'g', 2, 64) + " req/s"
	case "s":
		switch {
		case v == 0:
			return "0 s"
		case v < 1e-3:
			return strconv.FormatFloat(v*1e6, 'f', 0, 64) + " µs"
		case v < 1:
			return strconv.FormatFloat(v*1e3, 'g', 3, 64) + " ms"
		case v < 3600:
			return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) + " s"
		}
		return strconv.FormatFloat(v/3600, 'f', 1, 64) + " h"
	}
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// stat draws one number, or several beside each other.
func stat(p grafana.Panel, data []series) template.HTML {
	var b strings.Builder
	b.WriteString(`<div class="stats">`)
	for _, s := range data {
		c := step(p.FieldConfig.Defaults.Thresholds.Steps, s.last())
		style := "background:" + color(c) + ";color:#fff"
		name := ""
		if c == "text" || strings.Contains(p.Targets[0].LegendFormat, "{{") {
			style = "color:" + color(c)
			name = s.name
		}
		fmt.Fprintf(&b, `<div class="stat" style=%q><b>%s</b>%s</div>`, style, in(p.FieldConfig.Defaults.Unit, s.last()), template.HTMLEscapeString(name))
	}
	b.WriteString(`</div>`)
	return template.HTML(b.String()) //nolint:gosec // escaped where it is a text
}

// table merges the answers into rows and draws them, as the panel's transformations say.
func table(p grafana.Panel, data []series) template.HTML {
	rows, columns := merge(p, data)
	var b strings.Builder
	b.WriteString("<table><tr>")
	for _, c := range columns {
		fmt.Fprintf(&b, "<th>%s</th>", template.HTMLEscapeString(c))
	}
	b.WriteString("</tr>")
	for _, row := range rows {
		b.WriteString("<tr>")
		for _, c := range columns {
			b.WriteString(cell(p, c, row[c]))
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</table>")
	return template.HTML(b.String()) //nolint:gosec // escaped where it is a text
}

// merge joins series of the same job and names their fields.
func merge(p grafana.Panel, data []series) (rows []map[string]any, columns []string) {
	byJob := map[string]map[string]any{}
	organize := p.Transformations[1].Options
	index := map[string]int{}
	put := func(row map[string]any, field string, value any) {
		if organize.ExcludeByName[field] {
			return
		}
		name := cmp.Or(organize.RenameByName[field], field)
		row[name] = value
		index[name] = organize.IndexByName[field]
	}
	for _, s := range data {
		job := string(s.labels["account"] + "/" + s.labels["job_id"])
		if byJob[job] == nil {
			byJob[job] = map[string]any{}
			rows = append(rows, byJob[job])
		}
		for name, value := range s.labels {
			put(byJob[job], string(name), string(value))
		}
		put(byJob[job], "Value #"+s.target.RefID, s.last())
	}
	for name := range index {
		columns = append(columns, name)
	}
	slices.SortFunc(columns, func(a, b string) int { return index[a] - index[b] })
	by := p.Options.SortBy[0].DisplayName
	slices.SortStableFunc(rows, func(a, b map[string]any) int {
		x, okX := a[by].(float64)
		y, okY := b[by].(float64)
		if okX != okY {
			return cmp.Compare(fmt.Sprint(okY), fmt.Sprint(okX))
		}
		return cmp.Compare(x, y)
	})
	return rows, columns
}

// cell draws a value as the overrides of its field say.
func cell(p grafana.Panel, field string, value any) string {
	if value == nil {
		return "<td></td>"
	}
	f := p.FieldConfig.Defaults
	kind := ""
	for _, o := range p.FieldConfig.Overrides {
		if o.Matcher.Options != field {
			continue
		}
		for _, property := range o.Properties {
			kind = override(&f, kind, property.ID, property.Value)
		}
	}
	text, tint := fmt.Sprint(value), "text"
	if number, ok := value.(float64); ok {
		text, tint = in(f.Unit, number), step(f.Thresholds.Steps, number)
	}
	for _, m := range f.Mappings {
		if known, ok := m.Options[fmt.Sprint(value)]; ok {
			text, tint = known.Text, known.Color
		}
	}
	text = template.HTMLEscapeString(text)
	switch kind {
	case "color-background":
		return fmt.Sprintf(`<td><span class="chip" style="background:%s">%s</span></td>`, color(tint), text)
	case "color-text":
		return fmt.Sprintf(`<td style="color:%s">%s</td>`, color(tint), text)
	}
	return "<td>" + text + "</td>"
}

// override applies a property to a field and returns how its cells are coloured.
func override(f *grafana.Field, kind, id string, value json.RawMessage) string {
	var into any
	var options struct{ Type string }
	switch id {
	case "unit":
		into = &f.Unit
	case "mappings":
		into = &f.Mappings
	case "thresholds":
		into = &f.Thresholds
	case "custom.cellOptions":
		into = &options
	default:
		return kind
	}
	if json.Unmarshal(value, into) != nil || options.Type == "" {
		return kind
	}
	return options.Type
}
