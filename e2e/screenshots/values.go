package main

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"regexp"
	"strconv"
	"strings"

	"cielo24_exporter/e2e/grafana"

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

// table draws what Grafana makes of the answers.
func table(t *grafana.Table) template.HTML {
	var b strings.Builder
	b.WriteString("<table><colgroup>")
	for _, c := range t.Columns {
		width := "" // what the others leave
		if c.Width > 0 {
			width = fmt.Sprintf(` style="width:%dpx"`, c.Width)
		}
		fmt.Fprintf(&b, "<col%s>", width)
	}
	b.WriteString("</colgroup><tr>")
	for _, c := range t.Columns {
		fmt.Fprintf(&b, "<th%s>%s</th>", alignment(c), template.HTMLEscapeString(c.Name))
	}
	b.WriteString("</tr>")
	for _, row := range t.Rows {
		b.WriteString("<tr>")
		for i, cell := range row {
			fmt.Fprintf(&b, "<td%s>%s</td>", alignment(t.Columns[i]), inCell(t.Columns[i], cell))
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</table>")
	return template.HTML(b.String()) //nolint:gosec // escaped where it is a text
}

// alignment is the attribute of a cell that has it right, as Grafana has numbers.
func alignment(c grafana.Column) string {
	if c.Numeric {
		return ` class="number"`
	}
	return ""
}

// inCell draws a value as its column says.
func inCell(c grafana.Column, cell grafana.Cell) string {
	text := template.HTMLEscapeString(cell.Text)
	switch {
	case cell.Text == "":
		return ""
	case c.Cell == "color-background":
		return fmt.Sprintf(`<span class="chip" style="background:%s">%s</span>`, cell.Color, text)
	case c.Cell == "color-text":
		return fmt.Sprintf(`<span style="color:%s">%s</span>`, cell.Color, text)
	}
	return text
}
