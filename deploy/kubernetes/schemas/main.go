// Command schemas writes the JSON schemas of the Kubernetes objects that the manifests have, for kubeconform: from
// Kubernetes' own OpenAPI file and from the CRDs of Prometheus Operator, both out of Go modules. They are strict: a field
// that does not exist is an error.
//
//	schemas KUBERNETES-MODULE OPERATOR-MODULE FOLDER
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// The objects, by the names that kubeconform gives them.
func kinds() map[string]string {
	return map[string]string{
		"configmap-v1":                  "io.k8s.api.core.v1.ConfigMap",
		"service-v1":                    "io.k8s.api.core.v1.Service",
		"deployment-apps-v1":            "io.k8s.api.apps.v1.Deployment",
		"statefulset-apps-v1":           "io.k8s.api.apps.v1.StatefulSet",
		"networkpolicy-networking-v1":   "io.k8s.api.networking.v1.NetworkPolicy",
		"poddisruptionbudget-policy-v1": "io.k8s.api.policy.v1.PodDisruptionBudget",
	}
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("usage: schemas KUBERNETES-MODULE OPERATOR-MODULE FOLDER")
	}
	if err := os.MkdirAll(args[2], 0o755); err != nil { //nolint:gosec // as all tools
		return err
	}
	if err := builtIn(args[0], args[2]); err != nil {
		return err
	}
	for _, kind := range []string{"servicemonitor", "prometheusrule"} {
		if err := custom(args[1], args[2], kind); err != nil {
			return err
		}
	}
	return nil
}

// builtIn writes the schemas of Kubernetes' own objects.
func builtIn(module, folder string) error {
	data, err := os.ReadFile(filepath.Join(module, "api", "openapi-spec", "swagger.json")) //nolint:gosec // of a module
	if err != nil {
		return err
	}
	var api struct {
		Definitions map[string]any `json:"definitions"`
	}
	if err := json.Unmarshal(data, &api); err != nil {
		return err
	}
	for name := range api.Definitions {
		strict(api.Definitions[name])
	}
	// A number or a text, which the OpenAPI file can't say.
	api.Definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] = map[string]any{"type": []string{"integer", "string"}}
	api.Definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] = map[string]any{"type": []string{"number", "string"}}
	for file, name := range kinds() {
		if api.Definitions[name] == nil {
			return errors.New("Kubernetes has no " + name)
		}
		schema := map[string]any{"$ref": "#/definitions/" + name, "definitions": api.Definitions}
		if err := write(folder, file, schema); err != nil {
			return err
		}
	}
	return nil
}

// custom writes the schema of a custom resource.
func custom(module, folder, kind string) error {
	file := filepath.Join(module, "example", "prometheus-operator-crd", "monitoring.coreos.com_"+kind+"s.yaml")
	data, err := os.ReadFile(file) //nolint:gosec // of a module
	if err != nil {
		return err
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Name   string
				Schema struct {
					OpenAPIV3Schema any `yaml:"openAPIV3Schema"`
				}
			}
		}
	}
	if err := yaml.Unmarshal(data, &crd); err != nil {
		return err
	}
	version := crd.Spec.Versions[0]
	strict(version.Schema.OpenAPIV3Schema)
	return write(folder, kind+"-monitoring-"+version.Name, version.Schema.OpenAPIV3Schema)
}

// strict forbids what is not described, wherever something is. Metadata of custom resources is not described at all.
func strict(schema any) {
	object, ok := schema.(map[string]any)
	if !ok {
		if list, ok := schema.([]any); ok {
			for _, one := range list {
				strict(one)
			}
		}
		return
	}
	if object["x-kubernetes-int-or-string"] == true {
		delete(object, "type")
	}
	if properties, ok := object["properties"].(map[string]any); ok && object["additionalProperties"] == nil && len(properties) > 0 {
		object["additionalProperties"] = false
	}
	for _, below := range object {
		strict(below)
	}
}

func write(folder, name string, schema any) error {
	data, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, strings.ToLower(name)+".json"), data, 0o644) //nolint:gosec // as all tools
}
