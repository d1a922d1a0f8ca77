import { EventRecorder, type KubeClient, systemClock } from "@signatureapi-keys/controller/kube";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { adminClient, configMaps, makeNamespace, namespaces, startProxy } from "./kube-fixtures.ts";
import type { KubeProxy } from "./kube-proxy.ts";

const events = {
  ...configMaps,
  group: "events.k8s.io",
  plural: "events",
  kind: "Event",
  schema: configMaps.schema.extend({
    note: z.string(),
    eventTime: z.string(),
    series: z.object({ count: z.number(), lastObservedTime: z.string() }).nullish(),
  }),
};
const SIX_DIGITS = /\.\d{6}Z$/u;

let client: KubeClient;
let proxy: KubeProxy;
let proxied: KubeClient;
let namespace: string;
let problems: string[];
let dropped: string[];

beforeAll(async () => {
  client = await adminClient();
});
afterAll(async () => {
  await client.close();
});
beforeEach(async () => {
  proxy = await startProxy();
  proxied = await adminClient(proxy);
  namespace = await makeNamespace(client, "events");
  problems = [];
  dropped = [];
});
afterEach(async () => {
  await proxied.close();
  await proxy.close();
});

const recorder = (clock = systemClock) =>
  new EventRecorder({
    client: proxied,
    reportingController: "example.com/controller",
    reportingInstance: "controller-0",
    onProblem: (problem) => problems.push(problem),
    onDropped: (reason) => dropped.push(reason),
    clock,
  });
const regarding = (name = "thing") => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  namespace,
  name,
  uid: `uid-${name}`,
});
const happened = (note = "It happened.", name?: string) => ({
  regarding: regarding(name),
  type: "Normal" as const,
  reason: "Happened",
  action: "Happen",
  note,
});
const stored = async () => (await client.listAll(events, { namespace })).items;

