import { describe, expect, test } from "vitest";
import { apiKeySpecSchema } from "../resources/apikey.ts";
import { fillTemplate, secretProblem } from "./secret-rules.ts";

const RULES = {
  allowedTypes: ["example.com/key", "helm.sh/release.v1"],
  allowedMetadata: ["team.example.com", "other.example.com/", "tier", "argocd.argoproj.io", "owner"],
  reservedNamespaces: ["kube-system"],
};

function problem(secret: object, namespace = "shop", name = "app"): unknown {
  return secretProblem(apiKeySpecSchema.parse({ mode: "live", secret }), { namespace, name }, RULES);
}

describe("a Secret may be declared", () => {
  test.each([
    ["as it is by default", {}],
    ["with a type that is listed", { type: "example.com/key" }],
    ["with a plain label that is listed", { labels: { tier: "shop" } }],
    ["with a plain annotation that is listed", { annotations: { tier: "shop" } }],
    ["with a prefix that is listed with its slash", { labels: { "other.example.com/tier": "shop" } }],
    ["with a name that only resembles a reserved one", { name: "helm-release" }],
    ["with a name that ends like a token's, but for its length", { name: "shop-token-live" }],
    ["with a prefix that is listed", { annotations: { "team.example.com/owner": "pay" } }],
    [
      "with entries that use the three variables",
      { template: [{ name: ".env", value: "{{key}} {{keyId}} {{mode}} {x}" }] },
    ],
  ])("%s", (_name, secret) => {
    expect(problem(secret)).toBeUndefined();
  });
});

