package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"cielo24_exporter/e2e/grafana"

	"github.com/prometheus/common/model"
)

// canvas is where a chart is drawn, in pixels.
type canvas struct {
	w, h     int
	from, to time.Time
	b        strings.Builder

	stack   map[model.Time]float64 // what the lines so far add up to; nil if they are not stacked
	opacity int                    // of areas, in percent
	most    float64                // the top of the value axis
}

// The space for the axes.
const (
	left   = 62
	bottom = 34
)

func (c *canvas) x(t model.Time) float64 {
	share := t.Time().Sub(c.from).Seconds() / c.to.Sub(c.from).Seconds()
	return left + share*float64(c.w-left-8)
}

func (c *canvas) y(v float64) float64 { return 6 + (1-v/c.most)*float64(c.h-bottom-6) }

// done closes the chart, with its time axis and a legend.
func (c *canvas) done(legend string) template.HTML {
	for i := range 5 {
		at := c.from.Add(time.Duration(i) * c.to.Sub(c.from) / 4)
		fmt.Fprintf(&c.b, `<text x="%.0f" y="%d" text-anchor="middle">%s</text>`, c.x(model.TimeFromUnixNano(at.UnixNano()))-float64(i*4), c.h-bottom+18, at.UTC().Format("15:04:05"))
	}
	return template.HTML(fmt.Sprintf(`<svg width="%d" height="%d">%s</svg><div class="legend">%s</div>`, c.w, c.h-14, c.b.String(), legend)) //nolint:gosec // escaped where it is a text
}

