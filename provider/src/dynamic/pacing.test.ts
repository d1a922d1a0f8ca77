import { ManagementApiError } from "@signatureapi-keys/management-api";
import { describe, expect, test } from "vitest";
import { rateWithin, Turns, whenAllowed } from "./pacing.ts";

test.each([
  [10, 9.6, 9],
  [100, 96, 90],
  [1, 0.96, 1],
  [0.1, 0.096, 1],
])("where %d requests per second are allowed, %d are sent", (allowed, requestsPerSecond, burst) => {
  expect(rateWithin(allowed).requestsPerSecond).toBeCloseTo(requestsPerSecond);
  expect(rateWithin(allowed).burst).toBe(burst);
});

type Details = ConstructorParameters<typeof ManagementApiError>[0];
const refusal = (details: Partial<Details> = {}) =>
  new ManagementApiError({
    kind: "too-many-requests",
    operation: "createApiKey",
    effect: "none",
    reason: "x",
    ...details,
  });

/** Fails so many times, then succeeds. Returns how often it was sent. */
async function sent(failures: number, error: Error): Promise<number> {
  let count = 0;
  await whenAllowed(() => {
    count += 1;
    return count <= failures ? Promise.reject(error) : Promise.resolve();
  }).catch(() => {
    count = -count;
  });
  return count;
}

describe("a request that must not be repeated blindly", () => {
  test.each([
    ["is sent once where it succeeds", 0, refusal(), 1],
    ["is sent again after a refusal for the rate limit", 1, refusal(), 2],
    ["is sent again after five of them", 5, refusal(), 6],
    ["fails after six of them", 6, refusal(), -6],
    ["is not sent again where it may have had an effect", 1, refusal({ effect: "unknown" }), -1],
    ["is not sent again after another refusal", 1, refusal({ kind: "validation-error" }), -1],
    ["is not sent again after another error", 1, new Error("x"), -1],
  ])("%s", async (_what, failures, error, times) => {
    expect(await sent(failures, error)).toBe(times);
  });
});

describe("turns", () => {
  test("let so many at a time run, the others in their order", async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    const ends = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
    const runs = ends.map(({ promise }, index) =>
      turns.take(() => {
        begun.push(index);
        return promise;
      }),
    );
    await Promise.resolve();
    expect(begun).toEqual([0, 1]);
    ends[1]?.resolve();
    await runs[1];
    await Promise.resolve();
    expect(begun).toEqual([0, 1, 2]);
    for (const { resolve } of ends) resolve();
    await Promise.all(runs);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  test("go on after a failure, and when all were idle", async () => {
    const turns = new Turns(1);
    await expect(turns.take(() => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
    expect(await turns.take(() => Promise.resolve("a"))).toBe("a");
    expect(await Promise.all([1, 2, 3].map((value) => turns.take(() => Promise.resolve(value))))).toEqual([
      1, 2, 3,
    ]);
  });

  test("that were free again are not given twice", async () => {
    const turns = new Turns(1);
    await turns.take(() => Promise.resolve());
    let begun = 0;
    const held = Promise.withResolvers<void>();
    const runs = [1, 2].map(() =>
      turns.take(() => {
        begun += 1;
        return held.promise;
      }),
    );
    await Promise.resolve();
    expect(begun).toBe(1);
    held.resolve();
    await Promise.all(runs);
    expect(begun).toBe(2);
  });
});
