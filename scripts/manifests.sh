#!/usr/bin/env bash
# Writes the plain manifests in deploy/kubernetes/manifests from the Helm chart, which is the one set of truths.
#
#   scripts/manifests.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-deploy/kubernetes/manifests}

# render SHARDS TEMPLATE: helm's notes on the links to the rules and the dashboard are not wanted.
render() {
  helm template cielo24-exporter deploy/kubernetes/chart --kube-version=1.34 --namespace=monitoring --set="shards=$1" \
    --show-only="templates/$2.yaml" 2> >(grep -v 'found symbolic link' >&2) | sed '/^---$/d; /^# Source: /d'
}

rm -rf "$folder" && mkdir -p "$folder"
for template in configmap deployment service networkpolicy poddisruptionbudget servicemonitor prometheusrule dashboard; do
  render 1 "$template" >"$folder/$template.yaml"
done
for template in statefulset service; do
  render 3 "$template" >"$folder/$template-shards.yaml"
done
