import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { repeat, systemClock } from "./clock.ts";
import { FakeClock } from "./fake-clock.ts";

const DAY = 86_400_000;

describe("a timer of the machine's clock", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  test("that is longer than Node's longest does not fire before its time", () => {
    const run = vi.fn<() => void>();
    systemClock.after(100 * DAY, run);
    vi.advanceTimersByTime(100 * DAY - 1);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledOnce();
  });

  test("is cancelled in each of its parts", () => {
    const run = vi.fn<() => void>();
    const cancel = systemClock.after(100 * DAY, run);
    vi.advanceTimersByTime(60 * DAY);
    cancel();
    vi.advanceTimersByTime(100 * DAY);
    expect(run).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("repeats every thirty days, and no more often", () => {
    const run = vi.fn<() => void>();
    const end = repeat(systemClock, 30 * DAY, run);
    vi.advanceTimersByTime(91 * DAY);
    expect(run).toHaveBeenCalledTimes(3);
    end();
    vi.advanceTimersByTime(91 * DAY);
    expect(run).toHaveBeenCalledTimes(3);
  });
});

test("a repetition can end itself", async () => {
  const clock = new FakeClock();
  let runs = 0;
  const end = repeat(clock, 1_000, () => {
    runs += 1;
    if (runs === 2) end();
  });
  await clock.advance(10_000);
  expect(runs).toBe(2);
  expect(clock.pending).toBe(0);
});
