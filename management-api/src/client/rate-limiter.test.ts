import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";
import { RateLimiter, type Priority } from "./rate-limiter.ts";

interface Grant {
  readonly name: string;
  readonly priority: Priority;
  readonly at: number;
  /** How many grants there were when it asked. */
  readonly grantsBefore: number;
}

/** A limiter on a clock that stands still, and a record of what it granted when. */
function setup(requestsPerSecond = 10, burst = 10) {
  const clock = new ManualClock();
  const limiter = new RateLimiter({ requestsPerSecond, burst, clock });
  const grants: Grant[] = [];
  const ask = (priority: Priority = "foreground", name = "", signal?: AbortSignal) => {
    const grantsBefore = grants.length;
    return limiter.acquire({ priority, signal }).then(
      () => grants.push({ name, priority, at: clock.now(), grantsBefore }),
      () => undefined,
    );
  };
  /** Moves on in steps, so that each grant is seen at its own time. */
  const advance = async (ms: number) => {
    for (let rest = ms; ;) {
      await settled();
      const step = Math.min(rest, clock.msUntilNextTimer ?? rest);
      clock.advance(step);
      rest -= step;
      if (rest <= 0 && step === 0) break;
      if (rest <= 0 && (clock.msUntilNextTimer ?? 1) > 0) break;
    }
    await settled();
  };
  return { clock, limiter, grants, ask, advance };
}