describe("a Secret is refused", () => {
  test.each([
    [
      "with a type that means something to others",
      { type: "bootstrap.kubernetes.io/token" },
      "SecretTypeNotAllowed",
    ],
    [
      "with a type that Helm obeys, although it is listed",
      { type: "helm.sh/release.v1" },
      "SecretTypeNotAllowed",
    ],
    ["with a plain label that is not listed", { labels: { app: "shop" } }, "SecretMetadataNotAllowed"],
    [
      "with a plain annotation that is not listed",
      { annotations: { note: "a" } },
      "SecretMetadataNotAllowed",
    ],
    ["with Helm's label, although it is listed", { labels: { owner: "helm" } }, "SecretMetadataNotAllowed"],
    [
      "with a label that Argo CD obeys, although its prefix is listed",
      { labels: { "argocd.argoproj.io/secret-type": "cluster" } },
      "SecretMetadataNotAllowed",
    ],
    ["with the name of a Helm release", { name: "sh.helm.release.v1.shop.v99" }, "SecretNameNotAllowed"],
    [
      "with a label of another's prefix",
      { labels: { "sealedsecrets.bitnami.com/sealed-secrets-key": "active" } },
      "SecretMetadataNotAllowed",
    ],
    [
      "with a label of ours",
      { labels: { "signatureapi.com/credential": "true" } },
      "SecretMetadataNotAllowed",
    ],
    [
      "with a prefix that only ends alike",
      { labels: { "evil-team.example.com/x": "1" } },
      "SecretMetadataNotAllowed",
    ],
    [
      "with an annotation that replicates it",
      { annotations: { "replicator.v1.mittwald.de/replicate-to": "*" } },
      "SecretMetadataNotAllowed",
    ],
    ["with a previous entry in the place of the value", { previousKey: "SIGNATUREAPI_KEY" }, "InvalidSpec"],
    [
      "with two entries of one name",
      {
        template: [
          { name: "a", value: "" },
          { name: "a", value: "" },
        ],
      },
      "InvalidSpec",
    ],
    [
      "with a template entry in the place of the previous value",
      { previousKey: "OLD", template: [{ name: "OLD", value: "" }] },
      "InvalidSpec",
    ],
    ["with a helper in a template", { template: [{ name: "a", value: "{{#each key}}" }] }, "InvalidSpec"],
  ])("%s", (_name, secret, reason) => {
    expect(problem(secret)).toMatchObject({ reason });
  });

  test.each([
    "sh.helm.release.v1.shop.v99",
    "bootstrap-token-abcdef",
    "default-token-x7k2p",
    "builder-dockercfg-x7k2p",
    "sealed-secrets-key",
    "argocd-secret",
    "cert-manager-webhook-ca",
    "cloud-credentials",
    "velero-repo-credentials",
    "external-secrets-webhook",
    "flux-system",
    "bootstrap-secret",
    "istio-remote-secret-west",
    "cacerts",
    "istio-ca-secret",
    "cluster-credentials-west",
    "prod-kubeconfig",
  ])("where the ApiKey itself is named like a Secret of another component: %s", (name) => {
    expect(problem({}, "shop", name)).toMatchObject({ reason: "SecretNameNotAllowed" });
    expect(JSON.stringify(problem({}, "shop", name))).toContain(`no Secret may be named ${name}: `);
  });

  test.each([
    "signatureapi.com/credential",
    "app.kubernetes.io/instance",
    "kubernetes.io/service-account.name",
    "node.k8s.io/x",
    "meta.helm.sh/release-name",
    "hnc.x-k8s.io/inherited-from",
    "kustomize.toolkit.fluxcd.io/name",
    "sealedsecrets.bitnami.com/managed",
    "replicator.v1.mittwald.de/replicate-to",
    "reflector.v1.k8s.emberstack.com/reflection-allowed",
    "kubed.appscode.com/sync",
    "kapp.k14s.io/app",
    "objectset.rio.cattle.io/hash",
    "velero.io/exclude-from-backup",
    "reconcile.external-secrets.io/managed",
    "cert-manager.io/certificate-name",
    "tekton.dev/git-0",
    "jenkins.io/credentials-type",
    "grafana_datasource",
    "k8s-sidecar-target-directory",
    "istio/multiCluster",
    "networking.istio.io/cluster",
    "multicluster.linkerd.io/cluster-name",
    "reloader.stakater.com/match",
    "secrets-store.csi.k8s.io/managed",
    "secrets.hashicorp.com/vso-ownerRefUID",
    "cleanup.kyverno.io/ttl",
    "generate.kyverno.io/clone-source",
    "clustersecret.io/created-by",
    "secretgen.carvel.dev/image-pull-secret",
    "cluster.x-k8s.io/cluster-name",
    "cluster.core.oam.dev/cluster-credential-type",
    "cluster.open-cluster-management.io/type",
    "cnpg.io/reload",
    "credential.sync.jenkins.openshift.io",
    "strimzi.io/ca-cert-generation",
    "vault.security.banzaicloud.io/vault-addr",
    "secrets-webhook.security.bank-vaults.io/vault-addr",
    "operators.coreos.com/operator.ns",
    "olm.managed",
    "olm.owner",
  ])("with metadata that other components obey, with the reason and whatever is listed: %s", (name) => {
    const rules = { ...RULES, allowedMetadata: [name, name.split("/")[0] ?? ""] };
    for (const field of ["labels", "annotations"]) {
      const spec = apiKeySpecSchema.parse({ mode: "live", secret: { [field]: { [name]: "a" } } });
      const refused = secretProblem(spec, { namespace: "shop", name: "app" }, rules);
      expect(refused?.reason).toBe("SecretMetadataNotAllowed");
      expect(refused?.message).toMatch(/no flag allows it: ./);
    }
  });

  test.each([
    "kubernetes.io/service-account-token",
    "bootstrap.kubernetes.io/token",
    "helm.sh/release.v1",
    "cluster.x-k8s.io/secret",
    "addons.cluster.x-k8s.io/resource-set",
    "connection.crossplane.io/v1alpha1",
    "mirror.linkerd.io/remote-kubeconfig",
    "rke.cattle.io/cloud-credential-amazonec2",
    "istio.io/key-and-cert",
  ])("with a type that other components obey, with the reason and although it is listed: %s", (type) => {
    const spec = apiKeySpecSchema.parse({ mode: "live", secret: { type } });
    const refused = secretProblem(
      spec,
      { namespace: "shop", name: "app" },
      { ...RULES, allowedTypes: [type] },
    );
    expect(refused?.reason).toBe("SecretTypeNotAllowed");
    expect(refused?.message).toMatch(/no flag allows it: ./);
  });

  test("in a reserved namespace", () => {
    expect(problem({}, "kube-system")).toMatchObject({ reason: "NamespaceReserved" });
  });
});

test("a template is filled in once: what a variable holds is not read as a template", () => {
  const variables = { key: "{{mode}}$&", keyId: "ak_1", mode: "live" };
  expect(fillTemplate("K={{key}} I={{keyId}}", variables)).toBe("K={{mode}}$& I=ak_1");
});
