import { expect, test } from "vitest";
import { isLive, tagOf, whyNotOurs } from "./evidence.ts";
import { apiKey, ATTEMPT, IDENTITY, tagged, taggedForAnother } from "./testing/fixtures.ts";

test.each([
  ["this resource", tagged(), { ...IDENTITY, revision: 1, attempt: ATTEMPT }],
  ["another resource", taggedForAnother, undefined],
  ["another installation", tagged({ installation: "f".repeat(10) }), undefined],
  ["nothing", "made by hand", undefined],
])("the tag of a key is read where it names this resource, not %s", (_what, description, tag) => {
  expect(tagOf(apiKey({ description }), IDENTITY)).toEqual(tag);
});

test.each([
  [undefined, false],
  [apiKey({ status: "revoked" }), false],
  [apiKey(), true],
  // A status that the vendor adds later is not taken for a revocation.
  [apiKey({ status: "limited" }), true],
])("a key is live unless it is missing or revoked", (found, live) => {
  expect(isLive(found)).toBe(live);
});

test.each([
  ["our tag and the recorded attempt", tagged(), undefined],
  ["our tag, not confirmed yet", tagged({ unconfirmed: true }), undefined],
  ["no tag, since it was edited in the dashboard", "edited", undefined],
  [
    "the tag of another attempt",
    tagged({ attempt: "bbbbbbbb" }),
    /taken over by attempt bbbbbbbb.*recorded a{8}/,
  ],
  ["the tag of another resource", taggedForAnother, /another owner/],
  ["the tag of another installation", tagged({ installation: "f".repeat(10) }), /another installation/],
])("evidence about a recorded key with %s", (_what, description, why) => {
  const found = whyNotOurs(apiKey({ description }), IDENTITY, ATTEMPT);
  if (why === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(why);
});
