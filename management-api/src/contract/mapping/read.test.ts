import { expect, test } from "vitest";
import { stringify } from "yaml";
import { ContractMappingError, LONGEST_MAPPING, readContractMapping } from "./read.ts";
import { OTHER_NAMES } from "./test-renaming-proxy.ts";

test("a mapping is read from YAML or JSON, and empty text maps nothing", () => {
  expect(readContractMapping(stringify(OTHER_NAMES))).toEqual(OTHER_NAMES);
  expect(readContractMapping(JSON.stringify(OTHER_NAMES))).toEqual(OTHER_NAMES);
  expect(readContractMapping("# nothing\n")).toEqual({});
});

test("values, fields and slugs may be swapped, since all stay apart", () => {
  const swapped = {
    values: { mode: { test: "live", live: "test" } },
    fields: { key: { hint: "description", description: "hint" } },
    problems: { forbidden: "not-found", "not-found": "forbidden" },
  };
  expect(readContractMapping(JSON.stringify(swapped))).toEqual(swapped);
});

test.each<[string, object, string]>([
  ["an unknown part", { code: "x" }, 'the mapping: Unrecognized key: "code"'],
  ["an unknown field", { fields: { key: { secret: "x" } } }, 'fields.key: Unrecognized key: "secret"'],
  ["an unknown operation", { paths: { deleteAccount: "/x" } }, "paths: Unrecognized key"],
  ["a path without the ID", { paths: { getApiKey: "/keys" } }, "paths.getApiKey: must be a path"],
  ["an ID where there is none", { paths: { createApiKey: "/keys/{id}" } }, "without {id}"],
  ["two IDs", { paths: { rollApiKey: "/{id}/{id}" } }, "with {id} in it once"],
  ["a path upwards", { paths: { getAccount: "/../admin" } }, "paths.getAccount: must be a path"],
  ["a path with a query", { paths: { getAccount: "/me?x=1" } }, "paths.getAccount: must be a path"],
  ["another host", { paths: { getAccount: "//evil.example/me" } }, "paths.getAccount: must be a path"],
  ["an encoded path", { paths: { getAccount: "/a%2fb" } }, "paths.getAccount: must be a path"],
  ["a long path", { paths: { getAccount: `/${"x".repeat(200)}` } }, "paths.getAccount"],
  ["a header with a colon", { authentication: { header: "a:b" } }, "name of a header"],
  [
    "a header of the client's own",
    { authentication: { header: "Idempotency-Key" } },
    "cannot be sent in a header",
  ],
  ["a scheme of two words", { authentication: { scheme: "a b" } }, "must be a word such as Bearer"],
  ["a field of five parts", { fields: { key: { id: "a.b.c.d.e" } } }, "must be the name of a field"],
  ["a prototype", { fields: { key: { id: "a.__proto__" } } }, "a name that no field can have"],
  ["a parameter with a dot", { fields: { query: { mode: "a.b" } } }, "a parameter of a query"],
  ["a value with a space", { values: { mode: { test: "a b" } } }, "must be a value of letters"],
  ["a number", { values: { mode: { test: 1 } } }, "values.mode.test"],
  ["a slug in capitals", { problems: { "not-found": "NotFound" } }, "must be a slug"],
  ["two fields of one name", { fields: { key: { id: "description" } } }, "the same field as description"],
  ["a field inside of another", { fields: { list: { data: "links" } } }, "the same field as data, or a part"],
  ["two values of one name", { values: { status: { revoked: "active" } } }, "the same value as active"],
  ["two slugs of one name", { problems: { forbidden: "not-found" } }, "the same slug as not-found"],
  ["one path for two reads", { paths: { getAccount: "/api-keys" } }, "the same path as listApiKeys"],
])("%s is refused by its place", (_what, mapping, message) => {
  expect(() => readContractMapping(JSON.stringify(mapping))).toThrow(ContractMappingError);
  expect(() => readContractMapping(JSON.stringify(mapping))).toThrow(message);
});

test.each([
  ["a token", "sk-SENTINEL", "the mapping: Invalid input"],
  ["a broken line with a token", "paths: {a: SENTINEL", "It is not YAML: BAD_INDENT|FLOW"],
  ["the same name twice", "paths: {}\npaths: {SENTINEL: x}", "It is not YAML: DUPLICATE_KEY in line 2"],
  ["an alias", "paths: &a {getAccount: /x}\nfields: *a", "must not have YAML aliases"],
  ["a value of a key as a name", "key_live_SENTINEL000000: x", "Unrecognized key"],
  ["too much", "#".repeat(LONGEST_MAPPING + 1), "more than 65536 characters"],
])("%s is refused, and its text is not quoted", (_what, text, message) => {
  expect(() => readContractMapping(text)).toThrow(new RegExp(message));
  expect(() => readContractMapping(text)).not.toThrow("SENTINEL");
});
