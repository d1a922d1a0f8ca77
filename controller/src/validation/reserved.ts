/** Something that another component obeys, so that no ApiKey may declare it, whatever the flags allow. */
interface Reserved {
  readonly matches: RegExp;
  /** The component that obeys it, and what it would do. */
  readonly because: string;
}

// Each entry names its source: a project's file, or a page of its documentation.

/** The random suffix that Kubernetes appends to generated names. (kubernetes: apimachinery/pkg/util/rand) */
const SUFFIX = "[bcdfghjklmnpqrstvwxz2456789]{5}";

/** Names of Secrets that other components look for, or that they make themselves. */
const NAMES: readonly Reserved[] = [
  // helm: pkg/storage/storage.go
  reserved(/^sh\.helm\.release\./, "Helm reads it as a release, and deletes what that release lists"),
  // Kubernetes documentation: Authenticating with Bootstrap Tokens
  reserved(/^bootstrap-token-/, "Kubernetes reads it as a bootstrap token"),
  // Kubernetes documentation: Managing Service Accounts
  reserved(new RegExp(`-token-${SUFFIX}$`), "it is the name of a service account token"),
  // openshift-controller-manager: pkg/serviceaccounts/controllers
  reserved(new RegExp(`-dockercfg-${SUFFIX}$`), "OpenShift gives it to a service account"),
  // sealed-secrets: README.md
  reserved(/^sealed-secrets-key/, "sealed-secrets names its private keys so"),
  // argo-cd: common/common.go
  reserved(/^argocd-/, "Argo CD reads its passwords, clusters and repositories from such Secrets"),
  // cert-manager documentation: webhook (cert-manager-webhook-ca)
  reserved(/^cert-manager-/, "cert-manager keeps its certificate authority in such Secrets"),
  // velero: pkg/install/resources.go, pkg/repository/keys
  reserved(/^(?:cloud-credentials|velero-.*)$/, "Velero reads its credentials from it"),
  // external-secrets: deploy/charts/external-secrets
  reserved(/^external-secrets-/, "external-secrets keeps its certificates in such Secrets"),
  // Flux documentation: flux bootstrap
  reserved(/^flux-system$/, "Flux reads the credentials of its repository from it"),
  // Rancher documentation: TLS secrets, bootstrap password
  reserved(/^(?:tls-rancher|bootstrap-secret|serving-cert$)/, "Rancher reads it"),
  // istio: security/pkg/pki/ca/ca.go; Istio documentation: Plug in CA Certificates, multicluster installation
  reserved(
    /^(?:istio-remote-secret-|istio-ca-secret$|cacerts$)/,
    "Istio reads certificates, or the credentials of a cluster, from it",
  ),
  // linkerd2: multicluster/cmd/link.go
  reserved(/^cluster-credentials-/, "Linkerd reads the credentials of a cluster from it"),
  // cluster-api: util/secret/consts.go
  reserved(/-kubeconfig$/, "Cluster API reads the credentials of a cluster from it"),
];

