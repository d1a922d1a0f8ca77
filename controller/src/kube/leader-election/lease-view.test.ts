import { expect, test } from "vitest";
import { claimedSpec, releasedSpec } from "./lease.ts";
import { LeaseView } from "./lease-view.ts";

const t0 = new Date("2026-01-01T00:00:00Z");
const held = claimedSpec(undefined, "other", 15_000, t0);

test("another's lease may be taken only when its record has not changed for its whole duration", () => {
  const view = new LeaseView();
  view.observe(held, 1_000, 15_000);
  expect(view.mayTake("me", 15_999)).toBe(false);
  expect(view.mayTake("me", 16_000)).toBe(true);
});

test("a renewal seen starts the time anew; the same record seen again does not", () => {
  const view = new LeaseView();
  view.observe(held, 0, 15_000);
  view.observe({ ...held }, 10_000, 15_000);
  expect(view.mayTake("me", 15_000)).toBe(true);
  view.observe({ ...held, renewTime: "2026-01-01T00:00:10.000000Z" }, 14_000, 15_000);
  expect(view.mayTake("me", 15_000)).toBe(false);
});

test("the times written in a lease do not matter, however wrong the other's clock is", () => {
  const view = new LeaseView();
  view.observe({ ...held, renewTime: "1999-01-01T00:00:00.000000Z" }, 0, 15_000);
  expect(view.mayTake("me", 14_999)).toBe(false);
});

test("the duration that counts is the holder's, or one's own where it names none", () => {
  const view = new LeaseView();
  view.observe({ ...held, leaseDurationSeconds: 60 }, 0, 15_000);
  expect(view.mayTake("me", 59_999)).toBe(false);
  view.observe({ ...held, leaseDurationSeconds: null }, 60_000, 15_000);
  expect([view.mayTake("me", 74_999), view.mayTake("me", 75_000)]).toEqual([false, true]);
});

test("a released lease, and one's own, may be taken at once", () => {
  const view = new LeaseView();
  view.observe(releasedSpec(held, t0), 0, 15_000);
  expect(view.holder).toBe("");
  expect(view.mayTake("me", 0)).toBe(true);
  view.observe(claimedSpec(held, "me", 15_000, t0), 0, 15_000);
  expect(view.mayTake("me", 0)).toBe(true);
});

test("a claim counts transitions between holders and keeps the time of acquisition while renewing", () => {
  const first = claimedSpec(undefined, "a", 15_000, t0);
  expect(first).toEqual({
    holderIdentity: "a",
    leaseDurationSeconds: 15,
    acquireTime: "2026-01-01T00:00:00.000000Z",
    renewTime: "2026-01-01T00:00:00.000000Z",
    leaseTransitions: 0,
  });
  const later = new Date("2026-01-01T00:00:05Z");
  expect(claimedSpec(first, "a", 15_000, later)).toMatchObject({
    acquireTime: first.acquireTime,
    leaseTransitions: 0,
  });
  const taken = claimedSpec(first, "b", 15_000, later);
  expect(taken).toMatchObject({ acquireTime: "2026-01-01T00:00:05.000000Z", leaseTransitions: 1 });
});
