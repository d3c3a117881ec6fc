// Package kubernetes_test checks that chart, manifests and examples say the same. That tools which read them accept them
// is for scripts/check-kubernetes.sh.
package kubernetes_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

func text(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func parse[T any](t *testing.T, content string) (v T) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(content), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestChartManifestsAndExamplesHaveTheSameRulesAndDashboard(t *testing.T) {
	rules, dashboard := text(t, "../../examples/prometheus/rules/cielo24.rules.yml"), text(t, "../../examples/grafana/dashboards/cielo24.json")
	if text(t, "chart/files/cielo24.rules.yml") != rules || text(t, "chart/files/cielo24.json") != dashboard {
		t.Error("the chart's files are not links to the examples")
	}
	rule := parse[struct{ Spec map[string]any }](t, text(t, "manifests/prometheusrule.yaml"))
	if len(rule.Spec) == 0 || !reflect.DeepEqual(rule.Spec, parse[map[string]any](t, rules)) {
		t.Error("the PrometheusRule has other rules; run make manifests")
	}
	config := parse[struct{ Data map[string]string }](t, text(t, "manifests/dashboard.yaml"))
	if strings.TrimSpace(config.Data["cielo24.json"]) != strings.TrimSpace(dashboard) {
		t.Error("the ConfigMap has another dashboard; run make manifests")
	}
	// What kubectl apply keeps of an object has to fit into an annotation.
	if size := len(text(t, "manifests/dashboard.yaml")); size > 250<<10 {
		t.Errorf("the dashboard has %d bytes, too many for kubectl apply", size)
	}
}

// workload is what is looked at of a Deployment or a StatefulSet.
type workload struct {
	Spec struct {
		Replicas int
		Template struct {
			Spec struct {
				AutomountServiceAccountToken *bool `yaml:"automountServiceAccountToken"`
				SecurityContext              struct {
					RunAsNonRoot   bool `yaml:"runAsNonRoot"`
					SeccompProfile struct{ Type string }
				} `yaml:"securityContext"`
				Containers []struct {
					Env             []struct{ Name, Value string }
					SecurityContext struct {
						AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
						ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
						Capabilities             struct{ Drop []string }
					} `yaml:"securityContext"`
				}
			}
		}
	}
}

// The pod security standard "restricted", and a read-only root beyond it.
func TestPodsAreRestricted(t *testing.T) {
	for _, file := range []string{"manifests/deployment.yaml", "manifests/statefulset-shards.yaml"} {
		w := parse[workload](t, text(t, file))
		pod, container := w.Spec.Template.Spec, w.Spec.Template.Spec.Containers[0].SecurityContext
		if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken || !pod.SecurityContext.RunAsNonRoot ||
			container.AllowPrivilegeEscalation == nil || *container.AllowPrivilegeEscalation || !container.ReadOnlyRootFilesystem ||
			!reflect.DeepEqual(container.Capabilities.Drop, []string{"ALL"}) {
			t.Errorf("%s: %+v", file, pod)
		}
	}
	w := parse[workload](t, text(t, "manifests/statefulset-shards.yaml"))
	if env := w.Spec.Template.Spec.Containers[0].Env; w.Spec.Replicas != 3 || len(env) != 2 || env[1].Value != "3" {
		t.Errorf("%d pods, and they are told %v", w.Spec.Replicas, env)
	}
}
