import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  addFinalizerPatch,
  isKubeError,
  KubeClient,
  type KubeError,
  loadKubeConfig,
  removeFinalizerPatch,
  type RequestRecord,
  systemClock,
} from "@signatureapi-keys/controller/kube";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedCluster } from "../cluster/shared-cluster.ts";
import { adminAccess, adminClient, configMaps, makeNamespace, secrets, startProxy } from "./kube-fixtures.ts";
import type { KubeProxy } from "./kube-proxy.ts";

let client: KubeClient;
let namespace: string;
let proxy: KubeProxy;
let proxied: KubeClient;

beforeAll(async () => {
  client = await adminClient(undefined, { fieldManager: "kube-test" });
  namespace = await makeNamespace(client);
  proxy = await startProxy();
  proxied = await adminClient(proxy, { fieldManager: "kube-test" });
});

afterAll(async () => {
  await Promise.all([client.close(), proxied.close()]);
  await proxy.close();
});

const ref = (name: string) => ({ namespace, name });
const configMap = (name: string, data: Record<string, string> = {}) => ({ metadata: ref(name), data });

async function failure(promise: Promise<unknown>): Promise<KubeError> {
  return promise.then(
    () => {
      throw new Error("this was expected to fail");
    },
    (error: KubeError) => error,
  );
}

