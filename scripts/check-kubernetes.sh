#!/usr/bin/env bash
# Checks the Helm chart and the manifests: the chart's own lint, strict schemas, values that have to be refused, and that
# the manifests are what the chart makes. No cluster is needed.
set -euo pipefail
cd "$(dirname "$0")/.."
chart=deploy/kubernetes/chart
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# quietly COMMAND…: what it prints matters only when it fails.
quietly() { "$@" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2 && exit 1; }; }
valid() { quietly kubeconform -strict -schema-location "$PWD/.tools/schemas/{{ .ResourceKind }}{{ .KindSuffix }}.json" "$@"; }
render() { helm template cielo24-exporter "$chart" --kube-version=1.34 "$@" 2>"$scratch/render"; }

quietly helm lint --strict "$chart"
scripts/manifests.sh "$scratch/manifests"
valid "$scratch/manifests"
diff -r deploy/kubernetes/manifests "$scratch/manifests" >"$scratch/diff" || {
  head -20 "$scratch/diff" >&2
  echo "deploy/kubernetes/manifests is not what the chart makes; run make manifests" >&2
  exit 1
}

# Everything that can be set.
cat >"$scratch/values.yaml" <<'END'
image: {repository: registry.example/cielo24_exporter, tag: v1, pullPolicy: Always}
imagePullSecrets: [{name: registry}]
jobsConfigMap: jobs
shards: 5
extraArgs: [--log.format=json]
serviceMonitor: {labels: {release: prometheus}}
prometheusRule: {labels: {release: prometheus}}
networkPolicy: {from: [{namespaceSelector: {matchLabels: {name: monitoring}}}], apiPorts: [443, 3128]}
nodeSelector: {kubernetes.io/os: linux}
tolerations: [{key: captions, operator: Exists}]
affinity: {nodeAffinity: {}}
podAnnotations: {team: captions}
END
render --values="$scratch/values.yaml" >"$scratch/all.yaml" || { cat "$scratch/render" >&2 && exit 1; }
valid "$scratch/all.yaml"
for wanted in 'replicas: 5' 'CIELO24_EXPORTER_TOTAL_SHARDS' 'clusterIP: None' 'registry.example/cielo24_exporter:v1'; do
  grep -qF -- "$wanted" "$scratch/all.yaml" || { echo "$chart: not rendered: $wanted" >&2 && exit 1; }
done

# What must be refused: secrets among the values, and what is a slip.
for wrong in shards=0 config.accounts= 'config.accounts[0].name=a,config.accounts[0].api_token=x' nosuchvalue=1 extraArgs[0]=x; do
  if render --set="$wrong" >/dev/null; then
    echo "$chart: accepts $wrong" >&2
    exit 1
  fi
done

# The configuration in it is one that the exporter takes.
mkdir "$scratch/config"
echo x >"$scratch/config/securekey"
sed -n '/^  cielo24.yml: |$/,$p' deploy/kubernetes/manifests/configmap.yaml | sed '1d; s/^    //' >"$scratch/config/cielo24.yml"
quietly go run . check "$scratch/config/cielo24.yml"
