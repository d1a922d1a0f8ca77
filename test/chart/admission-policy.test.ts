import { API_KEYS, SECRETS } from "@signatureapi-keys/controller/resources";
import {
  KubeClient,
  KubeError,
  kubeObjectSchema,
  loadKubeConfig,
  type ResourceType,
} from "@signatureapi-keys/controller/kube";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { conditionOf } from "../e2e/conditions.ts";
import { apiKey, clusterAccount, namespace, readyNamespace } from "../e2e/manifests.ts";
import type { RunResult } from "../../tools/binaries/run.ts";
import { install } from "./helm.ts";
import { OneKey } from "../e2e/one-key.ts";
import { Installation, SYSTEM } from "./installation.ts";

function workloadType(kind: string): ResourceType {
  const plural = `${kind.toLowerCase()}s`;
  return { group: "apps", version: "v1", kind, plural, namespaced: true, schema: kubeObjectSchema };
}

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

/** Lets the controller's service account do something itself. @returns the message of its refusal. */
async function asController(act: (client: KubeClient) => Promise<unknown>): Promise<string> {
  const kubeconfig = await world.cluster.serviceAccountKubeconfig(world.serviceAccount);
  const access = await loadKubeConfig({ kubeconfigPath: kubeconfig });
  const client = KubeClient.fromKubeConfig(access, { fieldManager: "signatureapi-controller" });
  try {
    await act(client);
    return "not refused";
  } catch (error) {
    return error instanceof KubeError ? error.message : String(error);
  } finally {
    await client.close();
  }
}

function ref(name: string): { readonly namespace: string; readonly name: string } {
  return { namespace: "tenant", name };
}

function container(image: string): object {
  return { name: "app", image: `registry.example/app:${image}` };
}

function restart(value: string, more: object = {}): object {
  const annotations = { "restart.signatureapi.com/app": value, ...more };
  return { spec: { template: { metadata: { annotations } } } };
}

describe("the controller's own service account", () => {
  const labels = { "signatureapi.com/apikey": "app" };
  const data = { SIGNATUREAPI_KEY: "bWFkZQ==" };
  const REFUSED = "may only write and delete Secrets of ApiKeys, of the types Opaque";
  /** As another user makes it. */
  const theirs = async (name: string): Promise<void> => {
    await world.kube.create(SECRETS, { metadata: ref(name), type: "Opaque", data });
  };

  test.each([
    ["without the label", { metadata: ref("unlabelled"), data }],
    [
      "of a type that is not allowed",
      { metadata: { ...ref("typed"), labels }, type: "kubernetes.io/basic-auth", data: { password: "eA==" } },
    ],
    [
      "that is a token of a service account",
      {
        metadata: {
          ...ref("token"),
          labels,
          annotations: { "kubernetes.io/service-account.name": "tenant" },
        },
        type: "kubernetes.io/service-account-token",
      },
    ],
  ])("may make no Secret %s", async (_what, manifest) => {
    expect(await asController(async (client) => client.create(SECRETS, manifest))).toContain(REFUSED);
  });

  test.each(["kube-system", SYSTEM])("may make no Secret in %s", async (inNamespace) => {
    const manifest = { metadata: { name: "reserved", namespace: inNamespace, labels }, data };
    expect(await asController(async (client) => client.create(SECRETS, manifest))).toContain(
      "may write no Secret in the namespaces of the cluster and of its credentials",
    );
  });

  test("may neither overwrite nor delete a Secret of another user", async () => {
    await theirs("theirs");
    const object = await world.kube.get(SECRETS, ref("theirs"));
    const other = { ...object, data: { SIGNATUREAPI_KEY: "b3RoZXI=" } };
    expect(await asController(async (client) => client.update(SECRETS, other))).toContain(REFUSED);
    expect(await asController(async (client) => client.delete(SECRETS, ref("theirs")))).toContain(REFUSED);
    expect((await world.kube.get(SECRETS, ref("theirs"))).data).toEqual(data);
  });

  test("may adopt a Secret of another user, with all that it holds", async () => {
    await theirs("adopted");
    const object = await world.kube.get(SECRETS, ref("adopted"));
    const metadata = { ...object.metadata, labels };
    const emptied = { ...object, metadata, data: { other: "eA==" } };
    expect(await asController(async (client) => client.update(SECRETS, emptied))).toContain(REFUSED);
    const adopted = { ...object, metadata, data: { ...data, other: "eA==" } };
    expect(await asController(async (client) => client.update(SECRETS, adopted))).toBe("not refused");
  });

  test("may write and delete what it made, although its label was removed", async () => {
    const made = { metadata: { ...ref("ours"), labels }, data };
    expect(await asController(async (client) => client.create(SECRETS, made))).toBe("not refused");
    const bare = { metadata: { labels: null } };
    const object = await world.kube.patch(SECRETS, ref("ours"), bare, { type: "merge" });
    const written = { ...object, data: { SIGNATUREAPI_KEY: "b3RoZXI=" } };
    expect(await asController(async (client) => client.update(SECRETS, written))).toBe("not refused");
    expect(await asController(async (client) => client.delete(SECRETS, ref("ours")))).toBe("not refused");
  });

  test.each(["Deployment", "StatefulSet", "DaemonSet"])(
    "may restart a %s again and again, and change nothing else of it",
    async (kind) => {
      await world.apply({
        apiVersion: "apps/v1",
        kind,
        metadata: ref("app"),
        spec: {
          ...(kind === "StatefulSet" ? { serviceName: "app" } : {}),
          selector: { matchLabels: { app: "app" } },
          template: { metadata: { labels: { app: "app" } }, spec: { containers: [container("1")] } },
        },
      });
      const patch = async (body: object): Promise<string> =>
        asController(async (client) => client.patch(workloadType(kind), ref("app"), body, { type: "merge" }));
      expect([await patch(restart("one")), await patch(restart("two"))]).toEqual([
        "not refused",
        "not refused",
      ]);
      const changes = {
        "another image": { spec: { template: { spec: { containers: [container("2")] } } } },
        "a node selector": { spec: { template: { spec: { nodeSelector: { a: "b" } } } } },
        "another annotation": restart("three", { other: "x" }),
        "a label of its Pods": { spec: { template: { metadata: { labels: { other: "x" } } } } },
        "its history": { spec: { revisionHistoryLimit: 7 } },
        "an annotation of its own": { metadata: { annotations: { other: "x" } } },
        "a finalizer": { metadata: { finalizers: ["example.com/x"] } },
      };
      for (const [what, change] of Object.entries(changes))
        expect(await patch(change), what).toContain(
          "may change nothing of a workload but the annotations restart.signatureapi.com/",
        );
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
