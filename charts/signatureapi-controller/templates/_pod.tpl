{{/* Whether the cluster is OpenShift, which gives each namespace its own UIDs and refuses fixed ones. */}}
{{- define "signatureapi-controller.onOpenShift" -}}
{{- $here := .Capabilities.APIVersions.Has "security.openshift.io/v1" -}}
{{- if or (eq .Values.openshift "enabled") (and (eq .Values.openshift "auto") $here) -}}true{{- end -}}
{{- end -}}

{{- define "signatureapi-controller.podSecurityContext" -}}
{{- if include "signatureapi-controller.onOpenShift" . -}}
{{- omit .Values.podSecurityContext "runAsUser" "runAsGroup" "fsGroup" | toYaml -}}
{{- else -}}
{{- toYaml .Values.podSecurityContext -}}
{{- end -}}
{{- end -}}

{{- define "signatureapi-controller.podSpec" -}}
serviceAccountName: {{ include "signatureapi-controller.serviceAccountName" . }}
automountServiceAccountToken: true
enableServiceLinks: false
# A value in hand is brought home within this time.
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- with include "signatureapi-controller.imagePullSecrets" . }}
{{ . }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . | quote }}
{{- end }}
{{- with .Values.schedulerName }}
schedulerName: {{ . | quote }}
{{- end }}
{{- with .Values.dnsPolicy }}
dnsPolicy: {{ . }}
{{- end }}
{{- with .Values.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "signatureapi-controller.podSecurityContext" . | fromYaml }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.initContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: controller
    image: {{ include "signatureapi-controller.image" . | quote }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args:
      {{- with .Values.namespaces }}
      - {{ printf "--namespaces=%s" (join "," .) | quote }}
      {{- end }}
      - {{ printf "--cluster-resource-namespace=%s" (include "signatureapi-controller.ownNamespace" .) | quote }}
      - {{ printf "--allowed-base-urls=%s" (join "," .Values.allowedBaseUrls) | quote }}
      {{- with .Values.allowedAddressRanges }}
      - {{ printf "--allowed-address-ranges=%s" (join "," .) | quote }}
      {{- end }}
      {{- if .Values.contract }}
      - "--contract=/etc/signatureapi-controller/contract/contract.yaml"
      {{- end }}
      {{- with .Values.installation }}
      - {{ printf "--installation=%s" . | quote }}
      {{- end }}
      {{- with .Values.previousInstallations }}
      - {{ printf "--previous-installations=%s" (join "," .) | quote }}
      {{- end }}
      - {{ printf "--secret-access=%s" .Values.secretAccess | quote }}
      - {{ printf "--workload-access=%s" .Values.workloadAccess | quote }}
      - {{ printf "--pod-access=%s" .Values.podAccess | quote }}
      - {{ printf "--concurrency=%d" (int .Values.concurrency) | quote }}
      - {{ printf "--namespace-mint-budget=%d" (int .Values.mintBudget.namespace) | quote }}
      - {{ printf "--account-mint-budget=%d" (int .Values.mintBudget.account) | quote }}
      - {{ printf "--leader-elect=%t" .Values.leaderElect | quote }}
      - {{ printf "--lease-name=%s" .Values.leaseName | quote }}
      - {{ printf "--read-only=%t" .Values.readOnly | quote }}
      {{- with .Values.allowedSecretTypes }}
      - {{ printf "--allowed-secret-types=%s" (join "," .) | quote }}
      {{- end }}
      {{- with .Values.allowedSecretMetadata }}
      - {{ printf "--allowed-secret-metadata=%s" (join "," .) | quote }}
      {{- end }}
      {{- /* Without a host: all addresses, of IPv4 and of IPv6. */}}
      - {{ if .Values.metrics.enabled }}{{ printf "--metrics-address=:%d" (int .Values.metrics.port) | quote }}{{ else }}"--metrics-address=0"{{ end }}
      {{- if include "signatureapi-controller.securesMetrics" . }}
      - "--metrics-secure=true"
      {{- if .Values.metrics.secure.certificateSecret }}
      - "--metrics-cert-dir=/etc/signatureapi-controller/metrics"
      {{- end }}
      {{- end }}
      - {{ printf "--health-address=:%d" (int .Values.health.port) | quote }}
      - {{ printf "--resync=%s" .Values.resync | quote }}
      - {{ printf "--inventory-interval=%s" .Values.inventoryInterval | quote }}
      - {{ printf "--log-level=%s" .Values.logLevel | quote }}
      - {{ printf "--log-format=%s" .Values.logFormat | quote }}
      {{- range .Values.extraArgs }}
      - {{ . | quote }}
      {{- end }}
    {{- $hasCaBundle := include "signatureapi-controller.hasCaBundle" . }}
    {{- if or $hasCaBundle .Values.extraEnv }}
    env:
      {{- if $hasCaBundle }}
      - name: NODE_EXTRA_CA_CERTS
        value: /etc/signatureapi-controller/ca/ca.crt
      {{- end }}
      {{- with .Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- end }}
    {{- with .Values.extraEnvFrom }}
    envFrom:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- $hasCertificate := and (include "signatureapi-controller.securesMetrics" .) .Values.metrics.secure.certificateSecret }}
    {{- if or $hasCaBundle $hasCertificate .Values.contract .Values.volumeMounts }}
    volumeMounts:
      {{- if $hasCaBundle }}
      - name: ca-bundle
        mountPath: /etc/signatureapi-controller/ca
        readOnly: true
      {{- end }}
      {{- if $hasCertificate }}
      - name: metrics-certificate
        mountPath: /etc/signatureapi-controller/metrics
        readOnly: true
      {{- end }}
      {{- if .Values.contract }}
      - name: contract
        mountPath: /etc/signatureapi-controller/contract
        readOnly: true
      {{- end }}
      {{- with .Values.volumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- end }}
    ports:
      {{- if .Values.metrics.enabled }}
      - name: metrics
        containerPort: {{ .Values.metrics.port }}
        protocol: TCP
      {{- end }}
      - name: health
        containerPort: {{ .Values.health.port }}
        protocol: TCP
    livenessProbe:
      httpGet:
        path: /healthz
        port: health
      {{- mergeOverwrite (dict "initialDelaySeconds" 10 "periodSeconds" 20 "timeoutSeconds" 10 "failureThreshold" 6) .Values.livenessProbe | toYaml | nindent 6 }}
    readinessProbe:
      httpGet:
        path: /readyz
        port: health
      {{- mergeOverwrite (dict "periodSeconds" 5 "timeoutSeconds" 5) .Values.readinessProbe | toYaml | nindent 6 }}
    {{- with .Values.resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.securityContext }}
    securityContext:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- with .Values.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- if or $hasCaBundle $hasCertificate .Values.contract .Values.volumes }}
volumes:
  {{- if $hasCaBundle }}
  - name: ca-bundle
    {{- if .Values.caBundle.configMap }}
    configMap:
      name: {{ .Values.caBundle.configMap | quote }}
    {{- else }}
    secret:
      secretName: {{ .Values.caBundle.secret | quote }}
    {{- end }}
      items:
        - key: {{ .Values.caBundle.key | quote }}
          path: ca.crt
  {{- end }}
  {{- if $hasCertificate }}
  - name: metrics-certificate
    secret:
      secretName: {{ .Values.metrics.secure.certificateSecret | quote }}
      items:
        - key: tls.crt
          path: tls.crt
        - key: tls.key
          path: tls.key
  {{- end }}
  {{- if .Values.contract }}
  - name: contract
    configMap:
      name: {{ include "signatureapi-controller.contractName" . }}
  {{- end }}
  {{- with .Values.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  {{- $constraint := . }}
  {{- if not .labelSelector }}
  {{- $constraint = merge (dict "labelSelector" (dict "matchLabels" (include "signatureapi-controller.selectorLabels" $ | fromYaml))) . }}
  {{- end }}
  - {{- toYaml $constraint | nindent 4 }}
  {{- end }}
{{- end }}
{{- end -}}