/** Types that make a Secret a credential of another component. */
const TYPES: readonly Reserved[] = [
  // Kubernetes documentation: Secrets, types of Secret
  reserved(/^kubernetes\.io\/service-account-token$/, "Kubernetes fills it with a service account token"),
  reserved(/^bootstrap\.kubernetes\.io\//, "Kubernetes reads it as a bootstrap token"),
  // helm: pkg/storage/driver/secrets.go
  reserved(/^helm\.sh\//, "Helm reads it as a release"),
  // cluster-api documentation: Certificates, ClusterResourceSet
  reserved(
    /^(?:[a-z.]+\.)?cluster\.x-k8s\.io\//,
    "Cluster API reads credentials or manifests of a cluster from it",
  ),
  // crossplane-runtime: pkg/resource/resource.go
  reserved(/^connection\.crossplane\.io\//, "Crossplane reads it as a connection"),
  // linkerd2: controller/api/destination/watcher/cluster_store.go
  reserved(/^mirror\.linkerd\.io\//, "Linkerd reads the credentials of a cluster from it"),
  // rancher webhook: docs, cloud credential validation
  reserved(/^(?:[a-z.]+\.)?cattle\.io\//, "Rancher reads it as a credential of a cloud or a cluster"),
  // istio: security/pkg/k8s/controller
  reserved(/^istio\.io\//, "Istio reads a certificate from it"),
];

/** Prefixes of labels and annotations; each stands for its subdomains as well. */
const PREFIXES: Readonly<Record<string, string>> = {
  "signatureapi.com": "it is the controller's own",
  // Kubernetes documentation: Well-Known Labels; argo-cd documentation: Resource Tracking
  "kubernetes.io": "it is Kubernetes' own: app.kubernetes.io/instance alone makes Argo CD prune the Secret",
  // secrets-store-csi-driver: controllers (secrets-store.csi.k8s.io/managed)
  "k8s.io": "it is Kubernetes' own, such as that of the driver which fills Secrets from stores",
  // cluster-api: api/core (cluster.x-k8s.io/cluster-name); hierarchical-namespaces: api (hnc.x-k8s.io)
  "x-k8s.io": "controllers of Kubernetes' projects copy and move what carries it",
  // helm documentation: Labels and Annotations (meta.helm.sh), Chart Hooks (helm.sh/hook)
  "helm.sh": "Helm takes over or deletes what carries it",
  // argo-cd documentation: Declarative Setup (argocd.argoproj.io/secret-type: cluster, repository, repo-creds)
  "argoproj.io": "Argo CD reads a Secret with it as a cluster or a repository",
  // Flux documentation: kustomize-controller, garbage collection; reconcile.fluxcd.io/watch
  "fluxcd.io": "Flux reconciles what carries it",
  "weave.works": "Flux reconciles what carries it",
  // sealed-secrets: README.md (sealedsecrets.bitnami.com/sealed-secrets-key, managed, patch)
  "bitnami.com": "sealed-secrets reads it as a private key, or overwrites the Secret",
  // kubernetes-replicator: replicate/common/consts.go
  "mittwald.de": "kubernetes-replicator copies the Secret into other namespaces",
  // kubernetes-reflector: README.md
  "emberstack.com": "reflector copies the Secret into other namespaces",
  // config-syncer documentation: intra-cluster (kubed.appscode.com/sync)
  "appscode.com": "config-syncer copies the Secret into other namespaces",
  // ClusterSecret: src/consts.py (clustersecret.io/created-by)
  "clustersecret.io": "ClusterSecret takes the Secret for one of its copies, and overwrites or deletes it",
  // secretgen-controller: docs/secret-export.md, pkg/sharing
  "carvel.dev": "secretgen-controller fills the Secret, or copies it into other namespaces",
  // kapp documentation: labels (kapp.k14s.io/app)
  "k14s.io": "kapp deletes what carries its labels and is in no application",
  // kyverno: api/kyverno/constants.go (cleanup.kyverno.io/ttl), pkg/background (generate.kyverno.io/clone-source)
  "kyverno.io": "Kyverno deletes the Secret after a time, or takes it for one that it clones",
  // cert-manager documentation: cainjector (allow-direct-injection), annotations of Certificates
  "cert-manager.io": "cert-manager fills the Secret with a certificate, or injects it into webhooks",
  // velero: pkg/apis/velero/v1/labels_annotations.go
  "velero.io": "Velero leaves the Secret out of backups, or deletes it with a restore",
  // external-secrets: apis/externalsecrets (reconcile.external-secrets.io/managed)
  "external-secrets.io": "external-secrets takes the Secret over",
  // vault-secrets-operator: helpers/secrets.go (secrets.hashicorp.com/vso-ownerRefUID)
  "hashicorp.com": "the Vault Secrets Operator takes the Secret for one of its own, and deletes it",
  // Reloader: README.md (reloader.stakater.com/match)
  "stakater.com": "Reloader restarts workloads because of the Secret",
  // wrangler: pkg/apply (objectset.rio.cattle.io); rancher: cloud credentials (cattle.io/cloud-credential)
  "cattle.io": "Rancher deletes what carries it and has no owner",
  // openshift-controller-manager: pkg/serviceaccounts (openshift.io/token-secret.name); Jenkins sync plugin
  "openshift.io": "OpenShift fills the Secret, or copies it into Jenkins",
  // operator-lifecycle-manager: pkg/lib/ownerutil, operators.coreos.com
  "coreos.com": "the Operator Lifecycle Manager takes the Secret over",
  // crossplane-runtime: pkg/meta/meta.go
  "crossplane.io": "Crossplane reads it as a connection",
  // tekton pipeline: docs/auth.md (tekton.dev/git-0, tekton.dev/docker-0)
  "tekton.dev": "Tekton sends the Secret to the server that it names",
  // kubernetes-credentials-provider-plugin: docs/examples (jenkins.io/credentials-type)
  "jenkins.io": "Jenkins imports the Secret as a credential",
  // istio: pkg/kube/multicluster/secretcontroller.go (istio/multiCluster, a prefix without a dot)
  istio: "Istio reads the credentials of a cluster from it",
  // Istio documentation: Resource Annotations (networking.istio.io/cluster)
  "istio.io": "Istio reads the credentials of a cluster from it",
  // linkerd2: controller/api/destination/watcher/cluster_store.go (multicluster.linkerd.io/cluster-name)
  "linkerd.io": "Linkerd reads the credentials of a cluster from it",
  // cluster-gateway: pkg/apis/cluster/v1alpha1 (cluster.core.oam.dev/cluster-credential-type)
  "oam.dev": "KubeVela reads the credentials of a cluster from it",
  // Open Cluster Management: provider credential controller (cluster.open-cluster-management.io/type, copiedFrom…)
  "open-cluster-management.io": "Open Cluster Management copies it, or fills its copies",
  // CloudNativePG documentation: Labels and Annotations (cnpg.io/reload)
  "cnpg.io": "CloudNativePG reloads its databases because of the Secret",
  // Strimzi documentation: custom CA certificates (strimzi.io/ca-cert-generation)
  "strimzi.io": "Strimzi reads it as a certificate",
  // Bank-Vaults documentation: mutating webhook, annotations
  "banzaicloud.io": "a webhook fills the Secret with other values",
  "bank-vaults.io": "a webhook fills the Secret with other values",
};

/** Labels and annotations without a prefix. */
const PLAIN_NAMES: readonly Reserved[] = [
  // helm: pkg/storage/driver/secrets.go
  reserved(/^owner$/, "with owner=helm, Helm reads the Secret as a release"),
  // grafana helm chart: README.md, sidecar.dashboards.label, sidecar.datasources.label
  reserved(/^grafana_/, "Grafana's sidecar loads the Secret"),
  // k8s-sidecar: README.md (FOLDER_ANNOTATION)
  reserved(/^k8s-sidecar-/, "Grafana's sidecar writes the Secret to the folder that it names"),
  // Jenkins sync plugin of OpenShift: README.md; the whole name, without a slash
  reserved(/^credential\.sync\.jenkins\.openshift\.io$/, "OpenShift copies the Secret into Jenkins"),
  // operator-lifecycle-manager: pkg/controller/install/certresources.go, pkg/lib/ownerutil (olm.managed, olm.owner)
  reserved(/^olm\./, "the Operator Lifecycle Manager takes the Secret over"),
];

/** Why no Secret may have this name; `undefined` if it may. */
export function reservedSecretName(name: string): string | undefined {
  return whyReserved(NAMES, name);
}

/** Why no Secret may have this type; `undefined` if a flag may allow it. */
export function reservedSecretType(type: string): string | undefined {
  return whyReserved(TYPES, type);
}

/** Why no Secret may have a label or an annotation of this name; `undefined` if a flag may allow it. */
export function reservedMetadataName(name: string): string | undefined {
  const slash = name.indexOf("/");
  if (slash < 0) return whyReserved(PLAIN_NAMES, name);
  const prefix = name.slice(0, slash);
  const found = Object.entries(PREFIXES).find(
    ([domain]) => prefix === domain || prefix.endsWith(`.${domain}`),
  );
  return found?.[1];
}

function reserved(matches: RegExp, because: string): Reserved {
  return { matches, because };
}

function whyReserved(list: readonly Reserved[], name: string): string | undefined {
  return list.find(({ matches }) => matches.test(name))?.because;
}
