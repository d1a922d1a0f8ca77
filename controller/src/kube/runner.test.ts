import { Registry } from "@prometheus-io/client";
import { describe, expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import { FakeClock } from "./fake-clock.ts";
import { KubeMetrics } from "./metrics.ts";
import { ControllerRunner, type Reconcile } from "./runner.ts";
import { WorkQueue } from "./work-queue/work-queue.ts";

function setUp(reconcile: Reconcile, concurrency = 2) {
  const clock = new FakeClock();
  const registry = new Registry();
  const metrics = new KubeMetrics(registry);
  const queue = new WorkQueue({ clock, metrics: metrics.queue("things"), random: () => 0 });
  metrics.observeQueue("things", queue);
  const errors: string[] = [];
  const runner = new ControllerRunner({
    queue,
    reconcile,
    concurrency,
    clock,
    metrics: metrics.controller("things"),
    onError: (error, key) => errors.push(`${key}: ${String(error)}`),
  });
  const value = async (name: string, labels: Record<string, string>): Promise<number | undefined> => {
    const metric = await registry.getSingleMetric(name)?.get();
    const matching = metric?.values.find(
      (one) =>
        Object.entries(labels).every(([label, wanted]) => one.labels[label] === wanted) &&
        !("le" in one.labels),
    );
    return matching?.value;
  };
  return { clock, queue, runner, errors, registry, value };
}

/** Each key waits until it is told to go on; what begins and what goes on is noted. */
function waiting(options: { concurrency: number; mostAside?: number; urgent?: readonly string[] }) {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock });
  const seen: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const runner = new ControllerRunner({
    ...options,
    queue,
    clock,
    reconcile: async (key, _signal, { aside }) => {
      seen.push(`${key} begins`);
      const gate = Promise.withResolvers<void>();
      gates.set(key, gate);
      if (!key.endsWith("/busy")) {
        await aside(async () => gate.promise, options.urgent?.includes(key));
        seen.push(`${key} goes on`);
      } else await gate.promise;
    },
  });
  runner.start();
  const add = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) queue.add(key);
    await clock.advance(0);
  };
  const open = async (key: string): Promise<void> => {
    gates.get(key)?.resolve();
    await clock.advance(0);
  };
  return { clock, queue, runner, seen, add, open };
}

