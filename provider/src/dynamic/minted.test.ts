import { inspect } from "node:util";
import { expect, test } from "vitest";
import { outputsOf, tagFor, unconfirmedMessage } from "./minted.ts";
import { apiKey, IDENTITY, iso, minted, NOW } from "./testing/fixtures.ts";

test("a minted key shows its value in no log and no JSON, until it becomes outputs", () => {
  expect(inspect(minted(), { depth: 9 })).not.toContain("key_live_");
  expect(JSON.stringify(minted())).not.toContain("key_live_");
  expect(outputsOf(minted())).toEqual({
    key: "key_live_fedcba9876549999",
    keyId: "ak_new",
    attempt: "cccccccc",
    fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/) as unknown,
    hint: "9999",
    createdAt: iso(NOW),
    status: "active",
  });
});

test("the hint is that of the value, whatever the answer says", () => {
  expect(outputsOf(minted({ apiKey: apiKey({ hint: "0000" }) })).hint).toBe("9999");
});

test("a key that may not be confirmed says so, and what finds out", () => {
  const key = minted({ unconfirmed: "It is not known." });
  expect(outputsOf(key).status).toBe("unconfirmed");
  expect(unconfirmedMessage(key)).toBe("It is not known. Run pulumi up again: it finds out.");
  expect(unconfirmedMessage(minted())).toBeUndefined();
});

test("the tag of a key holds nothing but what tags hold", () => {
  const identity = { ...IDENTITY, key: "key_live_secret" };
  const request = { identity, mode: "live", description: "x", revision: 7 } as const;
  expect(tagFor(request, "aaaaaaaa")).toStrictEqual({ ...IDENTITY, revision: 7, attempt: "aaaaaaaa" });
});
