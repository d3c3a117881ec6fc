# `make help` lists what there is.

.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:

# Tools, each pinned here and nowhere else. They land in .tools/bin, once per version.
golangci-lint := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
gotestsum     := gotest.tools/gotestsum@v1.13.0
deadcode      := golang.org/x/tools/cmd/deadcode@v0.52.0
go-licenses   := github.com/google/go-licenses@v1.6.0
govulncheck   := golang.org/x/vuln/cmd/govulncheck@v1.9.0
# The newest whose modules the proxy has.
nfpm          := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2
helm          := helm.sh/helm/v3/cmd/helm@v3.22.0
kubeconform   := github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
kubernetes          := k8s.io/kubernetes@v1.34.0
prometheus-operator := github.com/prometheus-operator/prometheus-operator@v0.85.0
# For releases only.
goreleaser      := github.com/goreleaser/goreleaser/v2@v2.16.0
cyclonedx-gomod := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

PKG        ?= ./...
TESTFLAGS  ?=
BENCH      ?= .
BENCHFLAGS ?=
FUZZTIME   ?= 10s
DURATION   ?= 5m
CHECKS     ?= 1000
SOAKCHECKS ?= 100000

# Architectures of packages and image, as Go names them.
ARCHITECTURES ?= amd64 arm64
ARCHITECTURE  ?= $(shell go env GOARCH)

TOOLS  := $(CURDIR)/.tools
BINARY := cielo24_exporter
stamp   = .tools/$(1)@$(lastword $(subst @, ,$($(1))))

# Tests and linters find the tools before anything else of the same name, and nothing depends on where one works.
export PATH := $(TOOLS)/bin:$(PATH)
export NODE_PATH := $(TOOLS)/node/node_modules
export GOWORK := off
export LC_ALL := C

##@ Build

.PHONY: build
build: ## Build ./cielo24_exporter, static, with its version in it
	@scripts/build.sh $(BINARY)

.PHONY: packages
packages: $(call stamp,nfpm) ## Build the deb, rpm and apk packages for ARCHITECTURES into dist/packages
	@scripts/packages.sh $(ARCHITECTURES)

.PHONY: image
image: packaging-tools ## Build the container image for ARCHITECTURE, dist/image.tar, without a registry; needs root
	@scripts/image.sh $(ARCHITECTURE)

.PHONY: clean
clean: ## Remove what was built (the tools in .tools stay)
	@rm -rf $(BINARY) dist

##@ Check

.PHONY: test
test: $(call stamp,gotestsum) .tools/debian-tools c-compiler browser axe node-packages ## Run all tests; PKG=./web TESTFLAGS='-run Probe' for some
	@scripts/test.sh $(PKG) $(TESTFLAGS)

.PHONY: check
check: check-tree check-format check-modules lint check-build check-examples check-supply check-packaging check-kubernetes test check-properties ## Everything that CI checks
	@echo "all well"

.PHONY: check-properties
check-properties: ## Carry out CHECKS (1000) plans drawn at random and compare with the contract
	@scripts/properties.sh $(CHECKS)

.PHONY: lint
lint: $(call stamp,golangci-lint) $(call stamp,deadcode) ## Run go vet and the other linters, and look for dead code
	@golangci-lint config verify
	@golangci-lint run
	@dead=$$(deadcode -test ./...); [[ -z $$dead ]] || { echo "$$dead" >&2; exit 1; }

.PHONY: release-check
release-check: $(call stamp,goreleaser) $(call stamp,cyclonedx-gomod) $(call stamp,nfpm) ## Build everything of a release but the images, and publish nothing; takes minutes
	@scripts/release-check.sh

.PHONY: fuzz
fuzz: ## Fuzz every fuzz target for FUZZTIME (10s)
	@scripts/fuzz.sh $(FUZZTIME)

.PHONY: soak
soak: build ## Run the exporter for DURATION (5m) against everything that can go wrong; then SOAKCHECKS (100000) plans drawn at random
	@go run ./e2e/soak -duration=$(DURATION)
	@SEED=$$RANDOM scripts/properties.sh $(SOAKCHECKS)

.PHONY: bench
bench: build ## Compare the exporter with the least a program has to do; BENCHFLAGS='-sizes=100000' for other sizes
	@go run ./bench $(BENCHFLAGS)

