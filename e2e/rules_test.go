package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const rulesFile = "../examples/prometheus/rules/cielo24.rules.yml"

// rule is an alerting rule, or a recording one, which has no Alert.
type rule struct {
	Alert, Record, Expr string
	Labels, Annotations map[string]string
}

// readYAML reads what v names of a file.
func readYAML(t *testing.T, file string, v any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// readRules returns the rules of the example, alerts and records.
func readRules(t *testing.T) (alerts, records []rule) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	readYAML(t, rulesFile, &file)
	for _, group := range file.Groups {
		for _, r := range group.Rules {
			if r.Alert != "" {
				alerts = append(alerts, r)
			} else {
				records = append(records, r)
			}
		}
	}
	if len(alerts) == 0 || len(records) == 0 {
		t.Fatalf("%s: got %d alerts and %d recording rules, want some of both", rulesFile, len(alerts), len(records))
	}
	return alerts, records
}

// alertingRules returns the alerts of the example.
func alertingRules(t *testing.T) []rule {
	t.Helper()
	alerts, _ := readRules(t)
	return alerts
}

func readText(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What the cases expect is for promtool to check, see scripts/check-examples.sh; here they only have to be there.
func TestRules_EveryAlertFiresInOneCaseAndIsQuietInAnother(t *testing.T) {
	var file struct {
		Tests []struct {
			Cases []struct {
				Alert    string `yaml:"alertname"`
				Expected []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	readYAML(t, strings.Replace(rulesFile, ".yml", "_test.yml", 1), &file)
	fires, quiet := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, c := range test.Cases {
			if len(c.Expected) > 0 {
				fires[c.Alert] = true
			} else {
				quiet[c.Alert] = true
			}
		}
	}
	for _, r := range alertingRules(t) {
		if !fires[r.Alert] || !quiet[r.Alert] {
			t.Errorf("%s: has a case in which it fires: %v, in which it is quiet: %v", r.Alert, fires[r.Alert], quiet[r.Alert])
		}
		delete(fires, r.Alert)
		delete(quiet, r.Alert)
	}
	// promtool takes a case of an alert that there is not for a quiet one.
	if len(fires)+len(quiet) > 0 {
		t.Errorf("cases of alerts that there are not: %v %v", fires, quiet)
	}
}

func TestRules_EveryAlertSaysWhatToDoAndHowUrgentItIs(t *testing.T) {
	runbook := readText(t, "../docs/runbook.md")
	for _, r := range alertingRules(t) {
		severity := r.Labels["severity"]
		if !slices.Contains([]string{"critical", "warning", "info"}, severity) || r.Labels["service"] != "cielo24" {
			t.Errorf("%s: labels %v", r.Alert, r.Labels)
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s has no summary or no description", r.Alert)
		}
		if want := "docs/runbook.md#" + strings.ToLower(r.Alert); r.Annotations["runbook"] != want {
			t.Errorf("%s: the runbook is at %s, want %s", r.Alert, r.Annotations["runbook"], want)
		}
		if severity == "" {
			continue
		}
		section := "\n### " + r.Alert + "\n\n*" + strings.ToUpper(severity[:1]) + severity[1:] + ".* "
		if !strings.Contains(runbook, section) {
			t.Errorf("docs/runbook.md has no section of %s, or it is not called %s there", r.Alert, severity)
		}
		names := strings.Contains(r.Annotations["summary"], "$labels.job_name") && strings.Contains(r.Annotations["description"], "$labels.job_name")
		if r.Labels["scope"] == "job" && !names {
			t.Errorf("%s does not name its job", r.Alert)
		}
	}
	if have, want := strings.Count(runbook, "\n### Cielo24"), len(alertingRules(t)); have != want {
		t.Errorf("docs/runbook.md has %d sections for %d alerts", have, want)
	}
}

func TestRunbook_EverySectionSaysWhatToCheckAndWhatToDo(t *testing.T) {
	_, sections, _ := strings.Cut(readText(t, "../docs/runbook.md"), "\n### ")
	sections, _, _ = strings.Cut(sections, "\n## Recorded series")
	for section := range strings.SplitSeq(sections, "\n### ") {
		name, text, _ := strings.Cut(section, "\n")
		_, check, checks := strings.Cut(text, "\n**Check** ")
		check, do, does := strings.Cut(check, "\n**Do**")
		if !checks || !does || !strings.Contains(check, "```") || len(strings.TrimSpace(do)) < 20 {
			t.Errorf("%s: got check %q and do %q, want a command or query to check with, and what to do", name, check, do)
		}
	}
}

func TestRunbook_TellsOfEveryRecordedSeries(t *testing.T) {
	described := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(account[^`{]+)[^`]*`(?:, `…:([a-z0-9]+)`)? \\|").FindAllStringSubmatch(readText(t, "../docs/runbook.md"), -1) {
		described[row[1]] = true
		if also := row[2]; also != "" {
			described[row[1][:strings.LastIndex(row[1], ":")+1]+also] = true
		}
	}
	_, records := readRules(t)
	for _, r := range records {
		if !described[r.Record] {
			t.Errorf("docs/runbook.md does not tell what %s is", r.Record)
		}
		delete(described, r.Record)
	}
	if len(described) > 0 {
		t.Errorf("docs/runbook.md tells of series that no rule records: %v", described)
	}
}

// An alert by another name would silence nothing, and lead nowhere.
func TestAlerts_AreNamedAsInTheRules(t *testing.T) {
	known := map[string]bool{}
	for _, r := range alertingRules(t) {
		known[r.Alert] = true
	}
	files, err := filepath.Glob("../docs/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("got the documents %v (%v), want some", files, err)
	}
	files = append(files, "../README.md", "../examples/alertmanager/alertmanager.yml", "../examples/alertmanager/cielo24.tmpl",
		"../examples/grafana/dashboards/cielo24.json")
	for _, file := range files {
		text := readText(t, file)
		for _, name := range regexp.MustCompile(`Cielo24[A-Z][A-Za-z0-9]+`).FindAllString(text, -1) {
			if !known[name] {
				t.Errorf("%s: there is no alert %s", file, name)
			}
		}
		for _, link := range regexp.MustCompile(`\[(Cielo24\w+)\]\((?:runbook\.md)?#(\w+)\)`).FindAllStringSubmatch(text, -1) {
			if want := strings.ToLower(link[1]); link[2] != want {
				t.Errorf("%s: the link to %s leads to %s, want %s", file, link[1], link[2], want)
			}
		}
	}
}

// Alerts are compared by labels that both of them have; a label that neither has is the same, too.
func TestAlertmanager_InhibitionComparesLabelsThatAlertsHave(t *testing.T) {
	var file struct {
		Rules []struct {
			Source []string `yaml:"source_matchers"`
			Target []string `yaml:"target_matchers"`
			Equal  []string
		} `yaml:"inhibit_rules"`
	}
	readYAML(t, "../examples/alertmanager/alertmanager.yml", &file)
	if len(file.Rules) == 0 {
		t.Fatal("got no inhibit_rules, want some")
	}
	alert := regexp.MustCompile(`Cielo24\w+`)
	for _, rule := range file.Rules {
		var named []string
		for _, matcher := range slices.Concat(rule.Source, rule.Target) {
			named = append(named, alert.FindAllString(matcher, -1)...)
		}
		for _, r := range alertingRules(t) {
			if !slices.Contains(named, r.Alert) {
				continue
			}
			for _, label := range rule.Equal {
				// Where an alert gets a label from: what it aggregates by, or what it joins.
				if !regexp.MustCompile(`\(([a-z_]+, )*` + label + `(, [a-z_]+)*\)`).MatchString(r.Expr) {
					t.Errorf("%s has no label %s, by which it is inhibited or inhibits", r.Alert, label)
				}
			}
		}
	}
}

// Whatever keeps an account from being watched has one alert, and not two.
func TestRules_AccountThatIsShutOutHasOneAlert(t *testing.T) {
	reasons := map[string]string{}
	for _, r := range alertingRules(t) {
		if m := regexp.MustCompile(`cielo24_account_error\{reason(=~|!~)("[^"]+")\}`).FindStringSubmatch(r.Expr); m != nil {
			reasons[m[1]] = m[2]
		}
	}
	if refused, down := reasons["=~"], reasons["!~"]; refused == "" || refused != down {
		t.Errorf("one alert is for the reasons %s, the other for all but %s", refused, down)
	}
}

func TestAlertmanager_AlertsGoToThoseWhoCanActOnThem(t *testing.T) {
	for labels, want := range map[string]string{
		"alertname=Cielo24JobOverdue scope=job account=media-services severity=critical":       "media-services-urgent",
		"alertname=Cielo24JobDueSoon scope=job account=media-services severity=warning":        "media-services",
		"alertname=Cielo24JobOverdue scope=job account=library severity=critical":              "team-urgent",
		"alertname=Cielo24JobDueSoon scope=job account=library severity=warning":               "team",
		"alertname=Cielo24APIDown scope=account account=media-services severity=critical":      "team-urgent",
		"alertname=Cielo24DiscoveryFailing scope=account account=library severity=warning":     "team",
		"alertname=Cielo24RefreshSlow scope=account account=media-services severity=info":      "team",
		"alertname=Cielo24AccountInhibitor scope=account account=media-services severity=info": "nobody",
		"alertname=Cielo24ExporterDown scope=exporter severity=critical":                       "team-urgent",
		"alertname=Cielo24ConfigReloadFailed scope=exporter severity=warning":                  "team",
	} {
		args := append([]string{"config", "routes", "test", "--config.file=../examples/alertmanager/alertmanager.yml", "service=cielo24"},
			strings.Fields(labels)...)
		// Its standard error has a warning whenever it is asked like this.
		out, err := exec.CommandContext(t.Context(), tool(t, "amtool"), args...).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s goes to %s, want %s (%v)", labels, got, want, err)
		}
	}
}