describe("a client of a real API server", () => {
  test("creates, reads, updates and deletes", async () => {
    const created = await client.create(configMaps, configMap("life", { a: "1" }));
    expect(created).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", data: { a: "1" } });
    const updated = await client.update(configMaps, { ...created, data: { a: "2" } });
    expect(updated.metadata.uid).toBe(created.metadata.uid);
    expect((await client.get(configMaps, ref("life"))).data).toEqual({ a: "2" });
    expect(updated.metadata["managedFields"]).toEqual([expect.objectContaining({ manager: "kube-test" })]);
    expect(await client.delete(configMaps, ref("life"))).toBe("deleted");
    expect(await client.find(configMaps, ref("life"))).toBeUndefined();
  });

  test("distinguishes already-exists, conflict, not-found and invalid, all of them without an effect", async () => {
    const created = await client.create(configMaps, configMap("twice"));
    const again = await failure(client.create(configMaps, configMap("twice")));
    expect(again).toMatchObject({ kind: "already-exists", effect: "none", objectName: "twice", namespace });
    await client.update(configMaps, { ...created, data: { a: "1" } });
    const stale = await failure(client.update(configMaps, { ...created, data: { a: "2" } }));
    expect(stale).toMatchObject({ kind: "conflict", effect: "none", reason: "Conflict" });
    expect(await failure(client.get(configMaps, ref("none")))).toMatchObject({
      kind: "not-found",
      status: 404,
    });
    const invalid = await failure(client.create(configMaps, configMap("Not_A_Name")));
    expect(invalid).toMatchObject({ kind: "invalid", effect: "none" });
    expect(invalid.causes[0]).toMatchObject({ field: "metadata.name" });
    expect([again, stale, invalid].every((error) => isKubeError(error) && error.effect === "none")).toBe(
      true,
    );
  });

  test("guards an update by the UID too", async () => {
    const first = await client.create(configMaps, configMap("reborn"));
    await client.delete(configMaps, ref("reborn"));
    const second = await client.create(configMaps, configMap("reborn"));
    const { resourceVersion } = second.metadata;
    const mixed = { ...first, metadata: { ...first.metadata, resourceVersion } };
    expect(await failure(client.update(configMaps, mixed))).toMatchObject({ kind: "conflict" });
  });

  test("guards a delete by UID and resourceVersion", async () => {
    const { metadata } = await client.create(configMaps, configMap("guarded"));
    const { uid, resourceVersion } = metadata;
    const wrong = { preconditions: { uid, resourceVersion: "1" } };
    expect(await failure(client.delete(configMaps, ref("guarded"), wrong))).toMatchObject({
      kind: "conflict",
    });
    await client.delete(configMaps, ref("guarded"), { preconditions: { uid, resourceVersion } });
    expect(await client.find(configMaps, ref("guarded"))).toBeUndefined();
  });

  test("a dry run stores nothing, and finds what the write would meet", async () => {
    const object = await client.create(configMaps, configMap("dry"), { dryRun: true });
    expect(object.metadata.resourceVersion).toBe("");
    await expect(client.update(configMaps, object)).rejects.toThrow(TypeError);
    expect(await client.find(configMaps, ref("dry"))).toBeUndefined();
  });

  test("applies on the server's side, and a forgotten field goes", async () => {
    const options = { fieldManager: "applier" };
    await client.apply(configMaps, configMap("applied", { a: "1", b: "2" }), options);
    const second = await client.apply(configMaps, configMap("applied", { a: "1" }), options);
    expect(second.data).toEqual({ a: "1" });
    const other = await failure(
      client.apply(configMaps, configMap("applied", { a: "3" }), { fieldManager: "other" }),
    );
    expect(other).toMatchObject({ kind: "conflict", effect: "none" });
    const forced = { fieldManager: "other", force: true };
    expect((await client.apply(configMaps, configMap("applied", { a: "3" }), forced)).data).toEqual({
      a: "3",
    });
  });

  test("an apply with the UID of an object that is gone does not bring it back", async () => {
    const { metadata } = await client.create(configMaps, configMap("ghost"));
    await client.delete(configMaps, ref("ghost"));
    const manifest = { ...configMap("ghost"), metadata: { ...ref("ghost"), uid: metadata.uid } };
    expect(await failure(client.apply(configMaps, manifest, { fieldManager: "applier" }))).toMatchObject({
      kind: "conflict",
      effect: "none",
    });
  });

  test("patches of all three types", async () => {
    await client.create(configMaps, configMap("patched", { a: "1" }));
    await client.patch(configMaps, ref("patched"), { data: { b: "2" } }, { type: "merge" });
    await client.patch(configMaps, ref("patched"), [{ op: "remove", path: "/data/a" }], { type: "json" });
    const last = await client.patch(configMaps, ref("patched"), { data: { c: "3" } }, { type: "strategic" });
    expect(last.data).toEqual({ b: "2", c: "3" });
  });

  test("finalizer patches keep a deleted object until the finalizer goes, and conflict when stale", async () => {
    const finalizer = "example.com/held";
    const first = await client.create(configMaps, configMap("held"));
    const add = addFinalizerPatch(first.metadata, finalizer);
    const held = await client.patch(configMaps, ref("held"), add, { type: "merge" });
    expect(held.metadata.finalizers).toEqual([finalizer]);
    expect(await failure(client.patch(configMaps, ref("held"), add, { type: "merge" }))).toMatchObject({
      kind: "conflict",
      effect: "none",
    });
    const foreign = addFinalizerPatch({ ...held.metadata, uid: "another", finalizers: [] }, finalizer);
    expect(await failure(client.patch(configMaps, ref("held"), foreign, { type: "merge" }))).toMatchObject({
      kind: "invalid",
      effect: "none",
    });
    expect(await client.delete(configMaps, ref("held"))).toBe("deleting");
    const deleting = await client.get(configMaps, ref("held"));
    await client.patch(configMaps, ref("held"), removeFinalizerPatch(deleting.metadata, finalizer), {
      type: "merge",
    });
    expect(await client.find(configMaps, ref("held"))).toBeUndefined();
  });

  test("lists all pages, by label and in one namespace", async () => {
    const own = await makeNamespace(client);
    await Promise.all(
      Array.from({ length: 25 }, async (_, i) =>
        client.create(configMaps, {
          metadata: { namespace: own, name: `page-${i}`, labels: { parity: i % 2 === 0 ? "even" : "odd" } },
        }),
      ),
    );
    const page = await client.list(configMaps, { namespace: own, limit: 10 });
    expect(page.items).toHaveLength(10);
    expect(page.continue).toBeDefined();
    expect((await client.listAll(configMaps, { namespace: own, limit: 10 })).items).toHaveLength(25);
    const even = await client.listAll(configMaps, { namespace: own, labelSelector: "parity=even", limit: 4 });
    expect(even.items).toHaveLength(13);
    expect(even.items[0]).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
  });

  test("an object that does not fit its schema is reported and harms no other", async () => {
    const own = await makeNamespace(client);
    const strict = {
      ...configMaps,
      schema: configMaps.schema.refine(({ data }) => data?.["bad"] === undefined),
    };
    for (const [name, data] of [
      ["good", {}],
      ["odd", { bad: "placeholder" }],
    ] as const) {
      await client.create(configMaps, { metadata: { namespace: own, name }, data });
    }
    const list = await client.listAll(strict, { namespace: own });
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(["good"]);
    expect(list.malformed).toMatchObject([{ key: `${own}/odd` }]);
    expect(JSON.stringify(list.malformed)).not.toContain("placeholder");
    const error = await failure(client.get(strict, { namespace: own, name: "odd" }));
    expect(error).toMatchObject({ kind: "malformed-answer", effect: "none" });
  });

  test("says who may not", async () => {
    const cluster = sharedCluster();
    const kubeconfigPath = await cluster.userKubeconfig({ user: "kube-stranger" });
    const stranger = KubeClient.fromKubeConfig(await loadKubeConfig({ kubeconfigPath }));
    const error = await failure(stranger.list(secrets, { namespace }));
    expect(error).toMatchObject({ kind: "forbidden", effect: "none" });
    expect(error.message).toContain("kube-stranger");
    await stranger.close();
  });

  test("no value of a Secret is in the error of a refused write", async () => {
    const value = "placeholder-of-a-value";
    await client.create(secrets, { metadata: ref("secretive"), stringData: { key: value } });
    const encoded = Buffer.from(value).toString("base64");
    const writes = [
      client.patch(secrets, ref("secretive"), { data: { key: encoded }, immutable: "no" }, { type: "merge" }),
      client.patch(secrets, ref("secretive"), { data: { key: value } }, { type: "merge" }),
      client.patch(secrets, ref("secretive"), [{ op: "add", path: "/data/a/b", value }], { type: "json" }),
      client.create(secrets, { metadata: ref("other"), data: { key: value } }),
      client.create(secrets, {
        metadata: ref("other"),
        type: "kubernetes.io/dockerconfigjson",
        data: { ".dockerconfigjson": encoded },
      }),
    ];
    for (const error of await Promise.all(writes.map(async (write) => failure(write)))) {
      expect(error).toMatchObject({ name: "KubeError", effect: "none" });
      const shown = JSON.stringify([error.message, error.detail, error.causes, error.stack]);
      expect(shown).not.toContain(value);
      expect(shown).not.toContain(encoded);
    }
  });

  test("a missing kind is not mistaken for a missing object", async () => {
    const missing = { ...configMaps, group: "none.example.com", plural: "things", kind: "Thing" };
    expect(await failure(client.find(missing, ref("x")))).toMatchObject({ kind: "api-status", status: 404 });
  });

  test("a create in a missing namespace says which object is missing", async () => {
    const error = await failure(client.create(configMaps, { metadata: { namespace: "no-such", name: "x" } }));
    expect(error).toMatchObject({
      kind: "not-found",
      effect: "none",
      about: { kind: "namespaces", name: "no-such" },
    });
  });

  test("raw requests are sent as they are", async () => {
    const { body, status } = await client.raw({ method: "GET", path: "/version" });
    expect(status).toBe(200);
    expect(JSON.parse(body)).toHaveProperty("gitVersion");
  });
});

