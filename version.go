package main

import (
	"cmp"
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/version"
)

// build says which build of the program this is. What is not known of it is empty.
type build struct {
	version  string // without a leading v
	revision string // of the commit, in full
	modified bool   // the files were no longer those of the commit
	branch   string
	user     string
	date     string // in the form of buildDate
	tags     string
}

const (
	buildDate = "20060102-15:04:05"
	unknown   = "unknown" // what scripts/build.sh and Prometheus' own programs write for it
)

// readBuild returns what the linker was told (scripts/build.sh), and for a plain "go build" what Go itself noted.
func readBuild() build {
	linked := build{
		version: version.Version, revision: version.Revision, branch: version.Branch, user: version.BuildUser, date: version.BuildDate,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return linked.completed(info)
}

// pseudoVersion is how Go calls a commit without a tag.
var pseudoVersion = regexp.MustCompile(`-(\d+\.|[0-9A-Za-z.-]+\.0\.)?\d{14}-[0-9a-f]{12}$`)

// completed adds what info knows, unless the linker was told a version: then it was told the rest, too.
func (b build) completed(info *debug.BuildInfo) build {
	settings := map[string]string{}
	for _, setting := range info.Settings {
		settings[setting.Key] = setting.Value
	}
	b.tags = settings["-tags"]
	if b.version != "" {
		return b
	}
	tag, _, _ := strings.Cut(info.Main.Version, "+") // +dirty: vcs.modified says so
	if tag == "(devel)" || pseudoVersion.MatchString(tag) {
		tag = ""
	}
	b.version = cmp.Or(strings.TrimPrefix(tag, "v"), "devel")
	b.revision = settings["vcs.revision"]
	b.modified = settings["vcs.modified"] == "true"
	if date, err := time.Parse(time.RFC3339, settings["vcs.time"]); err == nil {
		b.date = date.UTC().Format(buildDate)
	}
	return b
}

// String is the version with the beginning of its commit, such as "1.2.3 (8c80c5f)" or "devel (8c80c5f, modified)".
func (b build) String() string {
	if b.revision == "" || b.revision == unknown {
		return b.version
	}
	commit := b.revision[:min(7, len(b.revision))]
	if strings.Contains(b.version, commit) {
		return b.version // git describe says it already
	}
	if b.modified {
		commit += ", modified"
	}
	return b.version + " (" + commit + ")"
}

// fullRevision is the commit as Prometheus' programs write it.
func (b build) fullRevision() string {
	if b.modified {
		return b.revision + "-modified"
	}
	return b.revision
}

// details is all that is known, in the form of Prometheus' own programs.
func (b build) details() string {
	var s strings.Builder
	s.WriteString("cielo24_exporter, version " + b.version)
	var commit []string
	if b.branch != "" {
		commit = append(commit, "branch: "+b.branch)
	}
	if b.revision != "" {
		commit = append(commit, "revision: "+b.fullRevision())
	}
	if len(commit) > 0 {
		s.WriteString(" (" + strings.Join(commit, ", ") + ")")
	}
	for _, line := range [][2]string{
		{"build user:", b.user},
		{"build date:", b.date},
		{"go version:", version.GoVersion},
		{"platform:", version.GoOS + "/" + version.GoArch},
		{"tags:", b.tags},
	} {
		if line[1] != "" {
			fmt.Fprintf(&s, "\n  %-17s %s", line[0], line[1])
		}
	}
	return s.String()
}

// collector is the metric of the build, with the labels that Prometheus' own programs give it.
func (b build) collector() prometheus.Collector {
	known := func(s string) string { return cmp.Or(s, unknown) }
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "cielo24_exporter_build_info",
		Help: "Always 1; the labels say which build of the exporter this is, and for which platform.",
		ConstLabels: prometheus.Labels{
			"version": b.version, "revision": known(b.fullRevision()), "branch": known(b.branch), "tags": known(b.tags),
			"goversion": version.GoVersion, "goos": version.GoOS, "goarch": version.GoArch,
		},
	}, func() float64 { return 1 })
}

type versionCmd struct{}

// Run prints the build information.
func (versionCmd) Run(p *program) error {
	_, err := fmt.Fprintln(p.stdout, p.build.details())
	return err
}
