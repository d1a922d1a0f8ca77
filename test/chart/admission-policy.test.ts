import { API_KEYS } from "@signatureapi-keys/controller/resources";
import { KubeClient, loadKubeConfig } from "@signatureapi-keys/controller/kube";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { conditionOf } from "../e2e/conditions.ts";
import { apiKey, clusterAccount, namespace, readyNamespace } from "../e2e/manifests.ts";
import type { RunResult } from "../../tools/binaries/run.ts";
import { install } from "./helm.ts";
import { OneKey } from "../e2e/one-key.ts";
import { Installation } from "./installation.ts";

/** The API server notices new policies, and what becomes of namespaces, a moment later. */
const PROPAGATION = { timeout: 20_000 };

let world: Installation;

beforeAll(async () => {
  world = await Installation.install({ namespaces: { tenant: {} } });
  await world.apply(
    clusterAccount("acme", world.emulator.url, { allow: [] }),
    ...readyNamespace("tenant", world.emulator.url),
  );
  await vi.waitFor(
    async () => expect((await writeStatus("clusteraccounts acme")).code).not.toBe(0),
    PROPAGATION,
  );
}, 120_000);

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

async function writeStatus(resource: string, kubeconfig?: string): Promise<RunResult> {
  const patch = ["--subresource=status", "--type=merge", "--patch", '{"status":{"accountId":"acc_forged"}}'];
  const options = kubeconfig === undefined ? {} : { kubeconfig };
  return world.cluster.kubectl(["patch", ...resource.split(" "), "--namespace=tenant", ...patch], options);
}

/** What the namespace controller does to every kind of a namespace that goes. */
async function deleteCollection(inNamespace: string): Promise<RunResult> {
  const path = `/apis/signatureapi.com/v1/namespaces/${inNamespace}/apikeys`;
  return world.cluster.kubectl(["delete", "--raw", path]);
}

describe("the status of the kinds is the controller's", () => {
  test.each(["apikeys status", "accounts default", "clusteraccounts acme"])(
    "a write to %s by another user is refused",
    async (resource) => {
      await world.apply(apiKey("tenant", "status"));
      const kubeconfig = resource.startsWith("cluster") ? undefined : await world.tenantKubeconfig("tenant");
      const { code, stderr } = await writeStatus(resource, kubeconfig);
      expect(code).not.toBe(0);
      const kind = resource.split(" ")[0] ?? "";
      expect(stderr).toContain(`the status of ${kind} is a record of keys that only the controller writes`);
      expect(stderr).toContain("admissionPolicy.statusWriters");
      expect(stderr).toContain(
        kubeconfig === undefined ? "admin is not it" : "system:serviceaccount:tenant:tenant is not it",
      );
    },
  );

  test("a write of the spec by its user is not", async () => {
    await world.apply(apiKey("tenant", "spec"));
    const patch = [
      "--type=merge",
      "--patch",
      '{"spec":{"suspend":true},"status":{"accountId":"acc_forged"}}',
    ];
    const { code, stdout } = await world.cluster.kubectl(
      ["patch", "apikeys", "spec", "--namespace=tenant", ...patch, "--output=yaml"],
      { kubeconfig: await world.tenantKubeconfig("tenant") },
    );
    expect(code).toBe(0);
    expect(stdout).toContain("suspend: true");
    expect(stdout).not.toContain("acc_forged");
  });

  test("a write by the controller's service account is not", async () => {
    await world.apply(apiKey("tenant", "writer"));
    const kubeconfig = await world.cluster.serviceAccountKubeconfig(world.serviceAccount);
    const client = KubeClient.fromKubeConfig(await loadKubeConfig({ kubeconfigPath: kubeconfig }), {
      fieldManager: "test",
    });
    try {
      const before = await client.get(API_KEYS, { namespace: "tenant", name: "writer" });
      const after = await client.updateStatus(API_KEYS, { ...before, status: { accountId: "acc_known" } });
      expect(after.status).toEqual({ accountId: "acc_known" });
    } finally {
      await client.close();
    }
  });
});

describe("an ApiKey with spec.deletionProtection", () => {
  test("is not deleted until it says so, alone or with all others", async () => {
    await world.apply(namespace("protected"), apiKey("protected", "one", { deletionProtection: true }));
    const remove = ["delete", "apikeys", "one", "--namespace=protected", "--wait=false"];
    const refused = await world.cluster.kubectl(remove);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("ApiKey one has spec.deletionProtection: true");
    expect(refused.stderr).toContain("set it to false first");
    expect((await deleteCollection("protected")).stderr).toContain("spec.deletionProtection: true");
    await world.apply(apiKey("protected", "one", { deletionProtection: false }));
    expect((await world.cluster.kubectl(remove)).code).toBe(0);
    expect(await world.kube.find(API_KEYS, { namespace: "protected", name: "one" })).toBeUndefined();
  });

  test(
    "outlives the end of its namespace with its key, and goes with it once it says so",
    { timeout: 90_000 },
    async () => {
      const key = new OneKey(world, "ending", { name: "kept" });
      await using controller = await world.startReplica();
      const say = (): string => `the controller said:\n${controller.output.slice(-4_000)}`;
      await key.ready({ deletionProtection: true });
      expect(
        (await world.cluster.kubectl(["delete", "namespace", "ending", "--wait=false"])).code,
        say(),
      ).toBe(0);
      await vi.waitFor(async () => expect((await deleteCollection("ending")).code).toBe(0), PROPAGATION);
      expect(await key.until((object) => conditionOf(object, "Stalled")?.message)).toContain(
        "spec.deletionProtection is true",
      );
      expect(key.active()).toBe(1);
      await key.change({ deletionProtection: false });
      await key.gone();
      expect(key.active()).toBe(0);
      expect(await controller.end()).toBe(0);
    },
  );
});

test("another installation may write the status once the values name it", { timeout: 90_000 }, async () => {
  await world.apply(apiKey("tenant", "two"));
  const kubeconfig = await world.tenantKubeconfig("tenant");
  const upgrade = async (statusWriters: readonly string[]): Promise<void> =>
    install(world.cluster.kubeconfigFile, { values: { admissionPolicy: { statusWriters } } }, "upgrade");
  await upgrade(["system:serviceaccount:tenant:tenant"]);
  await vi.waitFor(
    async () => expect((await writeStatus("apikeys two", kubeconfig)).code).toBe(0),
    PROPAGATION,
  );
  await upgrade([]);
  await vi.waitFor(
    async () => expect((await writeStatus("apikeys two", kubeconfig)).code).not.toBe(0),
    PROPAGATION,
  );
});
