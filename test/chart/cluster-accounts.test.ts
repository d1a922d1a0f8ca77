import { stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cluster } from "../cluster/cluster.ts";
import { startCluster } from "../cluster/start-cluster.ts";
import { namespace } from "../e2e/manifests.ts";
import { CHART, helm, helmRelease, install, render } from "./helm.ts";
import { SYSTEM } from "./installation.ts";
import { ofKind } from "./rendered.ts";

const ACCOUNT = {
  name: "acme",
  labels: { team: "platform" },
  annotations: { "helm.sh/resource-policy": "delete", "example.com/owner": "platform" },
  spec: { credentials: { name: "acme" }, allow: [{ modes: ["test"], namespaceSelector: {} }] },
};
const values = { clusterAccounts: [ACCOUNT] };

describe("clusterAccounts", () => {
  test("are rendered as they are, and are always kept", async () => {
    const [account, ...others] = ofKind(await render({ values }), "ClusterAccount");
    expect(others).toEqual([]);
    expect(account).toMatchObject({ metadata: { name: "acme", labels: ACCOUNT.labels }, spec: ACCOUNT.spec });
    expect(account?.metadata.annotations).toEqual({
      "helm.sh/resource-policy": "keep",
      "example.com/owner": "platform",
    });
  });

  test.each([
    [
      "namespaces",
      { ...values, namespaces: ["shop"], installation: "0a1b2c3d4e" },
      /clusterAccounts do not work with namespaces/,
    ],
    [
      "no credentials",
      { clusterAccounts: [{ name: "acme", spec: {} }] },
      /'\/clusterAccounts\/0\/spec'.*credentials/,
    ],
    [
      "a name in upper case",
      { clusterAccounts: [{ ...ACCOUNT, name: "Acme" }] },
      /'\/clusterAccounts\/0\/name'/,
    ],
  ])("are refused with %s", async (_name, refused, message) => {
    const { code, stderr } = await helmRelease("template", { values: refused });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});

describe("in a cluster that does not know the kinds yet", () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster();
    await cluster.apply(stringify(namespace(SYSTEM)));
  }, 120_000);

  afterAll(async () => cluster.stop());

  async function accounts(): Promise<string> {
    return (await cluster.kubectl(["get", "clusteraccounts", "--output=name"])).stdout.trim();
  }

  async function uninstall(): Promise<void> {
    const { code, stderr } = await helm(["uninstall", "keys", "--namespace", SYSTEM], cluster.kubeconfigFile);
    expect(code, stderr).toBe(0);
  }

  test(
    "an install with accounts says what to do first, and does nothing; then each way works",
    { timeout: 180_000 },
    async () => {
      const refused = await helmRelease("install", { values }, cluster.kubeconfigFile);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toMatch(
        /does not know the kind ClusterAccount yet.*kubectl apply --server-side -f files\/crds/,
      );
      const { stdout: nothing } = await cluster.kubectl(["get", "crd,deployments", "-A", "--output=name"]);
      expect(nothing).not.toContain("signatureapi");

      // Without them, then with them.
      await install(cluster.kubeconfigFile, {});
      await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
      await install(cluster.kubeconfigFile, { values }, "upgrade");
      expect(await accounts()).toBe("clusteraccount.signatureapi.com/acme");

      // Neither a line that is removed nor an uninstallation takes it from under its keys.
      await install(cluster.kubeconfigFile, {}, "upgrade");
      expect(await accounts()).toBe("clusteraccount.signatureapi.com/acme");
      await install(cluster.kubeconfigFile, { values }, "upgrade");
      await uninstall();
      expect(await accounts()).toBe("clusteraccount.signatureapi.com/acme");

      // A later installation takes it over.
      await install(cluster.kubeconfigFile, { values });
      await uninstall();

      // With the kinds installed apart, in one step.
      await cluster.kubectl(["delete", "clusteraccounts,crd", "--all"]);
      await cluster.kubectl(["apply", "--server-side", "-f", `${CHART}files/crds`]);
      await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
      await install(cluster.kubeconfigFile, { values: { ...values, crds: { enabled: false } } });
      expect(await accounts()).toBe("clusteraccount.signatureapi.com/acme");
    },
  );
});