describe("an event recorder", () => {
  test("writes an event that the API server accepts", async () => {
    const own = recorder();
    own.record(happened());
    await own.flush(5_000);
    const [event] = await stored();
    expect(event).toMatchObject({
      reason: "Happened",
      action: "Happen",
      note: "It happened.",
      regarding: regarding(),
    });
    expect(event?.eventTime).toMatch(SIX_DIGITS);
    expect(event?.series).toBeUndefined();
    expect(problems).toEqual([]);
  });

  test("turns repetitions into a series of one event, and other notes into others", async () => {
    const own = recorder();
    own.record(happened());
    await own.flush(5_000);
    own.record(happened());
    await own.flush(5_000);
    own.record(happened());
    own.record(happened("Something else."));
    await own.flush(5_000);
    const all = await stored();
    expect(all.map(({ note, series }) => `${note} x ${series?.count ?? 1}`).toSorted()).toEqual([
      "It happened. x 3",
      "Something else. x 1",
    ]);
    expect(all.find(({ series }) => series)?.series?.lastObservedTime).toMatch(SIX_DIGITS);
    expect(problems).toEqual([]);
  });

  test("counts what is repeated before it was written", async () => {
    const own = recorder();
    for (let i = 0; i < 5; i++) own.record(happened());
    expect(own.pending).toBe(1);
    await own.flush(5_000);
    expect((await stored()).map(({ series }) => series?.count)).toEqual([5]);
  });

  test("begins a new event after ten minutes", async () => {
    let offset = 0;
    const own = recorder({ ...systemClock, monotonic: () => systemClock.monotonic() + offset });
    own.record(happened());
    offset = 10 * 60_000;
    own.record(happened());
    await own.flush(5_000);
    expect(await stored()).toHaveLength(2);
  });

  test("cuts a note to the 1,024 bytes that the API server allows", async () => {
    const own = recorder();
    own.record(happened("ä".repeat(2_000)));
    await own.flush(5_000);
    const [event] = await stored();
    expect(Buffer.byteLength(event?.note ?? "")).toBeLessThanOrEqual(1_024);
    expect(event?.note).toMatch(/^ä+…$/u);
  });

  test("puts events about cluster-scoped objects into the namespace default", async () => {
    const own = recorder();
    const { namespace: _, ...cluster } = regarding(`cluster-${namespace}`);
    own.record({ ...happened(), regarding: cluster });
    await own.flush(5_000);
    const all = await client.listAll(events, {
      namespace: "default",
      fieldSelector: `regarding.name=${cluster.name}`,
    });
    expect(all.items).toHaveLength(1);
  });

  test("drops what exceeds the bucket of one object, and no other's", async () => {
    const own = recorder();
    for (let i = 0; i < 30; i++) own.record(happened(`note ${i}`, "noisy"));
    own.record(happened("other", "quiet"));
    await own.flush(5_000);
    const notes = (await stored()).map(({ note }) => note);
    expect(notes.filter((note) => note.startsWith("note"))).toHaveLength(25);
    expect(notes).toContain("other");
    expect(problems).toEqual(["too many events about ConfigMap noisy: some are dropped"]);
    expect(dropped).toEqual(Array.from({ length: 5 }, () => "object-rate"));
  });

  test("writes the events of a quiet namespace before most of a noisy one's, and drops none of them", async () => {
    const quiet = await makeNamespace(client, "quiet");
    const own = recorder();
    for (let i = 0; i < 1_100; i++) own.record(happened("noise", `noisy-${i}`));
    own.record({ ...happened("heard"), regarding: { ...regarding("quiet"), namespace: quiet } });
    expect(own.pending).toBe(1_000);
    expect(dropped).toEqual(Array.from({ length: 101 }, () => "backlog"));
    // What follows is refused at once, so that the test ends before all of the noise is written.
    proxy.fail({ method: "POST" }, { kind: "pass" }, 2);
    proxy.fail({ method: "POST" }, { kind: "answer", status: 403 }, Number.POSITIVE_INFINITY);
    await own.flush(30_000);
    const [heard] = (await client.listAll(events, { namespace: quiet })).items;
    expect(heard?.note).toBe("heard");
    expect(problems).toContain(`1000 events wait to be written: some of ${namespace} are dropped`);
  });

  test("says once that events are refused, and goes on", async () => {
    const own = recorder();
    const refusal = {
      kind: "Status",
      apiVersion: "v1",
      status: "Failure",
      reason: "Forbidden",
      code: 403,
      message: "no",
    };
    proxy.fail({ method: "POST" }, { kind: "answer", status: 403, body: JSON.stringify(refusal) }, 2);
    for (const note of ["one", "two", "three"]) own.record(happened(note));
    await own.flush(5_000);
    expect(problems).toEqual(["an event could not be written (forbidden)"]);
    expect(dropped).toEqual(["refused", "refused"]);
    expect((await stored()).map(({ note }) => note)).toEqual(["three"]);
  });

  test("survives a terminating namespace", async () => {
    await client.delete(namespaces, { name: namespace });
    const own = recorder();
    own.record(happened());
    await own.flush(5_000);
    expect(problems).toHaveLength(1);
  });

  test("goes on from an event whose create was not answered", async () => {
    const own = recorder();
    proxy.fail({ method: "POST" }, { kind: "reset-after" });
    own.record(happened());
    await own.flush(5_000);
    own.record(happened());
    await own.flush(5_000);
    own.record(happened());
    await own.flush(5_000);
    expect((await stored()).map(({ series }) => series?.count)).toEqual([3]);
  });

  test("writes an event anew that was deleted meanwhile", async () => {
    const own = recorder();
    own.record(happened());
    await own.flush(5_000);
    const [event] = await stored();
    await client.delete(events, { namespace, name: event?.metadata.name ?? "" });
    own.record(happened());
    await own.flush(5_000);
    expect((await stored()).map(({ series }) => series?.count)).toEqual([2]);
  });

  test("waits no longer than it was asked to for what cannot be written", async () => {
    const own = recorder();
    proxy.fail({ method: "POST" }, { kind: "stall-before" });
    own.record(happened());
    const startedAt = performance.now();
    await own.flush(100);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