describe("connections and credentials", () => {
  test("requests share connections", async () => {
    const own = await adminClient(proxy);
    const before = proxy.connections;
    for (let i = 0; i < 20; i++) await own.find(configMaps, ref("none"));
    // The second request begins while undici is still putting the first one's connection back.
    expect(proxy.connections - before).toBeLessThanOrEqual(2);
    await own.close();
  });

  test("a kubeconfig with a client certificate, and one with a token, are enough", async () => {
    const cluster = sharedCluster();
    const paths = [
      await cluster.userKubeconfig({ user: "kube-admin", groups: ["system:masters"] }),
      cluster.kubeconfigFile,
    ];
    for (const kubeconfigPath of paths) {
      const own = KubeClient.fromKubeConfig(await loadKubeConfig({ kubeconfigPath }));
      expect(await own.find(configMaps, ref("none"))).toBeUndefined();
      await own.close();
    }
  });

  test("a 401 leads to one new reading of the credentials and one more try, also for a write", async () => {
    const access = await adminAccess(proxy);
    const readings: boolean[] = [];
    const rotating = new KubeClient({
      ...access,
      read: async (afterRefusal) => {
        readings.push(afterRefusal);
        return afterRefusal ? access.read(true) : { headers: { authorization: "Bearer outdated" }, tls: {} };
      },
    });
    await rotating.create(configMaps, configMap("rotated"));
    expect(readings).toEqual([false, true]);
    await rotating.close();
  });

  test("credentials that stay refused are reported after one more try", async () => {
    const access = await adminAccess(proxy);
    const refused = new KubeClient({
      ...access,
      read: () => Promise.resolve({ headers: { authorization: "Bearer wrong" }, tls: {} }),
    });
    const before = proxy.requests.length;
    expect(await failure(refused.get(configMaps, ref("x")))).toMatchObject({
      kind: "unauthorized",
      effect: "none",
    });
    expect(proxy.requests.length - before).toBe(2);
    await refused.close();
  });

  test("a certificate of another CA is a connection error, and nothing was sent", async () => {
    const { url } = sharedCluster();
    const access = await adminAccess();
    const distrusting = new KubeClient({
      ...access,
      server: url,
      read: () => Promise.resolve({ headers: {}, tls: {} }),
    });
    const error = await failure(distrusting.create(configMaps, configMap("x")));
    expect(error).toMatchObject({ kind: "connection", effect: "none" });
  });

  test("a CA that has changed is used from the next reading on, a minute later", async () => {
    const access = await adminAccess();
    let passedMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + passedMs };
    const read = async () => ({ ...(await access.read(false)), ...(passedMs === 0 ? { tls: {} } : {}) });
    const learning = new KubeClient({ ...access, read }, { clock });
    const early = failure(learning.find(configMaps, ref("none"), { timeoutMs: 50 }));
    expect(await early).toMatchObject({ kind: "connection", effect: "none" });
    passedMs = 60_000;
    expect(await learning.find(configMaps, ref("none"))).toBeUndefined();
    await learning.close();
  });

  test("a kubeconfig that cannot be read is named, and never quoted", async () => {
    const file = join(sharedCluster().folder, "broken-kubeconfig");
    await writeFile(file, "users: [{name: x, user: {token: placeholder-token}}");
    const error = await loadKubeConfig({ kubeconfigPath: file }).catch((e: unknown) => e);
    expect(String(error)).toContain(file);
    expect(String(error)).not.toContain("placeholder-token");
  });
});

