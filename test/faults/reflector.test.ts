import {
  createReflector,
  type KubeClient,
  keyOf,
  type ObjectIdentity,
  Reflector,
  type ReflectorOptions,
  type ReflectorProblem,
} from "@signatureapi-keys/controller/kube";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { adminClient, type ConfigMap, configMaps, makeNamespace, startProxy } from "./kube-fixtures.ts";
import { Changes } from "../e2e/changes.ts";
import { EXPIRED, refusal } from "./kube-status.ts";
import type { KubeProxy } from "./kube-proxy.ts";

let client: KubeClient;
let proxy: KubeProxy;
let proxied: KubeClient;
let namespace: string;
/** What the reflector of a test reported, e.g. `added a`, `deleted b`, `error watch gone`. */
let reported: string[];
let changes: Changes;
let running: Reflector<ConfigMap>[];

beforeAll(async () => {
  client = await adminClient();
});
afterAll(async () => {
  await client.close();
});
beforeEach(async () => {
  proxy = await startProxy();
  proxied = await adminClient(proxy, { random: () => 0 });
  namespace = await makeNamespace(client, "reflect");
  reported = [];
  changes = new Changes();
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map(async (one) => one.stop()));
  await proxied.close();
  await proxy.close();
});

function report(line: string): void {
  reported.push(line);
  changes.report();
}

/** Resolves when the line is reported, also if it was before. */
async function reportOf(line: string): Promise<void> {
  await changes.until(() => reported.includes(line));
}

function describeProblem(problem: ReflectorProblem): string {
  if ("namespace" in problem) return `error ${problem.during} ${problem.error.kind}`;
  return `error ${problem.during} ${problem.key?.split("/")[1]}`;
}

function follow(options: Partial<ReflectorOptions<ConfigMap>> = {}): Reflector<ConfigMap> {
  const reflector = new Reflector({
    client: proxied,
    type: configMaps,
    namespace,
    // Makes the first delay after an error half of 0.8 s.
    random: () => 0.999,
    onError: (problem) => report(describeProblem(problem)),
    ...options,
  });
  reflector.addHandler({
    added: ({ metadata }) => report(`added ${metadata.name}`),
    updated: ({ metadata, data }, old) =>
      report(`updated ${metadata.name} ${old.data?.["v"]}>${data?.["v"]}`),
    deleted: ({ metadata }) => report(`deleted ${metadata.name}`),
  });
  running.push(reflector);
  reflector.start();
  return reflector;
}

const put = async (name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}) =>
  client.create(configMaps, { metadata: { namespace, name, labels }, data });
const remove = async (name: string) => client.delete(configMaps, { namespace, name });

