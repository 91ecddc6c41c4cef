{{- define "skarn.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "skarn.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "skarn.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "skarn.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "skarn.selector" -}}
app.kubernetes.io/name: {{ include "skarn.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "skarn.labels" -}}
{{ include "skarn.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A list of: the values of an image, the tag it has otherwise, the global registry. */}}
{{- define "skarn.imageOf" -}}
{{- $image := index . 0 -}}
{{- with default $image.registry (index . 2) }}{{ . }}/{{ end -}}
{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ default (index . 1) $image.tag }}{{ end -}}
{{- end -}}

{{- define "skarn.image" -}}
{{ include "skarn.imageOf" (list .Values.image (.Chart.AppVersion | replace "+" "-") .Values.global.imageRegistry) }}
{{- end -}}

{{- define "skarn.exporterImage" -}}
{{- $image := .Values.metrics.image -}}
{{- if not (and $image.repository (or $image.tag $image.digest)) -}}
{{- fail "metrics.enabled: name the exporter in metrics.image, with a tag or a digest" -}}
{{- end -}}
{{ include "skarn.imageOf" (list $image "" .Values.global.imageRegistry) }}
{{- end -}}

{{- define "skarn.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "skarn.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{- define "skarn.secret" -}}
{{- default (include "skarn.fullname" .) .Values.auth.existingSecret -}}
{{- end -}}

{{/* A value as it is, but a number of a file of values, which is a float64, without an exponent. */}}
{{- define "skarn.number" -}}
{{- if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* Whole CPUs of the limit, at least one; 0 without a limit, which lets the server find out. */}}
{{- define "skarn.threads" -}}
{{- $limits := default dict .Values.resources.limits -}}
{{- if .Values.threads -}}
{{ int .Values.threads }}
{{- else if $limits.cpu -}}
{{- $cpu := toString $limits.cpu -}}
{{- if hasSuffix "m" $cpu -}}
{{ max 1 (div (int64 (trimSuffix "m" $cpu)) 1000) }}
{{- else -}}
{{ max 1 (int64 (floor (float64 $cpu))) }}
{{- end -}}
{{- else -}}
0
{{- end -}}
{{- end -}}

{{/* A Kubernetes quantity in bytes. */}}
{{- define "skarn.bytes" -}}
{{- $text := toString . -}}
{{- $units := dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 -}}
{{- $unit := regexFind "[A-Za-z]+$" $text -}}
{{- $number := trimSuffix $unit $text | float64 -}}
{{- if and $unit (not (hasKey $units $unit)) -}}
{{- fail (printf "resources.limits.memory: %s has no unit of memory" $text) -}}
{{- end -}}
{{- $factor := 1 -}}
{{- if $unit }}{{ $factor = get $units $unit }}{{ end -}}
{{ int64 (mulf $number (float64 $factor)) }}
{{- end -}}

{{- define "skarn.maxmemory" -}}
{{- $limits := default dict .Values.resources.limits -}}
{{- if ne (toString .Values.maxmemory) "auto" -}}
{{ include "skarn.number" .Values.maxmemory }}
{{- else if $limits.memory -}}
{{ div (mul (int64 (include "skarn.bytes" $limits.memory)) (int64 .Values.maxmemoryPercent)) 100 }}
{{- else -}}
0
{{- end -}}
{{- end -}}