describe("a controller runner", () => {
  test("reconciles every key, as many at a time as it has workers", async () => {
    let atOnce = 0;
    let most = 0;
    const seen: string[] = [];
    const { queue, runner, clock } = setUp(async (key) => {
      most = Math.max(most, ++atOnce);
      await new Promise(setImmediate);
      atOnce--;
      seen.push(key);
    });
    for (const key of ["a/1", "a/2", "a/3", "a/4", "a/5"]) queue.add(key);
    runner.start();
    for (let i = 0; i < 10; i++) await clock.advance(1);
    expect(seen.toSorted()).toEqual(["a/1", "a/2", "a/3", "a/4", "a/5"]);
    expect(most).toBe(2);
  });

  test("tries a failing key again, later each time, and forgets its failures at a success", async () => {
    let failures = 2;
    const times: number[] = [];
    const { queue, runner, clock, errors } = setUp(() => {
      times.push(clock.monotonic());
      return failures-- > 0 ? Promise.reject(new Error("not yet")) : Promise.resolve();
    });
    queue.add("a/x");
    runner.start();
    await clock.advance(100);
    expect(times).toEqual([0, 5, 15]);
    expect(errors).toEqual(["a/x: Error: not yet", "a/x: Error: not yet"]);
    expect(queue.numRequeues("a/x")).toBe(0);
  });

  test("a reconcile that throws at once, or a reporter that does, ends no worker", async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    const seen: string[] = [];
    const runner = new ControllerRunner({
      queue,
      clock,
      concurrency: 1,
      reconcile: (key) => {
        seen.push(key);
        if (key === "a/bad") throw new TypeError("a slip");
        return Promise.resolve();
      },
      onError: () => {
        throw new Error("a reporter must not do this");
      },
    });
    queue.add("a/bad");
    queue.add("a/good");
    runner.start();
    await clock.advance(0);
    expect(seen).toEqual(["a/bad", "a/good"]);
  });

  test("looks again when a reconcile asks for it", async () => {
    const times: number[] = [];
    const { queue, runner, clock } = setUp(() => {
      times.push(clock.monotonic());
      return Promise.resolve(times.length < 3 ? { requeueAfterMs: 60_000 } : {});
    });
    queue.add("a/x");
    runner.start();
    await clock.advance(600_000);
    expect(times).toEqual([0, 60_000, 120_000]);
  });

  test("keeps the priority of a failing resync, so that a change comes first", async () => {
    const clock = new FakeClock();
    const added: string[] = [];
    const queue = new WorkQueue({ clock, metrics: { added: (priority) => added.push(priority) } });
    queue.add("a/x", { priority: "low" });
    new ControllerRunner({
      queue,
      clock,
      concurrency: 1,
      reconcile: () => Promise.reject(new Error("down")),
    }).start();
    await clock.advance(10);
    expect(added).toEqual(["low", "low"]);
  });

  test("a stop takes no more keys, says so to the running ones, and waits for them", async () => {
    const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
    const seen: string[] = [];
    const signals: AbortSignal[] = [];
    const { queue, runner, clock } = setUp(async (key, signal, { stopping }) => {
      seen.push(key);
      signals.push(signal, stopping);
      await finished;
    }, 1);
    queue.add("a/running");
    queue.add("a/waiting");
    runner.start();
    await clock.advance(0);
    const stopped = runner.stop(10_000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    finish();
    expect(await stopped).toEqual([]);
    expect(seen).toEqual(["a/running"]);
    expect(clock.pending).toBe(0);
  });

  test("a stop gives up at its deadline, aborts, and names what was running", async () => {
    const aborted: string[] = [];
    const { queue, runner, clock } = setUp(async (key, signal) => {
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => {
          aborted.push(key);
          resolve();
        });
      });
    });
    queue.add("a/stuck");
    runner.start();
    await clock.advance(0);
    const stopped = runner.stop(10_000);
    await clock.advance(9_999);
    expect(aborted).toEqual([]);
    await clock.advance(1);
    expect(await stopped).toEqual(["a/stuck"]);
    expect(aborted).toEqual(["a/stuck"]);
  });

  describe("a reconcile that waits aside", () => {
    test("keeps no other key waiting, and is given to nobody else", async () => {
      const { seen, add, open, runner } = waiting({ concurrency: 1 });
      await add("a/1", "a/2", "b/3");
      expect(seen).toEqual(["a/1 begins", "a/2 begins", "b/3 begins"]);
      await add("a/1");
      expect(seen).toHaveLength(3);
      expect(runner.running).toEqual(["a/1", "a/2", "b/3"]);
      await open("a/1");
      expect(seen.slice(3)).toEqual(["a/1 goes on", "a/1 begins"]);
    });

    test("goes on before a key that has not begun, once a worker is free", async () => {
      const { seen, add, open } = waiting({ concurrency: 1 });
      await add("a/1");
      await add("b/busy", "c/3");
      await open("a/1");
      expect(seen).toEqual(["a/1 begins", "b/busy begins"]);
      await open("b/busy");
      expect(seen.slice(2)).toEqual(["a/1 goes on", "c/3 begins"]);
    });

    test("goes on at once where it is urgent, and the number of workers is as before afterwards", async () => {
      const { seen, add, open } = waiting({ concurrency: 1, urgent: ["a/1"] });
      await add("a/1");
      await add("b/busy", "c/busy");
      await open("a/1");
      expect(seen).toEqual(["a/1 begins", "b/busy begins", "a/1 goes on"]);
      await open("b/busy");
      expect(seen.slice(3)).toEqual(["c/busy begins"]);
    });

    test("keeps its worker where too many wait already", async () => {
      const { seen, add, open } = waiting({ concurrency: 1, mostAside: 1 });
      await add("a/1", "b/2", "c/3");
      expect(seen).toEqual(["a/1 begins", "b/2 begins"]);
      await open("a/1");
      await open("b/2");
      expect(seen.slice(2)).toEqual(["b/2 goes on", "a/1 goes on", "c/3 begins"]);
    });

    test("is waited for by a stop, and nothing that waits for a worker begins after it", async () => {
      const { seen, add, open, runner, queue, clock } = waiting({ concurrency: 1 });
      await add("a/1");
      await add("b/busy", "c/3");
      const stopped = runner.stop(10_000);
      await open("b/busy");
      await open("a/1");
      expect(await stopped).toEqual([]);
      expect(seen).toEqual(["a/1 begins", "b/busy begins", "a/1 goes on"]);
      await queue.drain();
      expect(clock.pending).toBe(0);
    });
  });

  test("can be started only once", async () => {
    const { runner } = setUp(() => Promise.resolve());
    runner.start();
    expect(() => runner.start()).toThrow("started already");
    await runner.stop(0);
  });
});

