import { describe, expect, test } from "vitest";
import { Turns } from "./turns.ts";

const INTERVAL = 100;
const BURST = 8;
const LEAD = 4_000;
/** Between an admission and the request: finalizer, dry run, write-ahead. */
const WRITES = 100;
const STEP = 10;

interface Served {
  readonly uid: string;
  readonly at: number;
  readonly waited: number;
}

/**
 * ApiKeys that all need a key at once, at a limiter of ten requests a second, until all have asked for one.
 *
 * @param vanish those that never come back to their turn.
 */
function serve(count: number, vanish: ReadonlySet<string> = new Set()): readonly Served[] {
  const served: Served[] = [];
  let tokens = BURST;
  let now = 0;
  const queue: { uid: string; since: number }[] = [];
  const turns = new Turns(() => ({
    intervalMs: INTERVAL,
    atOnce: Math.floor(tokens),
    backlogMs: Math.max(0, (queue.length + 1 - tokens) * INTERVAL),
  }));
  const comes = new Map(Array.from({ length: count }, (_, index) => [`uid-${index}`, 0]));
  const writing = new Map<string, number>();
  for (; now < 600_000 && served.length < count - vanish.size; now += STEP) {
    tokens = Math.min(BURST, tokens + STEP / INTERVAL);
    for (const [uid, at] of comes) {
      if (at > now) continue;
      const turn = turns.ask(uid, now, LEAD);
      comes.delete(uid);
      if (turn === undefined) writing.set(uid, now + WRITES);
      else if (!vanish.has(uid)) comes.set(uid, turn.at);
    }
    for (const [uid, at] of writing) if (at <= now && writing.delete(uid)) queue.push({ uid, since: now });
    while (tokens >= 1) {
      const next = queue.shift();
      if (next === undefined) break;
      tokens -= 1;
      served.push({ uid: next.uid, at: now, waited: now - next.since });
      turns.end(next.uid);
    }
  }
  return served;
}

describe("turns at a limiter", () => {
  const served = serve(300);

  test("let nobody wait there longer than one and a half times the lead", () => {
    expect(Math.max(...served.map(({ waited }) => waited))).toBeLessThanOrEqual(1.5 * LEAD);
  });

  test("use what the limiter allows", () => {
    const last = served.at(-1)?.at ?? Number.POSITIVE_INFINITY;
    expect(served).toHaveLength(300);
    expect(300 / (BURST + last / INTERVAL)).toBeGreaterThan(0.97);
  });

  test("go in the order in which they were asked for", () => {
    expect(served.map(({ uid }) => uid)).toEqual(Array.from({ length: 300 }, (_, index) => `uid-${index}`));
  });

  test("that nobody takes are no obstacle for long", () => {
    const vanish = new Set(Array.from({ length: 20 }, (_, index) => `uid-${60 + index}`));
    const others = serve(100, vanish);
    expect(others).toHaveLength(80);
    expect(others.at(-1)?.at).toBeLessThan(12_000);
  });

  test("are not needed while the limiter is free", () => {
    const turns = new Turns(() => ({ intervalMs: INTERVAL, atOnce: BURST, backlogMs: 0 }));
    expect(turns.ask("a", 0, LEAD)).toBeUndefined();
    // The pass goes on: it asks once more, and has its turn still.
    expect(turns.ask("a", 0, LEAD)).toBeUndefined();
  });

  test("come late while the limiter pauses", () => {
    const turns = new Turns(() => ({ intervalMs: INTERVAL, atOnce: 0, backlogMs: 16_000 }));
    expect(turns.ask("a", 1_000, LEAD)).toEqual({ at: 1_000 + 12_000 + INTERVAL });
    expect(turns.ask("b", 1_000, LEAD)).toEqual({ at: 1_000 + 12_000 + 2 * INTERVAL });
    expect(turns.ask("a", 2_000, LEAD)).toEqual({ at: 1_000 + 12_000 + INTERVAL });
  });

  test("do not wait for a clock that was set back", () => {
    const turns = new Turns(() => ({ intervalMs: INTERVAL, atOnce: 0, backlogMs: 5_000 }));
    const hour = 3_600_000;
    turns.ask("a", hour, LEAD);
    turns.ask("b", hour, LEAD);
    expect(turns.ask("a", 1_000, LEAD)).toEqual({ at: 2_000 + INTERVAL });
    expect(turns.ask("c", 1_000, LEAD)).toEqual({ at: 2_000 + 2 * INTERVAL });
  });

  test("are given up with the ApiKey that waited, so that a later one does not wait for it", () => {
    let free = false;
    const turns = new Turns(() => ({
      intervalMs: INTERVAL,
      atOnce: free ? BURST : 0,
      backlogMs: free ? 0 : 5_000,
    }));
    const { at = 0 } = turns.ask("gone", 0, LEAD) ?? {};
    free = true;
    expect(turns.ask("new", at + 29_000, LEAD)).toBeDefined();
    expect(turns.ask("newer", at + 60_000, LEAD)).toBeUndefined();
  });
});