// grid draws the value axis.
func (c *canvas) grid(unit string) {
	for i := range 5 {
		v := c.most * float64(i) / 4
		fmt.Fprintf(&c.b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#2a2c34"/>`, left, c.w-8, c.y(v), c.y(v))
		fmt.Fprintf(&c.b, `<text x="%d" y="%.1f" text-anchor="end">%s</text>`, left-6, c.y(v)+4, in(unit, v))
	}
}

// lines draws lines over time, on top of each other if they are stacked.
func (c *canvas) lines(p grafana.Panel, data []series) template.HTML {
	slices.SortFunc(data, func(a, b series) int { return cmp.Compare(a.name, b.name) })
	c.opacity = p.FieldConfig.Defaults.Custom.FillOpacity
	if p.FieldConfig.Defaults.Custom.Stacking.Mode == "normal" {
		c.stack = map[model.Time]float64{}
	}
	c.most = nice(c.highest(data))
	if p.FieldConfig.Defaults.Max != nil {
		c.most = *p.FieldConfig.Defaults.Max
	}
	c.grid(p.FieldConfig.Defaults.Unit)
	var legend strings.Builder
	for i, s := range data {
		tint := tint(p, s.name, i)
		c.line(s, tint)
		fmt.Fprintf(&legend, `<span><i style="background:%s"></i>%s %s</span>`, tint, template.HTMLEscapeString(s.name), in(p.FieldConfig.Defaults.Unit, s.last()))
	}
	return c.done(legend.String())
}

// highest is the highest point of all lines.
func (c *canvas) highest(data []series) (most float64) {
	sums := map[model.Time]float64{}
	for _, s := range data {
		for _, point := range s.points {
			v := float64(point.Value)
			if math.IsNaN(v) {
				continue
			}
			sums[point.Timestamp] += v
			if c.stack != nil {
				v = sums[point.Timestamp]
			}
			most = max(most, v)
		}
	}
	return most
}

// line draws one, on top of those before if they are stacked.
func (c *canvas) line(s series, tint string) {
	var upper, lower []string
	for _, point := range s.points {
		v := float64(point.Value)
		if math.IsNaN(v) {
			continue
		}
		under := c.stack[point.Timestamp]
		if c.stack != nil {
			v += under
			c.stack[point.Timestamp] = v
		}
		upper = append(upper, fmt.Sprintf("%.1f,%.1f", c.x(point.Timestamp), c.y(v)))
		lower = append(lower, fmt.Sprintf("%.1f,%.1f", c.x(point.Timestamp), c.y(under)))
	}
	slices.Reverse(lower)
	fmt.Fprintf(&c.b, `<polygon points="%s %s" fill="%s" fill-opacity="%.2f"/>`, strings.Join(upper, " "), strings.Join(lower, " "), tint, float64(c.opacity)/100)
	fmt.Fprintf(&c.b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`, strings.Join(upper, " "), tint)
}

// tint is the colour of a series: its own, or the next one.
func tint(p grafana.Panel, name string, i int) string {
	for _, o := range p.FieldConfig.Overrides {
		for _, property := range o.Properties {
			var own struct{ FixedColor string }
			if o.Matcher.Options == name && property.ID == "color" && json.Unmarshal(property.Value, &own) == nil {
				return color(own.FixedColor)
			}
		}
	}
	return palette(i)
}

// nice is a round number that is not less.
func nice(v float64) float64 {
	if v <= 0 {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 4, 5, 10} {
		if v <= m*unit {
			return m * unit
		}
	}
	return v
}

// histogram draws how often which values occur.
func (c *canvas) histogram(p grafana.Panel, data []series) template.HTML {
	n := p.Options.BucketCount
	most := 0.0
	for _, s := range data {
		most = max(most, s.last())
	}
	most = nice(most)
	counts, highest := make([]int, n), 0
	for _, s := range data {
		i := max(0, min(int(s.last()/most*float64(n)), n-1))
		counts[i]++
		highest = max(highest, counts[i])
	}
	c.most = float64(highest)
	for i, count := range counts {
		w := float64(c.w-left-8) / float64(n)
		fmt.Fprintf(&c.b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, left+float64(i)*w+1, c.y(float64(count)),
			w-2, float64(count)/float64(highest)*float64(c.h-bottom-6), color("blue"))
	}
	for i := range 5 {
		fmt.Fprintf(&c.b, `<text x="%.0f" y="%d" text-anchor="middle">%s</text>`, left+float64(i*(c.w-left-30))/4+8, c.h-bottom+18, in(p.FieldConfig.Defaults.Unit, most*float64(i)/4))
	}
	fmt.Fprintf(&c.b, `<text x="%d" y="12" text-anchor="end">%d</text>`, left-6, highest)
	return template.HTML(fmt.Sprintf(`<svg width="%d" height="%d">%s</svg>`, c.w, c.h, c.b.String())) //nolint:gosec // numbers
}

// heatmap draws how many calls took how long; a series is what is up to a bound.
func (c *canvas) heatmap(p grafana.Panel, data []series) template.HTML {
	bound := func(s series) float64 {
		le, err := strconv.ParseFloat(string(s.labels["le"]), 64)
		if err != nil {
			return math.Inf(1)
		}
		return le
	}
	slices.SortFunc(data, func(a, b series) int { return cmp.Compare(bound(a), bound(b)) })
	rows := len(data)
	high := float64(c.h-bottom-6) / float64(rows)
	below := map[model.Time]float64{}
	for i, s := range data {
		top := 6 + high*float64(rows-1-i)
		fmt.Fprintf(&c.b, `<text x="%d" y="%.1f" text-anchor="end">%s</text>`, left-6, top+high/2+4, strings.Replace(in(p.FieldConfig.Defaults.Unit, bound(s)), "+Inf h", "more", 1))
		for j, point := range s.points {
			here := float64(point.Value) - below[point.Timestamp]
			below[point.Timestamp] = float64(point.Value)
			if j%4 != 0 || here <= 0 {
				continue
			}
			fmt.Fprintf(&c.b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#5794f2" fill-opacity="%.2f"/>`, c.x(point.Timestamp), top+1,
				4*float64(c.w-left-8)/c.to.Sub(c.from).Seconds()-1, high-2, min(1, .15+math.Sqrt(here)/12))
		}
	}
	return c.done("")
}

// timeline draws in which state a series was when.
func (c *canvas) timeline(p grafana.Panel, data []series) template.HTML {
	high := float64(c.h-bottom-6) / float64(len(data))
	for i, s := range data {
		top := 6 + high*float64(i)
		fmt.Fprintf(&c.b, `<text x="%d" y="%.1f" text-anchor="end">%s</text>`, left-6, top+high/2+4, template.HTMLEscapeString(s.name))
		for _, point := range s.points {
			state := p.FieldConfig.Defaults.Mappings[0].Options[point.Value.String()]
			fmt.Fprintf(&c.b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, c.x(point.Timestamp), top+high*.1,
				float64(c.w-left-8)/c.to.Sub(c.from).Seconds()+.6, high*.8, color(state.Color))
		}
	}
	return c.done("")
}
