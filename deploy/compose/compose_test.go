// Package compose_test reads the compose file as docker compose config would, and compares what it says with the files
// that it names. Nothing is started: that takes an engine.
package compose_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cielo24_exporter/config"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

func load(t *testing.T, env ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"compose.yaml"}, cli.WithWorkingDirectory("."), cli.WithEnv(env))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestEveryServiceIsConfinedAndFindsItsFiles(t *testing.T) {
	project := load(t)
	if names := project.ServiceNames(); !slices.Equal(names, []string{"alertmanager", "exporter", "grafana", "prometheus", "simulator"}) {
		t.Error(names)
	}
	for name, service := range project.Services {
		if !service.ReadOnly || !slices.Equal(service.CapDrop, []string{"ALL"}) || len(service.SecurityOpt) != 1 {
			t.Errorf("%s may more than it needs", name)
		}
		if service.Build == nil && (!strings.Contains(service.Image, ":") || strings.HasSuffix(service.Image, ":latest")) {
			t.Errorf("%s: the image %s has no version", name, service.Image)
		}
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is open to everybody", name, port.Published)
			}
		}
		for _, volume := range service.Volumes {
			if volume.Type != types.VolumeTypeBind {
				continue
			}
			if _, err := os.Stat(volume.Source); err != nil || !volume.ReadOnly {
				t.Errorf("%s: %s: %v, read-only %t", name, volume.Source, err, volume.ReadOnly)
			}
		}
	}
}

func TestAnAccountOfOnesOwnTakesAFileOfTwoLines(t *testing.T) {
	source := load(t, "EXPORTER_CONFIG=./config", "EXPORTER_IMAGE=registry.example/x:v1").Services["exporter"]
	if source.Image != "registry.example/x:v1" || filepath.Base(source.Volumes[0].Source) != "config" {
		t.Errorf("%s %s", source.Image, source.Volumes[0].Source)
	}
	if _, err := config.Load(filepath.Join("simulated", "cielo24.yml")); err != nil {
		t.Error(err)
	}
}

func TestPrometheusAndGrafanaAreSetUpAsInTheExamples(t *testing.T) {
	read := func(file string) string {
		t.Helper()
		data, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for line := range strings.Lines(string(data)) {
			if text, _, _ := strings.Cut(line, "#"); strings.TrimSpace(text) != "" {
				lines = append(lines, strings.TrimRight(text, " \n"))
			}
		}
		return strings.Join(lines, "\n")
	}
	here := strings.NewReplacer(
		"alertmanager:9093", "localhost:9093", "exporter:10059", "localhost:10059", "  evaluation_interval: 15s\n", "",
		"scrape_interval: 15s", "scrape_interval: 1m", "scrape_timeout: 14s", "scrape_timeout: 30s",
	).Replace(read("prometheus.yml"))
	if want := read("../../examples/prometheus/prometheus.yml"); here != want {
		t.Errorf("prometheus.yml is\n%s\nand the example\n%s", here, want)
	}
	here = strings.NewReplacer("prometheus:9090", "localhost:9090", "15s", "1m").Replace(read("datasource.yml"))
	if want := read("../../examples/grafana/provisioning/datasources/prometheus.yml"); here != want {
		t.Errorf("datasource.yml is\n%s\nand the example\n%s", here, want)
	}
}
