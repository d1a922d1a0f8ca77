import { expect, test } from "vitest";
import { isRecord } from "../contract/mapping/move.ts";
import { PROBLEM_TYPE_PREFIX } from "../contract/schemas.ts";
import { ROWS, type RowId } from "./rows.ts";
import type { Answered, Asked, Deviation } from "./test-deviating-proxy.ts";
import { checkDeviating, rowsIn, startChecked, checkOf, TOKEN } from "./test-setup.ts";

type Key = Record<string, unknown>;

/** The keys of a list, which can be altered. */
const keysOf = (body: Key): readonly Key[] =>
  Array.isArray(body["data"]) ? body["data"].filter(isRecord) : [];

/** The links of a list, which can be altered. */
const linksOf = (body: Key): Key => (isRecord(body["links"]) ? body["links"] : {});

const json = { "content-type": "application/json" };
const problem = (status: number, slug: string): Answered => ({
  status,
  headers: { "content-type": "application/problem+json" },
  body: { type: PROBLEM_TYPE_PREFIX + slug, title: slug, status, detail: "x" },
});

/** Alters each key in an answer, of a list or alone. */
function keys(alter: (key: Key) => void): Deviation {
  return {
    answer: ({ body }) => {
      for (const key of keysOf(body)) alter(key);
      if ("hint" in body) alter(body);
    },
  };
}

/** Alters the answers to one operation. */
function on(method: string, path: RegExp, answer: (answer: Answered, asked: Asked) => void): Deviation {
  return {
    answer: (answered, asked) => {
      if (asked.method === method && path.test(asked.path)) answer(answered, asked);
    },
  };
}

const replace = (answer: Answered, by: Answered): void => {
  Object.assign(answer, by);
};
const ACCOUNT_PATH = /^\/account$/;
const LIST = /^\/api-keys$/;
const ONE = /^\/api-keys\/[^/]+$/;
const ROLL = /\/roll$/;
const ENVELOPES = /^\/envelopes$/;
const isTag = (value: unknown): boolean => String(value).includes("[ak:");

/** Remembers that a request was seen, and with which ID. */
function remembering(
  make: (state: { id?: string; value?: string; revoked?: boolean; old?: string }) => Deviation,
) {
  return make({});
}

