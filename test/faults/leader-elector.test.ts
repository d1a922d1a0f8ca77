import {
  type Clock,
  KubeClient,
  LeaderElector,
  type LeaderElectorOptions,
  leaseType,
  systemClock,
} from "@signatureapi-keys/controller/kube";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { adminClient, makeNamespace, startProxy } from "./kube-fixtures.ts";
import type { KubeProxy } from "./kube-proxy.ts";
import { refusal } from "./kube-status.ts";

/** Short, so that a test takes seconds; the proportions are the real ones. */
const FAST = { leaseDurationMs: 1_000, renewDeadlineMs: 700, retryPeriodMs: 100 };

let client: KubeClient;
let proxy: KubeProxy;
let proxied: KubeClient;
let namespace: string;
let candidates: { elector: LeaderElector; ended: Promise<unknown> }[];

beforeAll(async () => {
  client = await adminClient();
});
afterAll(async () => {
  await client.close();
});
beforeEach(async () => {
  candidates = [];
  proxy = await startProxy();
  proxied = await adminClient(proxy);
  namespace = await makeNamespace(client, "lease");
});
afterEach(async () => {
  for (const { elector } of candidates) elector.stop({ waitForWork: false });
  await Promise.all(candidates.map(async ({ ended }) => ended));
  await proxied.close();
  await proxy.close();
});

interface Candidate {
  readonly elector: LeaderElector;
  readonly ended: Promise<"lost" | "stopped">;
  /** Resolves with the signal of the work when this candidate leads. */
  readonly leading: Promise<AbortSignal>;
  readonly errors: unknown[];
  readonly seen: string[];
}

function candidate(identity: string, options: Partial<LeaderElectorOptions> = {}): Candidate {
  const { promise: leading, resolve } = Promise.withResolvers<AbortSignal>();
  const errors: unknown[] = [];
  const seen: string[] = [];
  const elector = new LeaderElector({
    client: proxied,
    namespace,
    name: "controller",
    identity,
    ...FAST,
    onError: (error) => errors.push(error),
    onNewLeader: (leader) => seen.push(leader),
    ...options,
    onStartedLeading: (signal) => {
      resolve(signal);
      return options.onStartedLeading?.(signal);
    },
  });
  const ended = elector.run();
  candidates.push({ elector, ended });
  return { elector, ended, leading, errors, seen };
}

const lease = async () => client.get(leaseType, { namespace, name: "controller" });

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