describe("a reflector", () => {
  test("is synced with what exists, and follows additions, changes and deletions", async () => {
    const first = await put("first", { v: "1" });
    const reflector = follow();
    await reflector.hasSynced();
    expect(reported).toEqual(["added first"]);
    await client.update(configMaps, { ...first, data: { v: "2" } });
    await reportOf("updated first 1>2");
    await put("second");
    await reportOf("added second");
    expect(reflector.store.keys()).toEqual([`${namespace}/first`, `${namespace}/second`]);
    await remove("first");
    await reportOf("deleted first");
    expect(reflector.store.get(`${namespace}/first`)).toBeUndefined();
    expect(reflector.lastActivity).toBeGreaterThan(0);
  });

  test("lists from the server's cache first, and asks for bookmarks and an end within 5 to 10 minutes", async () => {
    const watch = proxy.nextWatch();
    await follow().hasSynced();
    expect(proxy.requests[0]?.path).toContain("resourceVersion=0");
    const query = new URL((await watch).path, proxy.url).searchParams;
    expect(query.get("allowWatchBookmarks")).toBe("true");
    expect(Number(query.get("timeoutSeconds"))).toBeGreaterThanOrEqual(300);
    expect(Number(query.get("timeoutSeconds"))).toBeLessThanOrEqual(600);
  });

  test("goes on from where it was when the server ends a watch", async () => {
    const first = proxy.nextWatch();
    await follow().hasSynced();
    const watch = await first;
    const { metadata } = await put("before");
    await reportOf("added before");
    const again = proxy.nextWatch();
    watch.end();
    const { path } = await again;
    expect(new URL(path, proxy.url).searchParams.get("resourceVersion")).toBe(metadata.resourceVersion);
    await put("after");
    await reportOf("added after");
    expect(proxy.count({ method: "GET", watch: false })).toBe(1);
    expect(reported).toEqual(["added before", "added after"]);
  });

  test("goes on from where it was when the connection breaks, and says so", async () => {
    const first = proxy.nextWatch();
    await follow().hasSynced();
    const watch = await first;
    const again = proxy.nextWatch();
    watch.reset();
    await put("meanwhile");
    await again;
    await reportOf("added meanwhile");
    expect(reported).toEqual(["error watch connection", "added meanwhile"]);
    expect(proxy.count({ watch: false })).toBe(1);
  });

  test("notices a watch on which nothing comes any more", async () => {
    const first = proxy.nextWatch();
    await follow({ idleTimeoutMs: 300 }).hasSynced();
    (await first).stall();
    await put("unheard");
    await reportOf("added unheard");
    expect(reported[0]).toBe("error watch timeout");
  });

  test("lists again when its version has expired, and reports the differences only", async () => {
    await put("kept");
    await put("lost");
    const first = proxy.nextWatch();
    await follow().hasSynced();
    const watch = await first;
    watch.stall();
    await remove("lost");
    await put("new");
    watch.injectEvent("ERROR", EXPIRED);
    await reportOf("added new");
    expect(reported).toEqual(["added kept", "added lost", "error watch gone", "deleted lost", "added new"]);
    const relist = proxy.requests.filter(({ watch: isWatch }) => !isWatch)[1];
    expect(relist?.path).toContain("resourceVersionMatch=NotOlderThan");
  });

  test("reads consistently when a list of its version has expired too", async () => {
    const first = proxy.nextWatch();
    await follow().hasSynced();
    proxy.fail({ watch: false }, { kind: "answer", status: 410, body: JSON.stringify(EXPIRED) });
    const last = proxy.nextRequest({ path: /configmaps\?limit=500$/u });
    (await first).injectEvent("ERROR", EXPIRED);
    await last;
    expect(reported).toEqual(["error watch gone", "error list gone"]);
  });

  test.each([
    ["a line that is not JSON", "garbage\n"],
    ["a line that is no event", '{"type":"SURPRISE","object":{}}\n'],
    ["an ERROR without a Status", '{"type":"ERROR","object":{}}\n'],
    ["a bookmark without a version", '{"type":"BOOKMARK","object":{"metadata":{}}}\n'],
  ])("says that it got %s, and lists again", async (_, line) => {
    const first = proxy.nextWatch();
    await follow().hasSynced();
    const watch = await first;
    watch.stall();
    await put("unheard");
    watch.inject(line);
    await reportOf("added unheard");
    expect(reported).toEqual(["error watch malformed-answer", "added unheard"]);
  });

  test("waits longer after each failure, and recovers by itself", async () => {
    proxy.fail({ watch: false }, { kind: "answer", status: 403, body: "no" }, 2);
    const startedAt = performance.now();
    await follow().hasSynced();
    expect(reported).toEqual(["error list api-status", "error list api-status"]);
    expect(performance.now() - startedAt).toBeGreaterThan(400 + 800 - 50);
  });

  test("says that its list is refused, until the right is there", async () => {
    proxy.fail({ watch: false }, refusal(403, "Forbidden"), 1);
    const reflector = follow();
    await reflector.answered();
    expect(reflector.refusedIn).toEqual([namespace]);
    await reflector.hasSynced();
    expect(reflector.refusedIn).toEqual([]);
  });

  test("is filled however much its objects weigh together", async () => {
    for (const name of ["a", "b", "c", "d"]) await put(name, { v: "x".repeat(1_000) });
    const small = await adminClient(proxy, { maxBodyBytes: 3_000 });
    await follow({ client: small }).hasSynced();
    expect(reported).toEqual(["added a", "added b", "added c", "added d"]);
    await small.close();
  });

  test("skips an object that is too large alone, names it, and follows all others", async () => {
    for (const name of ["a", "c"]) await put(name, { v: "1" });
    const big = await put("big", { v: "x".repeat(10_000) });
    const small = await adminClient(proxy, { maxBodyBytes: 5_000 });
    const reflector = follow({ client: small });
    await reflector.hasSynced();
    // A list may come from a cache that does not have the last object yet: then a watch brings it.
    await reportOf("error parse big");
    expect(reported.toSorted()).toEqual(["added a", "added c", "error parse big"]);
    await client.update(configMaps, { ...big, data: { v: "small again" } });
    await reportOf("added big");
    await small.close();
  });

  test("takes in by its identity what is larger than its kind parses, from lists and watches", async () => {
    const outline = {
      aboveBytes: 5_000,
      of: (identity: ObjectIdentity, bytes: number) => {
        report(`outlined ${identity.name}`);
        return { apiVersion: "v1", kind: "ConfigMap", metadata: { ...identity }, bytes };
      },
    };
    const big = await put("big", { v: "x".repeat(10_000) });
    const reflector = follow({ type: { ...configMaps, outline } });
    await reflector.hasSynced();
    expect(reported).toEqual(["outlined big", "added big"]);
    await client.update(configMaps, { ...big, data: { v: "y".repeat(10_000) } });
    await reportOf("updated big undefined>undefined");
    const small = await client.get(configMaps, { namespace, name: "big" });
    expect(reflector.store.get(`${namespace}/big`)?.metadata).toEqual({
      name: "big",
      namespace,
      uid: small.metadata.uid,
      resourceVersion: small.metadata.resourceVersion,
    });
    await client.update(configMaps, { ...small, data: { v: "2" } });
    await reportOf("updated big undefined>2");
    await remove("big");
    await reportOf("deleted big");
  });

  test("asks for a page in halves that breaks off each time it is asked for", async () => {
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) await put(name);
    proxy.fail({ path: /limit=4/u }, { kind: "truncate", bytes: 20 }, Number.POSITIVE_INFINITY);
    await follow({ pageSize: 4, pageTimeoutMs: 300 }).hasSynced();
    expect(reported).toEqual(names.map((name) => `added ${name}`));
    const limits = proxy.requests.flatMap(({ path }) => /limit=(\d)/u.exec(path)?.[1] ?? []);
    expect(limits.filter((limit) => limit !== "4")).toEqual(["2", "2", "2"]);
  });

  test("a watch that is ended at once leads to a list, after a while", async () => {
    const first = proxy.nextWatch();
    await follow().hasSynced();
    (await first).end();
    await proxy.nextWatch();
    expect(reported).toEqual(["error watch malformed-answer"]);
    expect(proxy.count({ watch: false })).toBe(2);
  });

  test("skips an object that does not fit its schema, says which, and keeps what it knew of it", async () => {
    const schema = configMaps.schema.refine(({ data }) => data?.["v"] !== "bad");
    const turning = await put("turning", { v: "1" });
    const bad = await put("bad", { v: "bad" });
    const reflector = follow({ type: { ...configMaps, schema } });
    await reflector.hasSynced();
    expect(reported).toEqual(["error parse bad", "added turning"]);
    expect(reflector.skipped).toBe(1);
    await client.update(configMaps, { ...turning, data: { v: "bad" } });
    await reportOf("error parse turning");
    expect(reflector.skipped).toBe(2);
    expect(reflector.store.get(`${namespace}/turning`)?.data).toEqual({ v: "1" });
    await remove("turning");
    await reportOf("deleted turning");
    expect(reflector.skipped).toBe(1);
    await client.update(configMaps, { ...bad, data: { v: "2" } });
    await reportOf("added bad");
    expect(reflector.skipped).toBe(0);
  });

  test("survives handlers, transforms and reporters that throw", async () => {
    await put("first");
    const reflector = follow({
      onError: (problem) => {
        report(describeProblem(problem));
        throw new Error("a reporter must not do this");
      },
      transform: (object) => {
        if (object.metadata.name === "untransformable") throw new Error("no");
        return object;
      },
    });
    reflector.addHandler({
      added: () => {
        throw new Error("a handler must not do this");
      },
    });
    await reflector.hasSynced();
    await put("untransformable");
    await put("second");
    await reportOf("added second");
    await reportOf("error handle second");
    expect(reported).toEqual([
      "added first",
      "error handle first",
      "error handle untransformable",
      "added second",
      "error handle second",
    ]);
  });

  test("stores what a transform leaves, and finds it by an index", async () => {
    await put("slim", { v: "1", big: "x".repeat(1_000) });
    const reflector = follow({
      transform: (object) => ({ ...object, data: { v: object.data?.["v"] ?? "" } }),
      indexers: { v: ({ data }) => [data?.["v"] ?? ""] },
    });
    await reflector.hasSynced();
    expect(reflector.store.byIndex("v", "1").map(({ data }) => data)).toEqual([{ v: "1" }]);
  });

  test("sees only what its selector matches; what no longer matches is deleted", async () => {
    const inside = await put("inside", {}, { watched: "yes" });
    await put("outside");
    await follow({ labelSelector: "watched=yes" }).hasSynced();
    await client.update(configMaps, { ...inside, metadata: { ...inside.metadata, labels: {} } });
    await reportOf("deleted inside");
    expect(reported).toEqual(["added inside", "deleted inside"]);
  });

  test("an object that was replaced by another of its name is deleted and added", async () => {
    await put("phoenix");
    const first = proxy.nextWatch();
    await follow().hasSynced();
    const watch = await first;
    watch.stall();
    await remove("phoenix");
    await put("phoenix");
    // Lists come in the order of names.
    await put("z-last");
    watch.inject("garbage\n");
    await reportOf("added z-last");
    expect(reported.slice(2)).toEqual(["deleted phoenix", "added phoenix", "added z-last"]);
  });

  test("a later handler hears of what is known already", async () => {
    await put("known");
    const reflector = follow();
    await reflector.hasSynced();
    const late: string[] = [];
    reflector.addHandler({ added: (object) => late.push(keyOf(object)) });
    expect(late).toEqual([`${namespace}/known`]);
  });

  test("reports nothing more once it is stopped, and rejects the wait for its first list", async () => {
    proxy.fail({ watch: false }, { kind: "stall-before" });
    const reflector = follow();
    const synced = reflector.hasSynced();
    await reflector.stop();
    await expect(synced).rejects.toThrow("stopped before it was filled");
    expect(reflector.state).toEqual({ phase: "stopped" });
    expect(reported).toEqual([]);
  });

  test("closes its watch when it is stopped", async () => {
    const first = proxy.nextWatch();
    const reflector = follow();
    const watch = await first;
    const closed = watch.closed();
    await reflector.stop();
    await closed;
    expect(reported).toEqual([]);
  });
});

describe("a reflector of several namespaces", () => {
  test("fills one store, and lists none but its own namespaces", async () => {
    const other = await makeNamespace(client, "reflect");
    const foreign = await makeNamespace(client, "reflect");
    for (const one of [namespace, other, foreign]) {
      await client.create(configMaps, { metadata: { namespace: one, name: "x" } });
    }
    const cache = createReflector({ client: proxied, type: configMaps, namespaces: [namespace, other] });
    cache.start();
    await cache.hasSynced();
    expect(cache.synced).toBe(true);
    expect(cache.store.keys().toSorted()).toEqual([`${namespace}/x`, `${other}/x`].toSorted());
    expect(cache.lastActivity).toBeGreaterThan(0);
    await cache.stop();
    expect(proxy.requests.every(({ path }) => path.includes("/namespaces/"))).toBe(true);
  });
});