.PHONY: microbench
microbench: ## Run the Go benchmarks that match BENCH
	@packages=$$(grep -rlE --include='*_test.go' '^func Benchmark' . | xargs -r -n1 dirname | sort -u); \
	[[ -z $$packages ]] || go test -run='^$$' -bench='$(BENCH)' -benchmem $(TESTFLAGS) $$packages

.PHONY: screenshots
screenshots: build .tools/debian-tools browser node-packages ## Make the pictures in docs/images from the demo
	@mkdir -p docs/images
	@go run ./e2e/screenshots

##@ Mend

.PHONY: fmt
fmt: $(call stamp,golangci-lint) ## Format the code
	@golangci-lint fmt

.PHONY: manifests
manifests: $(call stamp,helm) ## Write the plain manifests of Kubernetes from the Helm chart
	@scripts/manifests.sh

.PHONY: licences
licences: $(call stamp,go-licenses) ## Write docs/licences.md
	@scripts/licences.sh

.PHONY: tools
tools: $(foreach tool,golangci-lint gotestsum deadcode go-licenses govulncheck nfpm helm kubeconform,$(call stamp,$(tool))) .tools/debian-tools c-compiler browser axe node-packages packaging-tools ## Install every tool into .tools; the other targets do so by themselves

.PHONY: help
help: ## Print this
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# The parts of check.

.PHONY: check-tree check-format check-modules check-build check-examples check-supply check-packaging check-kubernetes
check-tree:
	@scripts/check-tree.sh

check-format: $(call stamp,golangci-lint)
	@golangci-lint fmt --diff

check-modules:
	@go mod tidy -diff
	@go mod verify >/dev/null

check-build: build
	@scripts/check-build.sh ./$(BINARY)

check-examples: .tools/debian-tools
	@scripts/check-examples.sh

.PHONY: check-licences check-vulnerabilities
check-supply: check-licences check-vulnerabilities

check-licences: $(call stamp,go-licenses)
	@scripts/licences.sh --check

check-vulnerabilities: $(call stamp,govulncheck)
	@scripts/vulnerabilities.sh

.PHONY: check-units check-manual check-packages check-image
check-packaging: check-units check-manual check-packages check-image

check-units: build packaging-tools
	@scripts/check-units.sh ./$(BINARY)

check-manual: build packaging-tools
	@scripts/check-manual.sh ./$(BINARY)

# Both need root, and leave this machine as it is.
check-packages: $(call stamp,nfpm) packaging-tools
	@scripts/packages.sh $$(go env GOARCH)
	@scripts/check-packages.sh

check-image: packaging-tools
	@scripts/image.sh $$(go env GOARCH)
	@scripts/check-image.sh

check-kubernetes: $(call stamp,helm) $(call stamp,kubeconform) .tools/schemas
	@scripts/check-kubernetes.sh

# How tools come here.

define go-tool
$(call stamp,$(1)):
	@echo "installing $$($(1))"
	@env -u GOOS -u GOARCH -u GOFLAGS CGO_ENABLED=0 GOBIN=$$(TOOLS)/bin go install $$($(1))
	@rm -f .tools/$(1)@* && touch $$@
endef
$(foreach tool,golangci-lint gotestsum deadcode go-licenses govulncheck nfpm helm kubeconform goreleaser cyclonedx-gomod,$(eval $(call go-tool,$(tool))))

.tools/debian-tools: scripts/debian-tools.sh
	@echo "unpacking Prometheus and Alertmanager"
	@scripts/debian-tools.sh .tools/bin
	@touch $@

# The schemas of what the manifests have, out of Kubernetes' and Prometheus Operator's own modules.
.tools/schemas: deploy/kubernetes/schemas/main.go Makefile
	@echo "making the schemas of Kubernetes"
	@rm -rf $@
	@folder() { go mod download -json "$$1" | sed -n 's/^\t"Dir": "\(.*\)",$$/\1/p'; }; \
	go run ./deploy/kubernetes/schemas "$$(folder $(kubernetes))" "$$(folder $(prometheus-operator))" $@

# The race detector needs a C compiler.
.PHONY: c-compiler
c-compiler:
	@scripts/c-compiler.sh

# The status page is opened in a real one.
.PHONY: browser
browser:
	@scripts/browser.sh

.PHONY: axe
axe:
	@scripts/axe.sh .tools/axe

# Grafana's own code draws the dashboard's table.
.PHONY: node-packages
node-packages:
	@scripts/node-packages.sh .tools/node

.PHONY: packaging-tools
packaging-tools:
	@scripts/packaging-tools.sh
