package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// render renders a template of the Alertmanager example for the data that Alertmanager would give it.
func render(t *testing.T, template string, data any) string {
	t.Helper()
	text, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "data.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), tool(t, "amtool"), "template", "render", "--template.glob=../examples/alertmanager/cielo24.tmpl",
		"--template.text={{ template \""+template+"\" . }}", "--template.data="+file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

// notification is what Alertmanager gives a template: alerts with the same alertname and account.
func notification(alertname, severity string, summaries map[string]string) map[string]any {
	var alerts []map[string]any
	for summary, status := range summaries {
		alerts = append(alerts, map[string]any{"status": status, "annotations": map[string]string{"summary": summary}})
	}
	return map[string]any{
		"alerts": alerts, "commonLabels": map[string]string{"alertname": alertname, "severity": severity, "account": "library"},
	}
}

func TestMessages_TitleSaysWhatAndHowMany(t *testing.T) {
	one, two := map[string]string{`"Map" is overdue`: "firing"}, map[string]string{"a": "firing", "b": "firing"}
	gone, bothGone := map[string]string{`"Map" is overdue`: "resolved"}, map[string]string{"a": "resolved", "b": "resolved"}
	for _, c := range []struct {
		alertname, severity string
		summaries           map[string]string
		want                string
	}{
		{"Cielo24JobOverdue", "critical", one, `Urgent: "Map" is overdue`},
		{"Cielo24JobOverdue", "critical", two, "Urgent: cielo24 (library): job overdue (2)"},
		{"Cielo24JobOverdue", "critical", gone, `Resolved: "Map" is overdue`},
		{"Cielo24JobDueSoon", "warning", bothGone, "Resolved: cielo24 (library): job due soon (2)"},
		{"Cielo24APIDown", "critical", two, "Urgent: cielo24 (library): API down (2)"},
		{"", "", two, "cielo24 (library): several alerts (2)"},
	} {
		if got := render(t, "cielo24.title", notification(c.alertname, c.severity, c.summaries)); got != c.want {
			t.Errorf("%s, %v: got %q, want %q", c.alertname, c.summaries, got, c.want)
		}
	}
}

func TestMessages_TextListsWhatIsResolved(t *testing.T) {
	got := render(t, "cielo24.text", notification("Cielo24JobOverdue", "critical", map[string]string{`"Map" is overdue`: "resolved"}))
	if want := "Resolved:\n- \"Map\" is overdue\n"; strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
