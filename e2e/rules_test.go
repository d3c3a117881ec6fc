package e2e_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const rulesFile = "../examples/prometheus/rules/cielo24.rules.yml"

// rule is an alerting rule, or a recording one, which has no Alert.
type rule struct {
	Alert, Expr         string
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

// alertingRules returns the alerts of the example.
func alertingRules(t *testing.T) (alerts []rule) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	readYAML(t, rulesFile, &file)
	for _, group := range file.Groups {
		for _, r := range group.Rules {
			if r.Alert != "" {
				alerts = append(alerts, r)
			}
		}
	}
	if len(alerts) == 0 {
		t.Fatalf("%s has no alerts", rulesFile)
	}
	return alerts
}

// What the cases expect is for promtool to check, see scripts/check-examples.sh; here they only have to be there.
func TestEveryAlertHasACaseInWhichItFiresAndOneInWhichItIsQuiet(t *testing.T) {
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

func TestEveryAlertSaysWhatToDoAndHowUrgentItIs(t *testing.T) {
	runbook, err := os.ReadFile("../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
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
		if !strings.Contains(string(runbook), section) {
			t.Errorf("docs/runbook.md has no section of %s, or it is not called %s there", r.Alert, severity)
		}
		names := strings.Contains(r.Annotations["summary"], "$labels.job_name") && strings.Contains(r.Annotations["description"], "$labels.job_name")
		if r.Labels["scope"] == "job" && !names {
			t.Errorf("%s does not name its job", r.Alert)
		}
	}
	if have, want := strings.Count(string(runbook), "\n### Cielo24"), len(alertingRules(t)); have != want {
		t.Errorf("docs/runbook.md has %d sections for %d alerts", have, want)
	}
}

// Whatever keeps an account from being watched has one alert, and not two.
func TestRules_ShutOutAccountHasOneAlert(t *testing.T) {
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

func TestAlertsGoToThoseWhoCanActOnThem(t *testing.T) {
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
