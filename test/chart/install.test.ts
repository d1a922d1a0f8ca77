import { API_KEYS } from "@signatureapi-keys/controller/resources";
import { KubeClient, loadKubeConfig } from "@signatureapi-keys/controller/kube";
import { stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Cluster } from "../cluster/cluster.ts";
import { startCluster } from "../cluster/start-cluster.ts";
import { apiKey, namespace, type Manifest } from "../e2e/manifests.ts";

import { helm, install, render, VALUE_SETS } from "./helm.ts";
import { SYSTEM } from "./installation.ts";

/** A kind of the Prometheus operator, as far as the API server needs it to take an object. */
function monitoringKind(kind: string): Manifest {
  const plural = `${kind.toLowerCase()}s`;
  const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.monitoring.coreos.com` },
    spec: {
      group: "monitoring.coreos.com",
      scope: "Namespaced",
      names: { kind, plural },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}

const MONITORING = ["ServiceMonitor", "PodMonitor", "PrometheusRule"].map(monitoringKind);

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
  const namespaces = [SYSTEM, "shop", "billing", "keys-credentials"].map((name) => namespace(name));
  await cluster.apply([...MONITORING, ...namespaces].map((manifest) => stringify(manifest)).join("---\n"));
  await established();
}, 120_000);

afterAll(async () => {
  await cluster.stop();
});

async function established(): Promise<void> {
  await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
}

async function uninstall(kubeconfig = cluster.kubeconfigFile): Promise<void> {
  const { code, stderr } = await helm(["uninstall", "keys", "--namespace", SYSTEM], kubeconfig);
  expect(code, stderr).toBe(0);
}

async function definitions(): Promise<readonly string[]> {
  const { stdout } = await cluster.kubectl(["get", "crd", "--output=name"]);
  return stdout.split("\n").filter((line) => line.endsWith(".signatureapi.com"));
}

describe("a real API server takes what the chart renders", () => {
  test.each(VALUE_SETS)(
    "with the values %s, in an installation, an upgrade and an uninstallation",
    { timeout: 90_000 },
    async (valueSet) => {
      await install(cluster.kubeconfigFile, { valueSet });
      await install(cluster.kubeconfigFile, { valueSet }, "upgrade");
      for (const { apiVersion, kind, metadata } of await render({ valueSet })) {
        const type = `${kind}.${apiVersion.includes("/") ? apiVersion.replace(/^(.*)\/(.*)$/, "$2.$1") : `${apiVersion}.`}`;
        const { code, stderr } = await cluster.kubectl([
          "get",
          type,
          metadata.name,
          `--namespace=${metadata.namespace ?? ""}`,
        ]);
        expect(code, stderr).toBe(0);
      }
      await uninstall();
      const { stdout } = await cluster.kubectl([
        "get",
        "deployments,roles,services",
        "--all-namespaces",
        "--output=name",
        "--selector=app.kubernetes.io/part-of=signatureapi-keys",
      ]);
      expect(stdout).toBe("");
    },
  );
});

test("the policies that the API server has type-checked have no warnings", async () => {
  await install(cluster.kubeconfigFile, { valueSet: "default" });
  const { stdout } = await cluster.kubectl(["get", "validatingadmissionpolicies", "--output=yaml"]);
  expect(stdout).toContain("name: signatureapi-system-keys-signatureapi-controller-deletion");
  expect(stdout).not.toContain("expressionWarnings");
  await uninstall();
});

test("with namespaces, the policies hold in these and nowhere else", async () => {
  await install(cluster.kubeconfigFile, { valueSet: "namespaced" });
  await established();
  await cluster.apply(
    ["shop", "keys-credentials"].map((where) => stringify(apiKey(where, "scoped"))).join("---\n"),
  );
  const writeStatus = async (where: string): Promise<number | null> => {
    const patch = ["--subresource=status", "--type=merge", '--patch={"status":{"accountId":"acc_1"}}'];
    return (await cluster.kubectl(["patch", "apikeys", "scoped", `--namespace=${where}`, ...patch])).code;
  };
  // The API server notices new policies a moment later.
  await vi.waitFor(async () => expect(await writeStatus("shop")).not.toBe(0), { timeout: 20_000 });
  expect(await writeStatus("keys-credentials")).toBe(0);
  await uninstall();
});

test("uninstalling keeps the kinds and every ApiKey, and a later installation takes them over", async () => {
  await install(cluster.kubeconfigFile, { valueSet: "default" });
  await established();
  await cluster.apply(stringify(apiKey("shop", "kept")));
  await uninstall();
  expect(await definitions()).toHaveLength(3);
  await install(cluster.kubeconfigFile, { valueSet: "default" });
  const kube = KubeClient.fromKubeConfig(await loadKubeConfig({ kubeconfigPath: cluster.kubeconfigFile }), {
    fieldManager: "test",
  });
  try {
    expect(await kube.find(API_KEYS, { namespace: "shop", name: "kept" })).toBeDefined();
  } finally {
    await kube.close();
  }
  await uninstall();
});

test("a user without rights on anything cluster-scoped can install it, once the kinds are there", async () => {
  await cluster.kubectl([
    "apply",
    "--server-side",
    "--force-conflicts",
    "-f",
    new URL("../../charts/signatureapi-controller/files/crds", import.meta.url).pathname,
  ]);
  const kubeconfig = await cluster.userKubeconfig({ user: "team-lead" });
  const bindings = [SYSTEM, "shop"].map((where) => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "team-lead", namespace: where },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "team-lead" }],
  }));
  await cluster.apply(bindings.map((binding) => stringify(binding)).join("---\n"));
  await install(kubeconfig, { valueSet: "no-cluster-rights" });
  await uninstall(kubeconfig);
});

test("without crds.keep, the kinds go with the release", async () => {
  await install(cluster.kubeconfigFile, { values: { crds: { keep: false } } });
  await uninstall();
  await cluster.kubectl([
    "wait",
    "--for=delete",
    "crd/apikeys.signatureapi.com",
    "crd/accounts.signatureapi.com",
    "--timeout=30s",
  ]);
  expect(await definitions()).toEqual([]);
});
