import { describe, expect, test } from "vitest";
import { FakeClock } from "../fake-clock.ts";
import { CredentialCache } from "./credential-cache.ts";
import type { Credentials } from "./cluster-access.ts";

function setUp() {
  const clock = new FakeClock();
  const reads: boolean[] = [];
  let broken = false;
  const read = (afterRefusal: boolean): Promise<Credentials> => {
    reads.push(afterRefusal);
    if (broken) return Promise.reject(new Error("no file"));
    return Promise.resolve({ headers: { authorization: `Bearer ${reads.length}` }, tls: {} });
  };
  const cache = new CredentialCache({ server: "https://x", namespace: undefined, read }, clock);
  return { clock, reads, cache, breakIt: () => (broken = true) };
}

describe("a credential cache", () => {
  test("reads once a minute, and once for all who ask at the same time", async () => {
    const { clock, reads, cache } = setUp();
    await Promise.all([cache.get(), cache.get()]);
    await clock.advance(59_999);
    await cache.get();
    expect(reads).toEqual([false]);
    await clock.advance(1);
    await cache.get();
    expect(reads).toEqual([false, false]);
  });

  test("reads anew after a refusal, once for all who were refused with the same credentials", async () => {
    const { reads, cache } = setUp();
    const refused = await cache.get();
    const [one, two] = await Promise.all([cache.renew(refused), cache.renew(refused)]);
    expect(one).toBe(two);
    expect(await cache.renew(refused)).toBe(one);
    expect(reads).toEqual([false, true]);
  });

  test("keeps what it has when it cannot be read again, and fails only if there is nothing", async () => {
    const { clock, cache, breakIt } = setUp();
    const first = await cache.get();
    breakIt();
    await clock.advance(60_000);
    expect(await cache.get()).toBe(first);
    const other = setUp();
    other.breakIt();
    await expect(other.cache.get()).rejects.toThrow("no file");
  });
});
