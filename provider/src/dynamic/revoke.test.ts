import { expect, test } from "vitest";
import { judgeRevocation } from "./revoke.ts";
import { apiKey, ATTEMPT, IDENTITY, tagged, taggedForAnother } from "./testing/fixtures.ts";

const RECORDED = { keyId: "ak_current", attempt: ATTEMPT };

test.each([
  ["that does not exist is gone", undefined, "gone"],
  ["that was revoked is gone", apiKey({ status: "revoked" }), "gone"],
  ["with a foreign tag that was revoked is gone", apiKey({ status: "revoked", description: "x" }), "gone"],
  ["with our tag and attempt is ours", apiKey(), "ours"],
  ["with an edited description is ours", apiKey({ description: "edited" }), "ours"],
] as const)("a recorded key %s", (_what, live, verdict) => {
  expect(judgeRevocation(live, IDENTITY, RECORDED)).toBe(verdict);
});

test.each([
  ["of another resource", taggedForAnother, "another owner"],
  ["of another installation", tagged({ installation: "f".repeat(10) }), "another installation"],
  ["of another attempt", tagged({ attempt: "bbbbbbbb" }), "taken over by attempt bbbbbbbb"],
])("a recorded key with a tag %s is foreign", (_what, description, why) => {
  const verdict = judgeRevocation(apiKey({ description }), IDENTITY, RECORDED);
  expect(verdict).toMatchObject({ foreign: expect.stringContaining(why) as unknown });
});
