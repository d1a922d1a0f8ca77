import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FakeClock } from "../fake-clock.ts";
import { type Priority, WorkQueue, type WorkQueueMetrics } from "./work-queue.ts";

async function take(queue: WorkQueue): Promise<string | undefined> {
  return (await queue.get())?.key;
}

/** Takes and gives back everything that waits, in order. */
async function takeAll(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.length > 0) {
    const item = await queue.get();
    if (item === undefined) break;
    keys.push(item.key);
    queue.done(item.key);
  }
  return keys;
}

describe("a work queue", () => {
  test("gives a key once, however often it was added", async () => {
    const queue = new WorkQueue();
    queue.add("a/x");
    queue.add("a/x");
    expect(await takeAll(queue)).toEqual(["a/x"]);
  });

  test("gives a key again that was added while it was worked on, and not before it is done", async () => {
    const queue = new WorkQueue();
    queue.add("a/x");
    expect(await take(queue)).toBe("a/x");
    queue.add("a/x");
    expect(queue.length).toBe(0);
    queue.done("a/x");
    expect(await take(queue)).toBe("a/x");
  });

  test("lets a taker wait until there is a key", async () => {
    const queue = new WorkQueue();
    const taken = take(queue);
    queue.add("a/x");
    expect(await taken).toBe("a/x");
  });

  test("gives high keys before low ones, and raises a low one that is added as high", async () => {
    const queue = new WorkQueue();
    queue.add("a/low", { priority: "low" });
    queue.add("a/raised", { priority: "low" });
    queue.add("a/high");
    queue.add("a/raised");
    expect(await takeAll(queue)).toEqual(["a/high", "a/raised", "a/low"]);
  });

  test("never lowers a high key", async () => {
    const queue = new WorkQueue();
    queue.add("a/x");
    queue.add("a/x", { priority: "low" });
    expect(await queue.get()).toEqual({ key: "a/x", priority: "high" });
  });

  test("gives the oldest low key at every N-th take while high ones keep coming", async () => {
    const queue = new WorkQueue({ lowEvery: 3 });
    queue.add("a/low-1", { priority: "low" });
    queue.add("b/low-2", { priority: "low" });
    for (let i = 0; i < 10; i++) queue.add(`a/high-${i}`);
    const order = await takeAll(queue);
    expect(order.indexOf("a/low-1")).toBe(2);
    expect(order.indexOf("b/low-2")).toBe(5);
  });

  test("serves namespaces in turn", async () => {
    const queue = new WorkQueue();
    for (const key of ["a/1", "a/2", "a/3", "b/1", "c/1", "c/2"]) queue.add(key);
    expect(await takeAll(queue)).toEqual(["a/1", "b/1", "c/1", "a/2", "c/2", "a/3"]);
  });

  test("keeps the earliest of several times for a delayed key", async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    queue.addAfter("a/x", 1_000);
    queue.addAfter("a/x", 5_000);
    queue.addAfter("a/x", 500);
    await clock.advance(499);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(await takeAll(queue)).toEqual(["a/x"]);
    await clock.advance(10_000);
    expect(queue.length).toBe(0);
  });

  test("waits out delays longer than Node's longest timer", async () => {
    const clock = new FakeClock();
    // As setTimeout does with a cut timer: it fires before the time has come.
    const cutting = {
      monotonic: () => clock.monotonic(),
      now: () => clock.now(),
      after: (ms: number, run: () => void) => clock.after(Math.min(ms, 1_000), run),
    };
    const queue = new WorkQueue({ clock: cutting });
    queue.addAfter("a/x", 2_500);
    await clock.advance(2_499);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
  });

  test("delays a failing key longer each time, up to the maximum, until it is forgotten", async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock, baseDelayMs: 10, maxDelayMs: 40, random: () => 0 });
    const delays: number[] = [];
    for (let i = 0; i < 4; i++) {
      const before = clock.monotonic();
      queue.addRateLimited("a/x");
      while (queue.length === 0) await clock.advance(1);
      delays.push(clock.monotonic() - before);
      await takeAll(queue);
    }
    expect(delays).toEqual([10, 20, 40, 40]);
    expect(queue.numRequeues("a/x")).toBe(4);
    queue.forget("a/x");
    expect(queue.numRequeues("a/x")).toBe(0);
  });

  test("drops what waits when it is shut down", async () => {
    const queue = new WorkQueue();
    queue.add("a/x");
    queue.add("a/y", { priority: "low" });
    queue.shutDown();
    expect(queue.length).toBe(0);
    expect(await queue.get()).toBeUndefined();
  });

  test("gives nothing more once it is shut down, and drains when the running keys are done", async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    queue.add("a/running");
    await take(queue);
    const idle = queue.get();
    queue.addAfter("a/later", 10);
    queue.shutDown();
    expect(await idle).toBeUndefined();
    expect(await queue.get()).toBeUndefined();
    queue.add("a/new");
    expect(queue.length).toBe(0);
    let drained = false;
    const draining = queue.drain().then(() => (drained = true));
    await clock.advance(100);
    expect(queue.length).toBe(0);
    expect(drained).toBe(false);
    queue.done("a/running");
    await draining;
    expect(drained).toBe(true);
  });

  test("reports depth, adds, retries, waiting and working times", async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    const metrics: WorkQueueMetrics = {
      depth: (priority, waiting) => seen.push(`depth ${priority} ${waiting}`),
      added: (priority) => seen.push(`added ${priority}`),
      retried: () => seen.push("retried"),
      queueDuration: (seconds) => seen.push(`waited ${seconds}`),
      workDuration: (seconds) => seen.push(`worked ${seconds}`),
    };
    const queue = new WorkQueue({ clock, metrics });
    queue.add("a/x");
    await clock.advance(2_000);
    await take(queue);
    await clock.advance(3_000);
    expect(queue.unfinishedWork()).toEqual({ totalSeconds: 3, longestSeconds: 3 });
    queue.addRateLimited("a/x");
    queue.done("a/x");
    expect(seen).toEqual(["added high", "depth high 1", "waited 2", "depth high 0", "retried", "worked 3"]);
    expect(queue.unfinishedWork()).toEqual({ totalSeconds: 0, longestSeconds: 0 });
  });
});

