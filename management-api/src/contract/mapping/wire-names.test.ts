import { describe, expect, test } from "vitest";
import { PROBLEM_TYPE_PREFIX } from "../schemas.ts";
import { CONTRACT_NAMES, wireNames } from "./wire-names.ts";

const problem = (slug: string) => ({ type: PROBLEM_TYPE_PREFIX + slug, status: 404 });
const KEY = { id: "ak_1", description: "x", mode: "live", status: "active", hint: "abcd" };

test("without a mapping nothing is copied", () => {
  const body = { ...KEY };
  expect(CONTRACT_NAMES.answer("getApiKey", body)).toBe(body);
  expect(CONTRACT_NAMES.request("updateApiKey", body)).toBe(body);
  expect(CONTRACT_NAMES.problem(body)).toBe(body);
  expect(CONTRACT_NAMES.path("rollApiKey", "a/b")).toBe("/api-keys/a%2Fb/roll");
  expect(CONTRACT_NAMES.listQuery({ mode: "test" })).toBe("?limit=20&mode=test");
});

test("an empty mapping is the identity", () => {
  const names = wireNames({});
  expect(names.answer("getApiKey", KEY)).toEqual(KEY);
  expect(names.answer("listApiKeys", { data: [KEY], links: { next: null } })).toEqual({
    data: [KEY],
    links: { next: null },
  });
  expect(names.request("createApiKey", { mode: "live", description: "x" })).toEqual({
    mode: "live",
    description: "x",
  });
  expect(names.path("getApiKey", "$&")).toBe("/api-keys/%24%26");
  expect(names.listQuery({})).toBe(CONTRACT_NAMES.listQuery({}));
  expect(names.authentication).toEqual({ header: "Authorization", scheme: "Bearer" });
});

describe("what has the name of a moved thing is not that thing", () => {
  test("a field", () => {
    const names = wireNames({ fields: { key: { description: "label" } } });
    expect(names.answer("getApiKey", { id: "ak_1", description: "of something else" })).toEqual({
      id: "ak_1",
    });
    expect(names.answer("getApiKey", { description: "other", label: "ours" })).toEqual({
      description: "ours",
    });
  });

  test("a field of a list", () => {
    const names = wireNames({ fields: { list: { "links.next": "next_page" } } });
    const list = { data: [], links: { next: "/wrong", previous: null }, next_page: "/right" };
    expect(names.answer("listApiKeys", list)).toEqual({
      data: [],
      links: { next: "/right", previous: null },
    });
    expect(names.answer("listApiKeys", { ...list, next_page: undefined })).not.toHaveProperty("links.next");
  });

  test("a value", () => {
    const names = wireNames({ values: { status: { active: "on" } } });
    expect(names.answer("getApiKey", { status: "on" })).toEqual({ status: "active" });
    expect(names.answer("getApiKey", { status: "active" })).toEqual({ status: "unmapped-active" });
    expect(names.answer("getApiKey", { status: "revoked" })).toEqual({ status: "revoked" });
    expect(names.answer("getApiKey", { status: "new" })).toEqual({ status: "new" });
  });

  test("a slug: a 404 of another meaning does not prove that a key is gone", () => {
    const names = wireNames({ problems: { "not-found": "no-such-key" } });
    expect(names.problem(problem("no-such-key"))).toEqual(problem("not-found"));
    expect(names.problem(problem("not-found"))).toEqual(problem("unmapped-not-found"));
  });
});

test("swapped names are swapped, in answers and requests", () => {
  const names = wireNames({
    fields: {
      key: { hint: "description", description: "hint" },
      create: { mode: "description", description: "mode" },
    },
    values: { mode: { test: "live", live: "test" } },
  });
  expect(names.answer("getApiKey", { hint: "a", description: "b", mode: "test" })).toEqual({
    hint: "b",
    description: "a",
    mode: "live",
  });
  expect(names.request("createApiKey", { mode: "live", description: "x" })).toEqual({
    description: "test",
    mode: "x",
  });
});

test("a value is moved with its field, and nothing of it stays where it was", () => {
  const names = wireNames({ fields: { key: { key: "secret.value" } } });
  const read = names.answer("createApiKey", { id: "ak_1", secret: { value: "v", kind: "k" } });
  expect(read).toEqual({ id: "ak_1", key: "v", secret: { kind: "k" } });
});

test.each([null, "text", 7, [], { data: "none" }])("an answer that is %j is left to the schema", (body) => {
  const names = wireNames({ fields: { key: { id: "uid" }, list: { data: "items" } } });
  expect(() => names.answer("listApiKeys", body)).not.toThrow();
  expect(names.problem(body)).toEqual(body);
});

test("an empty scheme sends the token alone", () => {
  expect(wireNames({ authentication: { header: "X-Token", scheme: "" } }).authentication).toEqual({
    header: "X-Token",
  });
});
