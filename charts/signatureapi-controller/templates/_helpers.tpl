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
{{- mergeOverwrite (dict) ((.context.Values.global | default dict).commonLabels | default dict) (.context.Values.commonLabels | default dict) (.more | default dict) $own $selector | toYaml -}}
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
{{- $repository := .Values.image.repository -}}
{{- with (.Values.global | default dict).imageRegistry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) $repository -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Those of a parent chart may be names alone, as several charts take them. */}}
{{- define "signatureapi-controller.imagePullSecrets" -}}
{{- $all := list -}}
{{- range concat ((.Values.global | default dict).imagePullSecrets | default list) .Values.imagePullSecrets -}}
{{- $all = append $all (ternary (dict "name" .) . (kindIs "string" .)) -}}
{{- end -}}
{{- if $all -}}
imagePullSecrets:
  {{- uniq $all | toYaml | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* Whether there are CA certificates to mount. */}}
{{- define "signatureapi-controller.hasCaBundle" -}}
{{- if or .Values.caBundle.configMap .Values.caBundle.secret -}}true{{- end -}}
{{- end -}}

{{- define "signatureapi-controller.contractName" -}}
{{- printf "%s-contract" (include "signatureapi-controller.fullname" . | trunc 54 | trimSuffix "-") -}}
{{- end -}}

{{/* Whether the metrics are served over TLS, to those who may read them. */}}
{{- define "signatureapi-controller.securesMetrics" -}}
{{- if and .Values.metrics.enabled .Values.metrics.secure.enabled -}}true{{- end -}}
{{- end -}}

{{- define "signatureapi-controller.metricsServiceName" -}}
{{- printf "%s-metrics" (include "signatureapi-controller.fullname" . | trunc 55 | trimSuffix "-") -}}
{{- end -}}

{{/* Of the release that runs, so that a runbook fits its alert. */}}
{{- define "signatureapi-controller.runbookBaseUrl" -}}
{{- default (printf "%s/blob/v%s/" .Chart.Home .Chart.AppVersion) .Values.metrics.prometheusRule.runbookBaseUrl -}}
{{- end -}}

{{/* A duration such as 1h30m, in milliseconds. */}}
{{- define "signatureapi-controller.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 -}}
{{- $total := 0.0 -}}
{{- range regexFindAll "[0-9]+([.][0-9]+)?(ms|s|m|h|d)" . -1 -}}
{{- $total = addf $total (mulf (regexFind "^[0-9.]+" . | float64) (get $units (regexFind "[a-z]+$" .))) -}}
{{- end -}}
{{- $total | int64 -}}
{{- end -}}

{{/* The bounds of a flag that is a duration. Called with a dict: name and value. */}}
{{- define "signatureapi-controller.validateDuration" -}}
{{- $milliseconds := include "signatureapi-controller.milliseconds" .value | int64 -}}
{{- if lt $milliseconds 1000 -}}
{{- fail (printf "%s must be at least 1s, not %s" .name .value) -}}
{{- end -}}
{{- if gt $milliseconds 316224000000 -}}
{{- fail (printf "%s must be at most ten years (3660d), not %s" .name .value) -}}
{{- end -}}
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
{{- range $name, $value := dict "resync" .Values.resync "inventoryInterval" .Values.inventoryInterval "test.timeout" .Values.test.timeout -}}
{{- include "signatureapi-controller.validateDuration" (dict "name" $name "value" $value) -}}
{{- end -}}
{{- if .Values.clusterAccounts -}}
{{- if .Values.namespaces -}}
{{- fail "clusterAccounts do not work with namespaces: the controller then reads nothing cluster-scoped. Declare an Account in each namespace" -}}
{{- end -}}
{{- /* Helm looks every kind up before it creates anything, so the kinds must be there before. Without a cluster to ask, as in helm template, what renders the chart knows when to apply what. */ -}}
{{- if and (not (.Capabilities.APIVersions.Has "signatureapi.com/v1/ClusterAccount")) (lookup "v1" "Namespace" "" "kube-system") -}}
{{- fail "clusterAccounts: this cluster does not know the kind ClusterAccount yet, and Helm cannot create a kind and its objects in one step. Install the kinds first (kubectl apply --server-side -f files/crds of this chart), or install without clusterAccounts and then upgrade with them" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.metrics.enabled (eq (int .Values.metrics.port) (int .Values.health.port)) -}}
{{- fail "metrics.port and health.port must differ" -}}
{{- end -}}
{{- if and .Values.metrics.serviceMonitor.enabled .Values.metrics.podMonitor.enabled -}}
{{- fail "set only one of metrics.serviceMonitor.enabled and metrics.podMonitor.enabled, else every metric is read twice" -}}
{{- end -}}
{{- with .Values.metrics.secure -}}
{{- if and .enabled (not $.Values.metrics.enabled) -}}
{{- fail "metrics.secure.enabled needs metrics.enabled: true" -}}
{{- end -}}
{{- if and .enabled $.Values.metrics.podMonitor.enabled (not $.Values.metrics.podMonitor.authorization) -}}
{{- fail "metrics.podMonitor.authorization is required with metrics.secure.enabled: a PodMonitor reads no token file. Name a Secret with a token in it, or use metrics.serviceMonitor" -}}
{{- end -}}
{{- if and (not .enabled) (or .certificateSecret .readers .tlsConfig) -}}
{{- fail "metrics.secure.certificateSecret, readers and tlsConfig need metrics.secure.enabled: true, otherwise the metrics stay open to everyone" -}}
{{- end -}}
{{- end -}}
{{- range $name := list "serviceMonitor" "podMonitor" "prometheusRule" "dashboard" -}}
{{- if and (get $.Values.metrics $name).enabled (not $.Values.metrics.enabled) -}}
{{- fail (printf "metrics.%s.enabled needs metrics.enabled: true" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