const key = fc
  .tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: 0, max: 3 }))
  .map(([namespace, n]) => `${namespace}/${n}`);
const priority = fc.constantFrom<Priority>("high", "low");
const command = fc.oneof(
  fc.record({ do: fc.constant("add" as const), key, priority }),
  fc.record({ do: fc.constant("after" as const), key, priority, ms: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ do: fc.constant("take" as const) }),
  fc.record({ do: fc.constant("done" as const), index: fc.nat(5) }),
  fc.record({ do: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 60 }) }),
);

describe("whatever is done to a work queue", () => {
  test("no key is worked on twice at once, and every add is followed by a take", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
        const clock = new FakeClock();
        const queue = new WorkQueue({ clock, lowEvery: 3 });
        const working = new Set<string>();
        /** Keys added since they were last taken: each must be taken once more. */
        const owed = new Set<string>();
        const takeOne = async (): Promise<void> => {
          if (queue.length === 0) return;
          const taken = await take(queue);
          if (taken === undefined) throw new Error("a waiting key was not given");
          expect(working.has(taken)).toBe(false);
          working.add(taken);
          owed.delete(taken);
        };
        for (const one of commands) {
          if (one.do === "add") {
            queue.add(one.key, { priority: one.priority });
            owed.add(one.key);
          } else if (one.do === "after") {
            queue.addAfter(one.key, one.ms, { priority: one.priority });
          } else if (one.do === "take") {
            await takeOne();
          } else if (one.do === "done") {
            const finished = [...working][one.index % Math.max(working.size, 1)];
            if (finished !== undefined) {
              working.delete(finished);
              queue.done(finished);
            }
          } else {
            await clock.advance(one.ms);
          }
        }
        await clock.advance(100);
        for (const finished of working) queue.done(finished);
        working.clear();
        for (let rounds = 0; queue.length > 0 && rounds < 200; rounds++) {
          await takeOne();
          for (const finished of working) queue.done(finished);
          working.clear();
        }
        expect([...owed]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("a key waits for at most its bound of other namespaces' keys and of low keys", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { minLength: 1 }),
        fc.uniqueArray(key, { maxLength: 12 }),
        fc.integer({ min: 2, max: 5 }),
        async (high, low, lowEvery) => {
          const queue = new WorkQueue({ lowEvery });
          const lows = low.filter((one) => !high.includes(one));
          for (const one of high) queue.add(one);
          for (const one of lows) queue.add(one, { priority: "low" });
          const order = await takeAll(queue);
          for (const [index, one] of high.entries()) {
            const [namespace] = one.split("/");
            const before = high.slice(0, index).filter((other) => other.startsWith(`${namespace}/`)).length;
            const others = new Set(high.map((other) => other.split("/")[0])).size - 1;
            const highBefore = order.slice(0, order.indexOf(one)).filter((other) => high.includes(other));
            expect(highBefore.length).toBeLessThanOrEqual(before + (before + 1) * others);
          }
          for (const [index, one] of lows.entries()) {
            expect(order.indexOf(one)).toBeLessThan(
              Math.max((index + 1) * lowEvery, high.length + lows.length),
            );
          }
          const firstLow = lows[0];
          if (firstLow !== undefined && high.length >= lowEvery)
            expect(order.indexOf(firstLow)).toBeLessThan(lowEvery);
        },
      ),
    );
  });
});