/** An API that deviates in one way for each row, and the other rows that this shows in. */
const DEVIATIONS: readonly [row: RowId, what: string, deviation: Deviation, also?: readonly RowId[]][] = [
  [
    "invalid-token",
    "403 for a wrong token",
    on("GET", ACCOUNT_PATH, (answer) => {
      if (answer.status === 401) replace(answer, problem(403, "invalid-token"));
    }),
  ],
  [
    "problem-json",
    "errors without a title",
    { answer: ({ status, body }) => void (status >= 400 && delete body["title"]) },
  ],
  [
    "problem-json",
    "errors as application/json",
    { answer: ({ status, headers }) => void (status >= 400 && Object.assign(headers, json)) },
  ],
  [
    "validation-error",
    "400 for a bad query",
    { answer: (answer) => void (answer.status === 422 && replace(answer, problem(400, "validation-error"))) },
  ],
  [
    "validation-error",
    "errors that are no list",
    {
      answer: ({ status, body }) => {
        if (status === 422) Object.assign(body, { errors: undefined, detail: "wrong" });
      },
    },
  ],
  [
    "too-many-requests",
    "a 429 with Retry-After",
    {
      request: ({ earlier }) => {
        if (earlier !== 3) return undefined;
        const answer = problem(429, "too-many-requests");
        return { ...answer, headers: { ...answer.headers, "retry-after": "1" } };
      },
    },
  ],
  ["rate-limit", "a lower limit", { answer: ({ headers }) => void (headers["ratelimit-limit"] = "5") }],
  ["snake-case", "a field in camelCase", keys((key) => void (key["lastUsedAt"] = null))],
  [
    "times",
    "times without milliseconds",
    keys((key) => void (key["created_at"] = String(key["created_at"]).replace(/\.\d+Z/, "Z"))),
  ],
  [
    "unknown-query",
    "500 for an unknown parameter",
    { request: ({ query }) => (query.has("contract_check") ? problem(501, "x") : undefined) },
  ],
  [
    "account",
    "no name",
    on("GET", ACCOUNT_PATH, ({ status, body }) => void (status === 200 && delete body["name"])),
  ],
  [
    "account-id",
    "an ID that looks like a key",
    on("GET", ACCOUNT_PATH, ({ status, body }) => void (status === 200 && (body["id"] = "key_account"))),
    ["account"],
  ],
  [
    "live-mode",
    "another word",
    on("GET", ACCOUNT_PATH, ({ status, body }) => void (status === 200 && (body["live_mode"] = "on"))),
  ],
  [
    "permissions",
    "another word",
    on(
      "GET",
      ACCOUNT_PATH,
      ({ status, body }) => void (status === 200 && (body["permissions"] = ["keys.write"])),
    ),
  ],
  ["list", "no links.previous", on("GET", LIST, ({ body }) => void delete linksOf(body)["previous"])],
  [
    "list-limit",
    "a page that is too long",
    on("GET", LIST, ({ body }, { query }) => {
      if (query.get("limit") !== "20" || !Array.isArray(body["data"])) return;
      body["data"] = Array.from({ length: 21 }, () => keysOf(body)[0]).filter((key) => key !== undefined);
    }),
  ],
  [
    "list-next",
    "a link that is built of pages",
    on("GET", LIST, ({ body }, { query }) => {
      if (query.get("limit") === "1") linksOf(body)["next"] = "https://elsewhere.example/v1/api-keys?page=2";
    }),
  ],
  [
    "list-next",
    "no link although there is more",
    on("GET", LIST, ({ body }, { query }) => {
      if (query.get("limit") === "1") linksOf(body)["next"] = null;
    }),
  ],
  [
    "list-order",
    "oldest first",
    on("GET", LIST, ({ body }) => void (body["data"] &&= keysOf(body).toReversed())),
  ],
  [
    "list-mode",
    "the mode is ignored",
    {
      request: ({ method, path, query }) => {
        if (method === "GET" && LIST.test(path)) query.delete("mode");
      },
    },
  ],
  [
    "key-fields",
    "no description",
    keys((key) => void delete key["description"]),
    ["create-description", "update"],
  ],
  [
    "key-enums",
    "another word for active",
    keys((key) => void (key["status"] === "active" && (key["status"] = "on"))),
    ["list-active"],
  ],
  [
    "list-active",
    "a suspended key is listed",
    {
      answer: ({ body }) => {
        for (const key of keysOf(body)) key["status"] = "revoked";
      },
    },
    ["get-key"],
  ],
  [
    "key-hint",
    "six characters",
    keys((key) => void (key["hint"] = `ab${String(key["hint"])}`)),
    ["create-hint"],
  ],
  [
    "value-once",
    "a GET shows the value",
    on(
      "GET",
      ONE,
      ({ status, body }) => void (status === 200 && (body["key"] = "key_live_0000000000000000")),
    ),
  ],
  [
    "get-key",
    "a GET has another hint",
    on("GET", ONE, ({ status, body }) => void (status === 200 && (body["hint"] = "zzzz"))),
  ],
  [
    "not-found",
    "403 for an unknown ID",
    on("GET", ONE, (answer) => void (answer.status === 404 && replace(answer, problem(403, "forbidden")))),
  ],
  [
    "create",
    "200 for a create",
    on("POST", LIST, (answer) => void (answer.status === 201 && (answer.status = 200))),
  ],
  ["create-location", "no Location", on("POST", LIST, ({ headers }) => void delete headers["location"])],
  [
    "create-value",
    "a value with a space",
    on(
      "POST",
      LIST,
      ({ body }) =>
        void (body["key"] !== undefined && (body["key"] = `${JSON.stringify(body["key"]).slice(1, -1)} x`)),
    ),
    // The value that came back is not the one that was made.
    ["create-hint", "value-works"],
  ],
  ["create-hint", "the first four characters", keys((key) => void (key["hint"] = "0000"))],
  [
    "create-description",
    "a description without its tag",
    {
      request: ({ method, path, body }) => {
        if (method === "POST" && LIST.test(path) && isTag(body["description"]))
          body["description"] = String(body["description"]).split(" [")[0];
      },
    },
  ],
  [
    "create-description",
    "a description with escaped letters",
    on(
      "GET",
      ONE,
      ({ body }) =>
        void (
          isTag(body["description"]) &&
          (body["description"] = String(body["description"]).replace("<", "&lt;"))
        ),
    ),
    ["update"],
  ],
  [
    "create-visible",
    "no GET shows a new key",
    remembering((state) => ({
      answer: (answer, { method, path }) => {
        if (method === "POST" && LIST.test(path) && answer.status === 201)
          state.id = String(answer.body["id"]);
        if (method === "GET" && state.id !== undefined && path.endsWith(state.id))
          replace(answer, problem(404, "not-found"));
      },
    })),
    ["create-description", "update"],
  ],
  [
    "create-listed",
    "no list shows a new key",
    on("GET", LIST, ({ body }) => {
      if (Array.isArray(body["data"]))
        body["data"] = keysOf(body).filter((key) => !isTag(key["description"]));
    }),
  ],
  [
    "test-key-exists",
    "422 for a second test key",
    on(
      "POST",
      LIST,
      (answer) => void (answer.status === 409 && replace(answer, problem(422, "test-key-exists"))),
    ),
  ],
  [
    "value-works",
    "a value does not work at once",
    on(
      "GET",
      ENVELOPES,
      (answer) => void (answer.status === 200 && replace(answer, problem(401, "invalid-api-key"))),
    ),
  ],
  [
    "update",
    "a short description only",
    {
      request: ({ method, body }) => {
        if (method === "PATCH") body["description"] = String(body["description"]).slice(0, 100);
      },
    },
  ],
  ["roll", "another ID", on("POST", ROLL, ({ body }) => void (body["id"] = "ak_another"))],
  ["roll", "no value", on("POST", ROLL, ({ body }) => void delete body["key"])],
  [
    "roll-old-value",
    "the old value works on",
    remembering((state) => ({
      answer: (answer, { method, path, headers }) => {
        if (method === "POST" && LIST.test(path)) state.old ??= String(answer.body["key"]);
        if (ENVELOPES.test(path) && headers["x-api-key"] === state.old)
          replace(answer, { status: 200, headers: json, body: { data: [] } });
      },
    })),
  ],
  [
    "revoke",
    "200 for a revocation",
    on(
      "DELETE",
      ONE,
      (answer) =>
        void (answer.status === 204 && replace(answer, { status: 200, headers: json, body: { ok: true } })),
    ),
  ],
  [
    "revoked-state",
    "a revoked key looks active",
    on(
      "GET",
      ONE,
      ({ body }) =>
        void (body["status"] === "revoked" && Object.assign(body, { status: "active", revoked_at: null })),
    ),
  ],
  [
    "revoked-unlisted",
    "a revoked key is listed",
    remembering((state) => ({
      answer: ({ body, status }, { method, path }) => {
        if (method === "POST" && LIST.test(path) && status === 201) state.id = String(body["id"]);
        if (method === "DELETE") state.revoked = true;
        if (method === "GET" && LIST.test(path) && state.revoked)
          body["data"] = [{ id: state.id }, ...keysOf(body)];
      },
    })),
  ],
  [
    "revoke-again",
    "204 for a second revocation",
    on(
      "DELETE",
      ONE,
      (answer) => void (answer.status === 404 && replace(answer, { status: 204, headers: {}, body: {} })),
    ),
  ],
  [
    "revoked-value",
    "a revoked value works on",
    remembering((state) => ({
      answer: (answer, { method, path }) => {
        if (method === "DELETE") state.revoked = true;
        if (ENVELOPES.test(path) && state.revoked)
          replace(answer, { status: 200, headers: json, body: { data: [] } });
      },
    })),
  ],
  [
    "key-id",
    "IDs that look like keys",
    {
      ...keys((key) => void (key["id"] = `key_${String(key["id"])}`)),
      request: (asked) => {
        asked.path = asked.path.replace("/key_", "/");
      },
    },
    ["create-location", "create-value"],
  ],
];

