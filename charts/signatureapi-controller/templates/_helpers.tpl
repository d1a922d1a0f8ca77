{{- define "signatureapi-controller.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "signatureapi-controller.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The name of cluster-scoped objects: releases of the same name in two namespaces must not fight over them. */}}
{{- define "signatureapi-controller.clusterName" -}}
{{- printf "%s-%s" (include "signatureapi-controller.namespace" .) (include "signatureapi-controller.fullname" .) -}}
{{- end -}}

{{- define "signatureapi-controller.selectorLabels" -}}
app.kubernetes.io/name: {{ include "signatureapi-controller.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end -}}

{{/* Where the objects of this release go: another one where the chart is part of a larger one. */}}
{{- define "signatureapi-controller.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/*
The labels of an object, merged as maps, so that none is there twice. Ours win: what selects by them must find it.
Called with a dict: context, and more, the labels that a user wants on this object besides.
*/}}
{{- define "signatureapi-controller.mergedLabels" -}}
{{- $own := dict
  "helm.sh/chart" (printf "%s-%s" .context.Chart.Name .context.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/version" .context.Chart.AppVersion
  "app.kubernetes.io/part-of" "signatureapi-keys"
  "app.kubernetes.io/managed-by" .context.Release.Service -}}
{{- $selector := include "signatureapi-controller.selectorLabels" .context | fromYaml -}}
{{- mergeOverwrite (dict) (.context.Values.commonLabels | default dict) (.more | default dict) $own $selector | toYaml -}}
{{- end -}}

{{- define "signatureapi-controller.labels" -}}
{{- include "signatureapi-controller.mergedLabels" (dict "context" .) -}}
{{- end -}}

{{- define "signatureapi-controller.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "signatureapi-controller.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Where the credentials of ClusterAccounts and the lease stand. */}}
{{- define "signatureapi-controller.ownNamespace" -}}
{{- default (include "signatureapi-controller.namespace" .) .Values.clusterResourceNamespace -}}
{{- end -}}

{{- define "signatureapi-controller.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Whether there are CA certificates to mount. */}}
{{- define "signatureapi-controller.hasCaBundle" -}}
{{- if or .Values.caBundle.configMap .Values.caBundle.secret -}}true{{- end -}}
{{- end -}}

{{/* What a schema cannot say, because it is about two values. */}}
{{- define "signatureapi-controller.validate" -}}
{{- if and .Values.namespaces (not .Values.installation) -}}
{{- fail "installation is required with namespaces: without a ClusterRole the controller cannot derive it. Set it to ten random hex digits (openssl rand -hex 5), once, and never change it: the tags of the keys carry it." -}}
{{- end -}}
{{- if and (gt (int .Values.replicas) 1) (not .Values.leaderElect) -}}
{{- fail "replicas > 1 needs leaderElect: true, else two controllers work on the same keys" -}}
{{- end -}}
{{- if and .Values.caBundle.configMap .Values.caBundle.secret -}}
{{- fail "caBundle.configMap and caBundle.secret exclude each other: put all certificates into one of them" -}}
{{- end -}}
{{- if include "signatureapi-controller.hasCaBundle" . -}}
{{- range .Values.extraEnv -}}
{{- if eq .name "NODE_EXTRA_CA_CERTS" -}}
{{- fail "caBundle sets NODE_EXTRA_CA_CERTS, so extraEnv must not: put all certificates into one of them" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.metrics.enabled (eq (int .Values.metrics.port) (int .Values.health.port)) -}}
{{- fail "metrics.port and health.port must differ" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled -}}
{{- fail "set only one of metrics.serviceMonitor.enabled and metrics.podMonitor.enabled, else every metric is read twice" -}}
{{- end -}}
{{- range $name := list "serviceMonitor" "podMonitor" "prometheusRule" "dashboard" -}}
{{- if and (get $.Values.metrics $name).enabled (not $.Values.metrics.enabled) -}}
{{- fail (printf "metrics.%s.enabled needs metrics.enabled: true" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
