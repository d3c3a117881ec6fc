package grafana

import (
	"bytes"
	"context"
	_ "embed" // for the program that runs Grafana's code
	"encoding/json"
	"fmt"
	"os/exec"
)

// tableProgram runs in Node.js, with the packages of node/package-lock.json.
//
//go:embed node/table.js
var tableProgram string

// Answer is what Prometheus answers to an instant query of a panel.
type Answer struct {
	RefID  string          `json:"refId"`
	Result json.RawMessage `json:"result"` // data.result of Prometheus' HTTP API, a vector
}

// Table is what Grafana shows of a table panel.
type Table struct {
	Columns []Column
	Rows    [][]Cell
}

// Column is a column of a table, with what the panel says of its looks.
type Column struct {
	Name     string
	Numeric  bool
	Width    int    // in pixels; 0 takes what the others leave
	MinWidth int    // in pixels
	Cell     string // how the cells are drawn: auto, color-text or color-background
}

// Cell is a value with the text and the color that Grafana gives it.
type Cell struct {
	Value any // nil, a string or a float64
	Text  string
	Color string // like #ff9830
}

// Table returns what Grafana shows of a table panel, without its data links, computed by Grafana's own code in Node.js.
// It needs NODE_PATH, which the Makefile sets.
func (p *Panel) Table(ctx context.Context, answers []Answer) (*Table, error) {
	input, err := json.Marshal(map[string]any{"panel": p.raw, "answers": answers})
	if err != nil {
		return nil, err
	}
	node := exec.CommandContext(ctx, "node", "-e", tableProgram) //nolint:gosec // the program is embedded
	var stderr bytes.Buffer
	node.Stdin, node.Stderr = bytes.NewReader(input), &stderr
	output, err := node.Output()
	if err != nil {
		return nil, fmt.Errorf("node, which runs Grafana's code (make test installs both): %w\n%s", err, stderr.String())
	}
	var t Table
	if err := json.Unmarshal(output, &t); err != nil {
		return nil, fmt.Errorf("node, which runs Grafana's code: %w", err)
	}
	return &t, nil
}

// Index returns where the column of that name is, -1 if there is none.
func (t *Table) Index(name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}