describe("a leader election", () => {
  test("makes the Lease, with times that have six digits, and renews it", async () => {
    const only = candidate("a");
    await only.leading;
    expect(only.elector.isLeader()).toBe(true);
    const { spec } = await lease();
    expect(spec).toMatchObject({ holderIdentity: "a", leaseDurationSeconds: 1, leaseTransitions: 0 });
    expect(spec?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/u);
    await proxy.nextRequest({ method: "PUT" });
    await proxy.nextRequest({ method: "PUT" });
    const renewed = await lease();
    expect(renewed.spec?.acquireTime).toBe(spec?.acquireTime);
    expect(renewed.spec?.renewTime).not.toBe(spec?.renewTime);
  });

  test("renews with one write and no read", async () => {
    const only = candidate("a");
    await only.leading;
    await proxy.nextRequest({ method: "PUT" });
    const reads = proxy.count({ method: "GET" });
    await proxy.nextRequest({ method: "PUT" });
    await proxy.nextRequest({ method: "PUT" });
    expect(proxy.count({ method: "GET" })).toBe(reads);
  });

  test("has one leader, and another one as soon as it releases the lease", async () => {
    const first = candidate("a");
    const signal = await first.leading;
    const second = candidate("b");
    await proxy.nextRequest({ method: "GET" });
    expect(second.elector.isLeader()).toBe(false);
    const startedAt = performance.now();
    first.elector.stop();
    expect(await first.ended).toBe("stopped");
    expect(signal.aborted).toBe(true);
    expect(first.elector.isLeader()).toBe(false);
    await second.leading;
    expect(performance.now() - startedAt).toBeLessThan(FAST.leaseDurationMs);
    expect((await lease()).spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
    expect(second.seen).toEqual(["a", "b"]);
  });

  test("a released lease names no holder and lasts a second", async () => {
    const only = candidate("a");
    await only.leading;
    only.elector.stop();
    await only.ended;
    expect((await lease()).spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  });

  test("of many candidates that start together exactly one leads", async () => {
    const all = ["a", "b", "c", "d"].map((identity) => candidate(identity));
    await Promise.race(all.map(async ({ leading }) => leading));
    await proxy.nextRequest({ method: "PUT" });
    expect(all.filter(({ elector }) => elector.isLeader())).toHaveLength(1);
  });

  test("a callback that throws is reported and harms nothing", async () => {
    const only = candidate("a", {
      onNewLeader: () => {
        throw new Error("a callback must not do this");
      },
    });
    await only.leading;
    expect(only.elector.isLeader()).toBe(true);
    expect(only.errors).toEqual([new Error("a callback must not do this")]);
  });

  test("keeps renewing after a stop until the work has ended, and releases only then", async () => {
    const { promise: work, resolve: finishWork } = Promise.withResolvers<void>();
    const only = candidate("a", { onStartedLeading: () => work });
    const signal = await only.leading;
    only.elector.stop();
    expect(signal.aborted).toBe(false);
    await aborted(signal);
    await proxy.nextRequest({ method: "PUT" });
    await proxy.nextRequest({ method: "PUT" });
    expect((await lease()).spec?.holderIdentity).toBe("a");
    finishWork();
    expect(await only.ended).toBe("stopped");
    expect((await lease()).spec?.holderIdentity).toBe("");
  });

  test("work that fails ends leading and releases the lease", async () => {
    const only = candidate("a", { onStartedLeading: () => Promise.reject(new Error("no work today")) });
    expect(await only.ended).toBe("stopped");
    expect(only.errors).toEqual([new Error("no work today")]);
    expect((await lease()).spec?.holderIdentity).toBe("");
  });

  test("stopping a candidate that waits ends it without touching the lease", async () => {
    await candidate("a").leading;
    const waiting = candidate("b");
    waiting.elector.stop();
    expect(await waiting.ended).toBe("stopped");
    expect((await lease()).spec?.holderIdentity).toBe("a");
  });
});

/** Its timers never fire: it goes on only when it is woken. */
const asleep: Clock = { ...systemClock, after: () => () => undefined };

describe("a candidate that waits", () => {
  test("is woken by the release, and does not wait for its next look", async () => {
    const first = candidate("a");
    await first.leading;
    const second = candidate("b", { clock: asleep });
    await proxy.nextWatch({ path: /leases.*metadata\.name%3Dcontroller/u });
    first.elector.stop();
    await second.leading;
    expect((await lease()).spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
    expect(second.errors).toEqual([]);
  });

  test("is woken when the lease is deleted", async () => {
    const spec = { holderIdentity: "another", leaseDurationSeconds: 3_600 };
    await client.create(leaseType, { metadata: { namespace, name: "controller" }, spec });
    const waiting = candidate("b", { clock: asleep });
    await proxy.nextWatch();
    await client.delete(leaseType, { namespace, name: "controller" });
    await waiting.leading;
    expect((await lease()).spec?.holderIdentity).toBe("b");
  });

  test("watches no more once it leads", async () => {
    const first = candidate("a");
    await first.leading;
    const second = candidate("b");
    const watch = await proxy.nextWatch();
    first.elector.stop();
    await second.leading;
    await watch.closed();
    expect(proxy.watches).toEqual([]);
  });

  test("begins another watch after one has broken, and sees a release that came between", async () => {
    const first = candidate("a");
    await first.leading;
    const second = candidate("b");
    const watch = await proxy.nextWatch();
    const again = proxy.nextWatch();
    watch.reset();
    await again;
    first.elector.stop();
    await second.leading;
    expect((await lease()).spec?.holderIdentity).toBe("b");
  });

  test("that may not watch says so once, and looks at its own pace", async () => {
    proxy.fail({ watch: true }, refusal(403, "Forbidden"), 1_000);
    const first = candidate("a");
    await first.leading;
    const second = candidate("b");
    await proxy.nextRequest({ watch: true });
    await proxy.nextRequest({ method: "GET", watch: false });
    await proxy.nextRequest({ method: "GET", watch: false });
    first.elector.stop();
    await second.leading;
    expect(proxy.count({ watch: true })).toBe(1);
    expect(second.errors).toMatchObject([{ kind: "forbidden" }]);
  });
});

describe("when the API server does not answer a leader", () => {
  test("it never waits past its deadline, however long its retry period is", async () => {
    const times = { leaseDurationMs: 1_000, renewDeadlineMs: 700, retryPeriodMs: 500 };
    const waits: { readonly from: number; readonly until: number }[] = [];
    const clock: Clock = {
      ...systemClock,
      after: (ms, run) => {
        const from = systemClock.monotonic();
        waits.push({ from, until: from + ms });
        return systemClock.after(ms, run);
      },
    };
    const first = candidate("a", { ...times, clock });
    await first.leading;
    const startedAt = systemClock.monotonic();
    proxy.fail({}, { kind: "answer", status: 403, body: "no" }, 1_000);
    expect(await first.ended).toBe("lost");
    const last = waits.filter(({ from }) => from >= startedAt).at(-1);
    expect(last?.until).toBeLessThanOrEqual(startedAt + times.renewDeadlineMs);
    expect(first.elector.mayAct()).toBe(false);
  });

  test("it stops before its lease runs out, and another one leads only then", async () => {
    const direct = candidate("b", { client, retryPeriodMs: 100 });
    await direct.leading;
    direct.elector.stop();
    await direct.ended;
    const first = candidate("a");
    const signal = await first.leading;
    const second = candidate("c", { client });
    proxy.fail({}, { kind: "answer", status: 500, body: "oops" }, 1_000);
    await aborted(signal);
    expect(second.elector.isLeader()).toBe(false);
    expect(await first.ended).toBe("lost");
    expect(first.elector.isLeader()).toBe(false);
    await second.leading;
    expect(first.errors.length).toBeGreaterThan(0);
  });

  test("a renewal that is never answered does not hold it longer than its deadline", async () => {
    const first = candidate("a");
    const signal = await first.leading;
    await proxy.nextRequest({ method: "PUT" });
    proxy.fail({}, { kind: "stall-before" }, 1_000);
    const startedAt = performance.now();
    await aborted(signal);
    expect(performance.now() - startedAt).toBeLessThan(FAST.leaseDurationMs);
  });

  test("it no longer says that it leads when it was frozen for longer than its lease", async () => {
    let frozenMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + frozenMs };
    const first = candidate("a", { clock });
    await first.leading;
    expect([first.elector.isLeader(), first.elector.mayAct()]).toEqual([true, true]);
    frozenMs = FAST.renewDeadlineMs;
    expect([first.elector.isLeader(), first.elector.mayAct()]).toEqual([true, false]);
    frozenMs = FAST.leaseDurationMs;
    expect(first.elector.isLeader()).toBe(false);
    expect(await first.ended).toBe("lost");
  });

  test("a renewal whose answer is lost is no reason to stop", async () => {
    const first = candidate("a");
    const signal = await first.leading;
    proxy.fail({ method: "PUT" }, { kind: "reset-after" });
    await proxy.nextRequest({ method: "GET" });
    await proxy.nextRequest({ method: "PUT" });
    expect(signal.aborted).toBe(false);
    expect(first.elector.isLeader()).toBe(true);
  });

  test("a lease that another candidate has taken is lost at once", async () => {
    const first = candidate("a");
    const signal = await first.leading;
    const current = await lease();
    const stolen = { ...current.spec, holderIdentity: "thief" };
    await client.patch(leaseType, { namespace, name: "controller" }, { spec: stolen }, { type: "merge" });
    await aborted(signal);
    expect(await first.ended).toBe("lost");
    expect((await lease()).spec?.holderIdentity).toBe("thief");
  });

  test("a lease that is deleted is made again", async () => {
    const first = candidate("a");
    await first.leading;
    await client.delete(leaseType, { namespace, name: "controller" });
    await proxy.nextRequest({ method: "POST" });
    await proxy.nextRequest({ method: "PUT" });
    expect((await lease()).spec?.holderIdentity).toBe("a");
    expect(first.elector.isLeader()).toBe(true);
  });
});

test("durations that do not fit together are refused", () => {
  const options = { client, namespace: "n", name: "l", identity: "a", onStartedLeading: () => undefined };
  expect(() => new LeaderElector({ ...options, leaseDurationMs: 10, renewDeadlineMs: 10 })).toThrow(
    TypeError,
  );
  expect(() => new LeaderElector({ ...options, renewDeadlineMs: 2_400 })).toThrow(TypeError);
  expect(() => new LeaderElector({ ...options, identity: "" })).toThrow(TypeError);
});