describe("when requests fail on the way", () => {
  test.each(["reset-after", "reset-before"] as const)(
    "a write after %s is unknown, and is sent once",
    async (kind) => {
      const before = proxy.count({ method: "POST" });
      proxy.fail({ method: "POST" }, { kind });
      const error = await failure(proxied.create(configMaps, configMap(`lost-${kind}`)));
      expect(error).toMatchObject({ kind: "connection", effect: "unknown" });
      expect(proxy.count({ method: "POST" }) - before).toBe(1);
      const landed = await client.find(configMaps, ref(`lost-${kind}`));
      expect(landed !== undefined).toBe(kind === "reset-after");
    },
  );

  test("a write on a connection that was closed while idle is not sent twice", async () => {
    await proxied.find(configMaps, ref("none"));
    const before = proxy.count({ method: "POST" });
    proxy.resetAll();
    const [outcome] = await Promise.allSettled([proxied.create(configMaps, configMap("idle"))]);
    expect(proxy.count({ method: "POST" }) - before).toBeLessThanOrEqual(1);
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ kind: "connection" });
  });

  test("a read after a reset is repeated", async () => {
    proxy.fail({ method: "GET" }, { kind: "reset-before" }, 2);
    expect(
      (
        await proxied.get(configMaps, {
          namespace: "kube-system",
          name: "extension-apiserver-authentication",
        })
      ).kind,
    ).toBe("ConfigMap");
  });

  test("a read after 500 and 429 is repeated; a write after 500 is unknown", async () => {
    proxy.fail({ method: "GET" }, { kind: "answer", status: 500, body: "oops" });
    proxy.fail({ method: "GET" }, { kind: "answer", status: 429, headers: { "retry-after": "0" } });
    expect(await proxied.find(configMaps, ref("none"))).toBeUndefined();
    proxy.fail({ method: "POST" }, { kind: "answer", status: 500, body: "oops" });
    expect(await failure(proxied.create(configMaps, configMap("x")))).toMatchObject({
      kind: "server-error",
      effect: "unknown",
    });
  });

  test("a write after a 429 that says when is sent again, since it was not executed", async () => {
    const before = proxy.count({ method: "POST" });
    const body = "Too many requests, please try again later.";
    proxy.fail({ method: "POST" }, { kind: "answer", status: 429, headers: { "retry-after": "0" }, body });
    await proxied.create(configMaps, configMap("patient"));
    expect(proxy.count({ method: "POST" }) - before).toBe(2);
  });

  test.each([
    ["truncated", { kind: "truncate", bytes: 20 }, "connection"],
    ["garbage", { kind: "replace-body", body: "<html>" }, "malformed-answer"],
    ["another document", { kind: "replace-body", body: "{}" }, "malformed-answer"],
  ] as const)("a write whose answer is %s is unknown", async (name, fault, kind) => {
    proxy.fail({ method: "POST" }, fault);
    const object = `spoilt-${name.replaceAll(" ", "-")}`;
    expect(await failure(proxied.create(configMaps, configMap(object)))).toMatchObject({
      kind,
      effect: "unknown",
    });
    expect(await client.find(configMaps, ref(object))).toBeDefined();
  });

  test("a deadline covers the whole answer, and says whether the write may have landed", async () => {
    proxy.fail({ method: "POST" }, { kind: "stall-after" });
    const error = await failure(proxied.create(configMaps, configMap("slow"), { timeoutMs: 300 }));
    expect(error).toMatchObject({ kind: "timeout", effect: "unknown" });
    proxy.fail({ method: "GET" }, { kind: "stall-before" });
    expect(await failure(proxied.get(configMaps, ref("slow"), { timeoutMs: 100 }))).toMatchObject({
      kind: "timeout",
      effect: "none",
    });
  });

  test("a write that still waits for a connection at its deadline was not sent", async () => {
    const narrow = await adminClient(proxy, { connections: 1 });
    const name = "queued";
    proxy.fail({ method: "GET" }, { kind: "stall-before" });
    const blocked = failure(narrow.get(configMaps, ref("x"), { timeoutMs: 2_000 }));
    const before = proxy.count({ method: "POST" });
    expect(await failure(narrow.create(configMaps, configMap(name), { timeoutMs: 200 }))).toMatchObject({
      kind: "timeout",
      effect: "none",
    });
    await blocked;
    await narrow.find(configMaps, ref("x"));
    expect(proxy.count({ method: "POST" }) - before).toBe(0);
    await narrow.close();
  });

  test("a caller may give up", async () => {
    proxy.fail({ method: "POST" }, { kind: "stall-before" });
    const controller = new AbortController();
    const request = proxy.nextRequest({ method: "POST" });
    const failed = failure(proxied.create(configMaps, configMap("given-up"), { signal: controller.signal }));
    await request;
    controller.abort();
    expect(await failed).toMatchObject({ kind: "aborted", effect: "unknown" });
    const late = failure(proxied.create(configMaps, configMap("given-up"), { signal: AbortSignal.abort() }));
    expect(await late).toMatchObject({ kind: "aborted", effect: "none" });
  });

  test("an answer that is too large is given up", async () => {
    const error = await failure(client.raw({ method: "GET", path: "/openapi/v2", maxBodyBytes: 10_000 }));
    expect(error).toMatchObject({ kind: "malformed-answer", effect: "none" });
  });

  test("a list whose continue token expires begins again", async () => {
    const own = await makeNamespace(client);
    for (let i = 0; i < 4; i++)
      await client.create(configMaps, { metadata: { namespace: own, name: `p-${i}` } });
    const expired = {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      reason: "Expired",
      code: 410,
      message: "too old",
    };
    proxy.fail({ path: /continue=/u }, { kind: "answer", status: 410, body: JSON.stringify(expired) });
    const list = await proxied.listAll(configMaps, { namespace: own, limit: 2 });
    expect(list.items.map(({ metadata }) => metadata.name)).toEqual(["p-0", "p-1", "p-2", "p-3"]);
  });

  test("every request is reported to the hook, a failed one as <error>", async () => {
    const records: RequestRecord[] = [];
    const watched = await adminClient(proxy, { onRequest: (record) => records.push(record) });
    await watched.find(configMaps, ref("none"));
    proxy.fail({ method: "POST" }, { kind: "reset-before" });
    await failure(watched.create(configMaps, configMap("x")));
    expect(records.map(({ verb, method, code, resource }) => [verb, method, code, resource])).toEqual([
      ["get", "GET", "404", "configmaps"],
      ["create", "POST", "<error>", "configmaps"],
    ]);
    await watched.close();
  });
});
