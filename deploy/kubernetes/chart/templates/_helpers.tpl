{{/* The name of everything: that of the release, with the chart's if it is not in it. */}}
{{- define "exporter.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "exporter.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "exporter.labels" -}}
{{ include "exporter.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{/* The pod, the same for one and for shards. */}}
{{- define "exporter.pod" -}}
metadata:
  labels:
    {{- include "exporter.labels" . | nindent 4 }}
  annotations:
    # A changed configuration is a new pod. Secrets and job files are read again without one.
    checksum/config: {{ .Values.config | toJson | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: exporter
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        - --config.file=/etc/cielo24_exporter/cielo24.yml
        {{- range .Values.extraArgs }}
        - {{ . | quote }}
        {{- end }}
      {{- if gt (int .Values.shards) 1 }}
      env:
        - name: CIELO24_EXPORTER_SHARD
          valueFrom:
            fieldRef: {fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']"}
        - name: CIELO24_EXPORTER_TOTAL_SHARDS
          value: {{ .Values.shards | quote }}
      {{- end }}
      ports:
        - {name: http, containerPort: 10059}
      livenessProbe:
        httpGet: {path: /-/healthy, port: http}
      readinessProbe:
        httpGet: {path: /-/ready, port: http}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - {name: config, mountPath: /etc/cielo24_exporter, readOnly: true}
        {{- if .Values.jobsConfigMap }}
        - {name: jobs, mountPath: /etc/cielo24_jobs, readOnly: true}
        {{- end }}
  volumes:
    - name: config
      projected:
        defaultMode: 0440
        sources:
          - configMap: {name: {{ include "exporter.name" . }}}
          - secret: {name: {{ .Values.secretName }}}
    {{- if .Values.jobsConfigMap }}
    - name: jobs
      configMap: {name: {{ .Values.jobsConfigMap }}}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
