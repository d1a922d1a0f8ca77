import { expect, test } from "vitest";
import * as schemas from "./schemas.ts";

const KEY = {
  id: "ak_1",
  description: "x",
  mode: "live",
  status: "active",
  created_at: "2026-11-02T09:30:00.000Z",
  revoked_at: null,
  hint: "abcd",
};

test("an API key may have fields and values that this version does not know", () => {
  const answer = { ...KEY, mode: "sandbox", status: "suspended", last_used_at: null };
  expect(schemas.apiKeySchema.parse(answer)).toEqual(answer);
  const list = { links: { next: null, previous: null, first: "x" }, data: [answer], total: 1 };
  expect(schemas.apiKeyListSchema.parse(list)).toEqual(list);
});

test.each([
  ["a missing field", { description: undefined }],
  ["a time that is none", { created_at: "yesterday" }],
  ["an ID that looks like a key", { id: "key_live_x" }],
  ["an ID with a line break", { id: "ak_1\n" }],
])("an API key with %s is none", (_, change) => {
  expect(schemas.apiKeySchema.safeParse({ ...KEY, ...change }).success).toBe(false);
});

test.each(["`id`", "$(id)", 'a"b', "a'b", "a,b", "a b", "a\nb", "a;b", "a|b", "a{b}", "a#b", "a\\b"])(
  "a value or an ID next to it with %j is none, since it is written as it is",
  (odd) => {
    const key = `key_live_0123456789${odd}`;
    const good = { ...KEY, key: "key_live_AZaz09_.~+/=-" };
    expect(schemas.apiKeyWithValueSchema.parse(good)).toEqual(good);
    expect(schemas.apiKeyWithValueSchema.safeParse({ ...good, key }).success).toBe(false);
    expect(schemas.apiKeyWithValueSchema.safeParse({ ...good, id: `ak_${odd}` }).success).toBe(false);
  },
);

test("requests are strict", () => {
  const create = { mode: "live", description: "x" };
  expect(schemas.createApiKeyRequestSchema.safeParse(create).success).toBe(true);
  expect(schemas.createApiKeyRequestSchema.safeParse({ ...create, scope: "x" }).success).toBe(false);
  expect(schemas.createApiKeyRequestSchema.safeParse({ ...create, mode: "sandbox" }).success).toBe(false);
  expect(schemas.updateApiKeyRequestSchema.safeParse({ description: "x", mode: "live" }).success).toBe(false);
});
