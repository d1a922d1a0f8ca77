import { expect, test } from "vitest";
import type { AuditedRequest } from "./audit.ts";
import { timesToReady } from "./latency.ts";
import { mostWithinASecond, usedShare } from "./rate.ts";

function request(part: Partial<AuditedRequest>): AuditedRequest {
  const common = { user: "u", namespace: "bench", name: "a", dryRun: false, code: 200, from: 0, to: 0 };
  return { ...common, verb: "update", resource: "apikeys/status", ...part };
}

const created = (name: string, from: number): AuditedRequest =>
  request({ verb: "create", resource: "apikeys", name, from, code: 201 });

test("a key takes from its create to the answer to the last write of its status", () => {
  const requests = [
    request({ name: "a", to: 150 }),
    request({ name: "a", to: 190 }),
    created("b", 110),
    created("a", 100),
    request({ name: "b", to: 150 }),
  ];
  expect(timesToReady(requests, "bench")).toEqual([90, 40]);
});

test("what was refused, what is elsewhere, and what never was done do not count", () => {
  const requests = [
    created("a", 100),
    request({ name: "a", to: 150 }),
    request({ name: "a", to: 900, code: 409 }),
    request({ name: "a", to: 900, namespace: "other" }),
    created("never", 100),
  ];
  expect(timesToReady(requests, "bench")).toEqual([50]);
});

test("a key that came before the controller was ready counts from then", () => {
  expect(timesToReady([created("a", 100), request({ to: 150 })], "bench", 130)).toEqual([20]);
});

const at = (...times: number[]): readonly { time: number }[] => times.map((time) => ({ time }));

test("the most within a second is counted over any second", () => {
  expect(mostWithinASecond(at(0, 900, 950, 1_000, 1_899, 1_900))).toBe(4);
  expect(mostWithinASecond([])).toBe(0);
});

test("of a limit, the burst and so many a second can be used", () => {
  const limit = { requestsPerSecond: 10, burst: 10 };
  const all = at(
    ...Array.from({ length: 10 }, () => 0),
    ...Array.from({ length: 10 }, (_, n) => (n + 1) * 100),
  );
  expect(usedShare(all, limit)).toBe(1);
  expect(usedShare(at(0, 1_000), limit)).toBe(0.1);
});
