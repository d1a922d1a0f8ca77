/** Something that another component obeys, so that no ApiKey may declare it, whatever the flags allow. */
interface Reserved {
  readonly matches: RegExp;
  /** The component that obeys it, and what it would do. */
  readonly because: string;
}

/** The random suffix that Kubernetes appends to generated names. */
const SUFFIX = "[bcdfghjklmnpqrstvwxz2456789]{5}";

/** Names of Secrets that other components look for, or that they make themselves. */
const NAMES: readonly Reserved[] = [
  reserved(/^sh\.helm\.release\./, "Helm reads it as a release, and deletes what that release lists"),
  reserved(/^bootstrap-token-/, "Kubernetes reads it as a bootstrap token"),
  reserved(new RegExp(`-token-${SUFFIX}$`), "it is the name of a service account token"),
  reserved(new RegExp(`-dockercfg-${SUFFIX}$`), "OpenShift gives it to a service account"),
  reserved(/^sealed-secrets-key/, "sealed-secrets names its private keys so"),
  reserved(/^argocd-/, "Argo CD reads its passwords, clusters and repositories from such Secrets"),
  reserved(/^cert-manager-/, "cert-manager keeps its certificate authority in such Secrets"),
  reserved(/^(?:cloud-credentials|velero-.*)$/, "Velero reads its credentials from it"),
  reserved(/^external-secrets-/, "external-secrets keeps its certificates in such Secrets"),
  reserved(/^flux-system$/, "Flux reads the credentials of its repository from it"),
  reserved(/^(?:tls-rancher|bootstrap-secret|serving-cert$)/, "Rancher reads it"),
];

/** Types that make a Secret a credential of another component. */
const TYPES: readonly Reserved[] = [
  reserved(/^kubernetes\.io\/service-account-token$/, "Kubernetes fills it with a service account token"),
  reserved(/^bootstrap\.kubernetes\.io\//, "Kubernetes reads it as a bootstrap token"),
  reserved(/^helm\.sh\//, "Helm reads it as a release"),
];

/** Prefixes of labels and annotations; each stands for its subdomains as well. */
const PREFIXES: Readonly<Record<string, string>> = {
  "signatureapi.com": "it is the controller's own",
  "kubernetes.io": "it is Kubernetes' own: app.kubernetes.io/instance alone makes Argo CD prune the Secret",
  "k8s.io": "it is Kubernetes' own",
  "x-k8s.io": "controllers of Kubernetes' projects copy and move what carries it",
  "helm.sh": "Helm takes over or deletes what carries it",
  "argoproj.io": "Argo CD reads a Secret with it as a cluster or a repository",
  "fluxcd.io": "Flux reconciles what carries it",
  "weave.works": "Flux reconciles what carries it",
  "bitnami.com": "sealed-secrets reads it as a private key, or overwrites the Secret",
  "mittwald.de": "kubernetes-replicator copies the Secret into other namespaces",
  "emberstack.com": "reflector copies the Secret into other namespaces",
  "appscode.com": "config-syncer copies the Secret into other namespaces",
  "zakkg3.github.io": "ClusterSecret copies the Secret into other namespaces",
  "carvel.dev": "secretgen-controller copies the Secret into other namespaces",
  "k14s.io": "kapp deletes what carries its labels and is in no application",
  "kyverno.io": "Kyverno reads it as its own, or skips its policies",
  "cert-manager.io": "cert-manager fills the Secret with a certificate",
  "velero.io": "Velero leaves the Secret out of backups, or deletes it with a restore",
  "external-secrets.io": "external-secrets takes the Secret over",
  "cattle.io": "Rancher deletes what carries it and has no owner",
  "openshift.io": "OpenShift fills the Secret",
  "coreos.com": "the Operator Lifecycle Manager takes the Secret over",
  "crossplane.io": "Crossplane reads it as a connection",
  "tekton.dev": "Tekton sends the Secret to the server that it names",
  "jenkins.io": "Jenkins imports the Secret as a credential",
  "strimzi.io": "Strimzi reads it as a certificate",
  "banzaicloud.io": "a webhook fills the Secret with other values",
  "banzaicloud.com": "a webhook fills the Secret with other values",
};

/** Labels and annotations without a prefix. */
const PLAIN_NAMES: readonly Reserved[] = [
  reserved(/^owner$/, "with owner=helm, Helm reads the Secret as a release"),
  reserved(/^grafana_/, "Grafana's sidecar loads the Secret"),
  reserved(/^k8s-sidecar-/, "Grafana's sidecar writes the Secret to the folder that it names"),
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