test("timers and answers have their turn between thousands of reconciles that wait for nothing", async () => {
  let now = 0;
  const clock = { ...systemClock, monotonic: () => now };
  const queue = new WorkQueue({ clock });
  let reconciled = 0;
  const turns: number[] = [];
  const turn = (): void => {
    turns.push(reconciled);
    if (reconciled < 1_000) setImmediate(turn);
  };
  const runner = new ControllerRunner({
    queue,
    clock,
    concurrency: 2,
    reconcile: async () => {
      reconciled += 1;
      now += 1;
    },
  });
  for (let key = 0; key < 1_000; key++) queue.add(`shop/${key}`);
  setImmediate(turn);
  runner.start();
  while (turns.at(-1) !== 1_000) await new Promise(setImmediate);
  await runner.stop(1_000);
  const between = turns.map((count, index) => count - (turns[index - 1] ?? 0));
  expect(Math.max(...between)).toBeLessThanOrEqual(10);
});

describe("the metrics of a runner and its queue", () => {
  test("carry the names and labels of controller-runtime", async () => {
    const outcomes: Record<string, Reconcile> = {
      "a/fine": () => Promise.resolve(),
      "a/later": () => Promise.resolve({ requeueAfterMs: 1e9 }),
      "a/bad": () => Promise.reject(new Error("no")),
    };
    const { queue, runner, clock, value, registry } = setUp(
      async (key, ...rest) => outcomes[key]?.(key, ...rest),
      3,
    );
    for (const key of Object.keys(outcomes)) queue.add(key);
    expect(await value("workqueue_depth", { name: "things", priority: "high" })).toBe(3);
    runner.start();
    await clock.advance(0);
    const controller = "things";
    expect(await value("controller_runtime_reconcile_total", { controller, result: "success" })).toBe(1);
    expect(await value("controller_runtime_reconcile_total", { controller, result: "requeue_after" })).toBe(
      1,
    );
    expect(await value("controller_runtime_reconcile_total", { controller, result: "error" })).toBe(1);
    expect(await value("controller_runtime_reconcile_errors_total", { controller })).toBe(1);
    expect(await value("controller_runtime_max_concurrent_reconciles", { controller })).toBe(3);
    expect(await value("controller_runtime_active_workers", { controller })).toBe(0);
    expect(await value("workqueue_adds_total", { name: "things" })).toBe(3);
    expect(await value("workqueue_retries_total", { name: "things" })).toBe(1);
    expect(await value("workqueue_depth", { name: "things", priority: "high" })).toBe(0);
    const text = await registry.metrics();
    for (const name of [
      "controller_runtime_reconcile_time_seconds_count",
      "workqueue_queue_duration_seconds_count",
      "workqueue_work_duration_seconds_count",
    ]) {
      expect(text).toMatch(new RegExp(`^${name}\\{.*\\} 3$`, "mu"));
    }
  });

  test("show a worker that is stuck", async () => {
    const { queue, runner, clock, value } = setUp(() => new Promise(() => undefined));
    queue.add("a/stuck");
    runner.start();
    await clock.advance(90_000);
    expect(await value("workqueue_unfinished_work_seconds", { name: "things" })).toBe(90);
    expect(await value("workqueue_longest_running_processor_seconds", { name: "things" })).toBe(90);
    expect(await value("controller_runtime_active_workers", { controller: "things" })).toBe(1);
  });

  test("count requests and show who leads", async () => {
    const registry = new Registry();
    const metrics = new KubeMetrics(registry);
    metrics.onRequest({
      verb: "get",
      method: "GET",
      host: "h",
      resource: "secrets",
      code: "200",
      durationMs: 1,
    });
    metrics.leading("controller", true);
    const text = await registry.metrics();
    expect(text).toContain('rest_client_requests_total{code="200",method="GET",host="h"} 1');
    expect(text).toContain('leader_election_master_status{name="controller"} 1');
    metrics.leading("controller", false);
    expect(await registry.metrics()).toContain('leader_election_master_status{name="controller"} 0');
  });
});