/** Lets every promise that is settled run its callbacks. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a burst goes at once, the rest at the sustained rate", async () => {
  const { grants, ask, advance } = setup(10, 3);
  for (let index = 0; index < 6; index += 1) void ask();
  await advance(300);
  expect(grants.map(({ at }) => at)).toEqual([0, 0, 0, 100, 200, 300]);
});

test("a server with the same limit refuses none, where the first requests were delayed by 200 ms", async () => {
  const { grants, ask, advance } = setup(10, 10);
  for (let index = 0; index < 40; index += 1) void ask();
  await advance(4_000);
  const arrivals = grants.map(({ at }) => (at === 0 ? 200 : at)).toSorted((a, b) => a - b);
  let [tokens, before] = [10, 0];
  const left = arrivals.map((at) => {
    tokens = Math.min(10, tokens + (at - before) / 100) - 1;
    before = at;
    return tokens;
  });
  expect(left).toHaveLength(40);
  expect(Math.min(...left)).toBeGreaterThanOrEqual(-1e-9);
});

test("its pace says what one more request would wait", async () => {
  const { limiter, ask, advance } = setup(10, 2);
  expect(limiter.pace()).toEqual({ intervalMs: 100, atOnce: 2, backlogMs: 0 });
  for (let index = 0; index < 5; index += 1) void ask();
  await advance(50);
  expect(limiter.pace()).toMatchObject({ atOnce: 0, backlogMs: 350 });
  limiter.reportTooManyRequests();
  expect(limiter.pace().backlogMs).toBe(1_000);
});

test("within a priority the first to ask is the first to go", async () => {
  const { grants, ask, advance } = setup(10, 1);
  for (const name of ["a", "b", "c", "d"]) void ask("foreground", name);
  await advance(1_000);
  expect(grants.map(({ name }) => name)).toEqual(["a", "b", "c", "d"]);
});

test("foreground goes before background that asked earlier", async () => {
  const { grants, ask, advance } = setup(10, 1);
  void ask("foreground", "first");
  void ask("background", "sweep");
  void ask("foreground", "second");
  await advance(1_000);
  expect(grants.map(({ name }) => name)).toEqual(["first", "second", "sweep"]);
});

test("background alone gets a fifth of the rate", async () => {
  const { grants, ask, advance } = setup(10, 10);
  for (let index = 0; index < 50; index += 1) void ask("background");
  await advance(10_000);
  expect(grants.length).toBe(21);
});

test("background does not wait for ever behind a foreground that never ends", async () => {
  const { grants, ask, advance } = setup(10, 1);
  for (let index = 0; index < 200; index += 1) void ask("foreground");
  void ask("background", "sweep");
  await advance(8_000);
  const sweep = grants.find(({ name }) => name === "sweep");
  expect(sweep?.at).toBeGreaterThanOrEqual(5_000);
  expect(sweep?.at).toBeLessThan(6_000);
});

test("waiting can be aborted, and the next in line takes the place", async () => {
  const { grants, ask, advance, limiter } = setup(10, 1);
  const controller = new AbortController();
  void ask("foreground", "first");
  void ask("foreground", "leaves", controller.signal);
  void ask("foreground", "second");
  controller.abort();
  await advance(100);
  expect(grants.map(({ name, at }) => [name, at])).toEqual([
    ["first", 0],
    ["second", 100],
  ]);
  await expect(limiter.acquire({ signal: AbortSignal.abort(new Error("gone")) })).rejects.toThrow("gone");
});

test("a 429 stops everything for 1 s, consecutive ones for 2, 4, 8, 16 and 16 s", async () => {
  const { clock, limiter, grants, ask, advance } = setup(1_000, 1);
  const pauses: number[] = [];
  for (let index = 0; index < 6; index += 1) {
    limiter.reportTooManyRequests();
    // One more that was on its way does not count.
    limiter.reportTooManyRequests();
    const from = clock.now();
    void ask();
    await advance(20_000);
    pauses.push((grants.at(-1)?.at ?? Number.NaN) - from);
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 16_000]);
});

test("an answer other than 429 makes the next 429 a first one", async () => {
  const { clock, limiter, grants, ask, advance } = setup(1_000, 1);
  limiter.reportTooManyRequests();
  await advance(1_000);
  limiter.reportAccepted();
  limiter.reportTooManyRequests();
  const from = clock.now();
  void ask();
  await advance(5_000);
  expect((grants.at(-1)?.at ?? Number.NaN) - from).toBe(1_000);
});

test("reconfigure takes effect for those who wait", async () => {
  const { limiter, grants, ask, advance } = setup(1, 1);
  for (let index = 0; index < 3; index += 1) void ask();
  await advance(100);
  limiter.reconfigure({ requestsPerSecond: 10, burst: 1 });
  await advance(200);
  expect(grants.map(({ at }) => at)).toEqual([0, 190, 290]);
});

test("a burst that is lowered holds for tokens that were saved up before", async () => {
  const { limiter, grants, ask, advance } = setup(10, 10);
  limiter.reconfigure({ requestsPerSecond: 10, burst: 2 });
  for (let index = 0; index < 3; index += 1) void ask();
  await advance(100);
  expect(grants.map(({ at }) => at)).toEqual([0, 0, 100]);
});

test.each([
  { requestsPerSecond: 0, burst: 1 },
  { requestsPerSecond: Number.NaN, burst: 1 },
  { requestsPerSecond: 1, burst: 0.5 },
])("a limit of $requestsPerSecond per second and burst $burst is refused", (limit) => {
  expect(() => new RateLimiter(limit)).toThrow(RangeError);
});

const scenario = fc.record({
  rate: fc.integer({ min: 1, max: 50 }),
  burst: fc.integer({ min: 1, max: 20 }),
  events: fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 700 }),
      priority: fc.constantFrom<Priority>("foreground", "background"),
      count: fc.integer({ min: 1, max: 12 }),
    }),
    { minLength: 1, maxLength: 25 },
  ),
});

test("in every span of time no more goes than burst + rate * t, and of background no more than 1 + rate / 5 * t", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ rate, burst, events }) => {
      const { grants, ask, advance } = setup(rate, burst);
      for (const { wait, priority, count } of events) {
        await advance(wait);
        for (let index = 0; index < count; index += 1) void ask(priority);
      }
      await advance(400_000);
      expect(grants.length).toBe(events.reduce((sum, { count }) => sum + count, 0));
      expectBelow(grants, burst, rate);
      expectBelow(
        grants.filter(({ priority }) => priority === "background"),
        1,
        rate / 5,
      );
    }),
    { numRuns: 60 },
  );
});

function expectBelow(grants: readonly Grant[], burst: number, rate: number): void {
  for (const [from, first] of grants.entries()) {
    for (const [offset, last] of grants.slice(from).entries()) {
      expect(offset + 1).toBeLessThanOrEqual(burst + ((last.at - first.at) / 1_000) * rate + 1e-6);
    }
  }
}

test("while a foreground request waits, at most one background request goes ahead of it", async () => {
  let overtaken = 0;
  await fc.assert(
    fc.asyncProperty(scenario, async ({ rate, burst, events }) => {
      const { grants, ask, advance } = setup(rate, burst);
      for (const { wait, priority, count } of events) {
        await advance(wait);
        for (let index = 0; index < count; index += 1) void ask(priority);
      }
      await advance(400_000);
      for (const [position, grant] of grants.entries()) {
        if (grant.priority === "background") continue;
        const ahead = grants
          .slice(grant.grantsBefore, position)
          .filter(({ priority }) => priority === "background");
        overtaken = Math.max(overtaken, ahead.length);
      }
      expect(overtaken).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60 },
  );
});

test("each grant is reported with how long it waited, and a report that fails stops nothing", async () => {
  const clock = new ManualClock();
  const waits: number[] = [];
  const onGrant = (waitedMs: number): void => {
    waits.push(waitedMs);
    throw new Error("a metric that fails");
  };
  const limiter = new RateLimiter({ requestsPerSecond: 10, burst: 1, clock, onGrant });
  const asked = [limiter.acquire(), limiter.acquire(), limiter.acquire()];
  clock.advance(100);
  clock.advance(100);
  await Promise.all(asked);
  expect(waits).toEqual([0, 100, 200]);
});