test.each(DEVIATIONS)("%s: %s is found", async (row, _what, deviation, also = []) => {
  const { result, emulator } = await checkDeviating(deviation);
  expect(rowsIn("differs", result)).toEqual(expect.arrayContaining([row]));
  expect(rowsIn("differs", result).toSorted()).toEqual([row, ...also].toSorted());
  const active = emulator.admin.keys().filter(({ status }) => status === "active");
  expect(active.map(({ mode }) => mode)).toEqual(["live", "live"]);
});

test("auth-header: an API that expects another header refuses the token", async () => {
  const { result } = await checkDeviating({
    request: ({ headers }) =>
      headers["x-management-token"] === TOKEN ? undefined : problem(401, "invalid-token"),
  });
  expect(rowsIn("differs", result)).toEqual(["auth-header", "account", "list", "list-limit"]);
  expect(result.end).toBe("refused");
});

/** `tls` needs a server with a certificate: test/network/check.test.ts. */
const ELSEWHERE: readonly RowId[] = ["tls", "auth-header"];

test("each row that is tried has a deviation, and no other row", () => {
  const tried = ROWS.filter((row) => row.tried !== "never").map(({ id }) => id);
  const covered = new Set([...DEVIATIONS.map(([row]) => row), ...ELSEWHERE]);
  expect([...covered].toSorted()).toEqual(tried.toSorted());
});

test("against the emulator all rows hold that can be tried", async () => {
  const emulator = await startChecked();
  const result = await checkOf(emulator.url);
  expect(rowsIn("differs", result)).toEqual([]);
  expect(rowsIn("not tried", result)).toEqual([
    "tls",
    "too-many-requests",
    "rate-limit",
    "live-mode-disabled",
    "live-mode-paused",
    "forbidden",
    "create-repeated",
  ]);
  expect(result).toMatchObject({ end: "completed", left: { ids: [], unclear: false } });
});

test("a 429 of the contract is waited for, and holds", async () => {
  const { result } = await checkDeviating({
    request: ({ earlier }) => (earlier === 3 ? problem(429, "too-many-requests") : undefined),
  });
  expect(rowsIn("differs", result)).toEqual([]);
  expect(rowsIn("holds", result)).toContain("too-many-requests");
});
