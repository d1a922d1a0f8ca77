import { expect, test } from "vitest";
import { leftText } from "./render.ts";
import { ROWS } from "./rows.ts";
import { startDeviating, type Deviation } from "./test-deviating-proxy.ts";
import { ACCOUNT, checkDeviating, checkOf, rowsIn, startChecked } from "./test-setup.ts";

const isCreate = (method: string, path: string) => method === "POST" && path === "/api-keys";
const active = ({ admin }: Awaited<ReturnType<typeof startChecked>>) =>
  admin.keys().filter(({ status, mode }) => status === "active" && mode === "test");
const needsTestKey = ROWS.filter(({ tried }) => tried === "test-key").map(({ id }) => id);

test("an account with a test key is left alone: nothing is created, changed or revoked", async () => {
  const emulator = await startChecked();
  const own = emulator.admin.createKey(ACCOUNT, { mode: "test", description: "of a colleague" });
  const result = await checkOf(emulator.url);
  expect(rowsIn("not tried", result)).toEqual(expect.arrayContaining(needsTestKey));
  expect(rowsIn("differs", result)).toEqual([]);
  const verdict = result.rows.find(({ row }) => row.id === "create")?.verdict;
  expect(verdict).toMatchObject({ why: "the account has a test key already, which is left alone" });
  const changes = emulator.admin.requests().filter(({ method }) => method !== "GET");
  expect(changes).toEqual([]);
  expect(active(emulator).map(({ id }) => id)).toEqual([own.id]);
});

test("the test key is seen even where the API ignores the mode and has many pages", async () => {
  const emulator = await startChecked({ pageSize: 1 });
  const own = emulator.admin.createKey(ACCOUNT, { mode: "test", description: "of a colleague" });
  emulator.admin.createKey(ACCOUNT, { mode: "live", description: "newer" });
  const url = await startDeviating(emulator.url, {
    request: ({ query }) => {
      query.delete("mode");
    },
  });
  await checkOf(url);
  expect(emulator.admin.requests().filter(({ method }) => method !== "GET")).toEqual([]);
  expect(active(emulator).map(({ id }) => id)).toEqual([own.id]);
});

test("without --create-test-key only reads are sent", async () => {
  const emulator = await startChecked();
  const result = await checkOf(emulator.url, { createTestKey: false });
  expect(emulator.admin.requests().filter(({ method }) => method !== "GET")).toEqual([]);
  expect(rowsIn("not tried", result)).toEqual(expect.arrayContaining(needsTestKey));
});

/** What cuts the check off in the middle: the answer to this request is lost after it took effect. */
const LOST: readonly [what: string, method: string, path: RegExp][] = [
  ["the create", "POST", /^\/api-keys$/],
  ["the change of the description", "PATCH", /./],
  ["the roll", "POST", /roll$/],
  ["the revocation", "DELETE", /./],
];

test.each(LOST)("the test key is revoked although the answer to %s is lost", async (_what, method, path) => {
  let lost = 0;
  const { result, emulator } = await checkDeviating({
    answer: (answer, asked) => {
      if (asked.method !== method || !path.test(asked.path) || lost > 0) return;
      lost += 1;
      // A header that cannot be written: the proxy cuts the connection.
      answer.headers["x-cut"] = "a\nb";
    },
  });
  expect(lost).toBe(1);
  expect(result).toMatchObject({ end: "unreachable", left: { ids: [], unclear: false } });
  expect(active(emulator)).toEqual([]);
});

test("a create that made a key without naming it is found by its description", async () => {
  const { result, emulator } = await checkDeviating({
    answer: (answer, { method, path }) => {
      if (isCreate(method, path) && answer.status === 201) answer.body = { ok: true };
    },
  });
  expect(rowsIn("differs", result)).toContain("create");
  expect(result.left).toEqual({ ids: [], unclear: false });
  expect(active(emulator)).toEqual([]);
});

test("a create without a clear answer, of which no key is found, is reported with what to look for", async () => {
  const { result } = await checkDeviating({
    request: ({ method, path }) =>
      isCreate(method, path) ? { status: 500, headers: {}, body: {}, text: "" } : undefined,
  });
  expect(result.left).toEqual({ ids: [], unclear: true });
  expect(leftText(result, "abcdefgh")).toMatch(/whose description contains abcdefgh, and revoke it/);
});

const NO_DELETE: Deviation = {
  request: ({ method }) =>
    method === "DELETE"
      ? {
          status: 404,
          headers: { "content-type": "application/problem+json" },
          body: {
            type: "https://signatureapi.com/docs/v1/errors/not-found",
            title: "x",
            status: 404,
            detail: "x",
          },
        }
      : undefined,
};

test("a key that cannot be revoked is named, with what to do", async () => {
  const { result, emulator } = await checkDeviating(NO_DELETE);
  const [left] = active(emulator);
  expect(result.left).toEqual({ ids: [left?.id], unclear: false });
  expect(leftText(result, "abcdefgh")).toContain(`The test key ${left?.id}, which this check created`);
  expect(rowsIn("differs", result)).toEqual(expect.arrayContaining(["revoke", "revoked-state"]));
});

test("a 404 to a revocation is no proof while the key is listed", async () => {
  const { result, emulator } = await checkDeviating({
    request: (asked) =>
      asked.path.startsWith("/api-keys/") ? NO_DELETE.request?.({ ...asked, method: "DELETE" }) : undefined,
  });
  expect(active(emulator)).toHaveLength(1);
  expect(result.left.ids).toEqual(active(emulator).map(({ id }) => id));
});

test.each(["GET /api-keys/", "POST /api-keys", "PATCH /api-keys/", "POST /api-keys/roll", "GET /envelopes"])(
  "a signal at the first %s of the test key stops the check, and the key is revoked",
  async (where) => {
    const stopping = new AbortController();
    const [method, path = ""] = where.split(" ");
    let created = false;
    const { result, emulator } = await checkDeviating(
      {
        request: (asked) => {
          created ||= isCreate(asked.method, asked.path);
          const here =
            asked.path.startsWith(path.replace("roll", "")) &&
            asked.path.endsWith(path.split("/").at(-1) ?? "");
          if (created && asked.method === method && here) stopping.abort(new Error("SIGINT"));
        },
      },
      { signal: stopping.signal },
    );
    expect(created).toBe(true);
    expect(result).toMatchObject({ end: "interrupted", left: { ids: [], unclear: false } });
    expect(active(emulator)).toEqual([]);
    expect(emulator.admin.keys().some(({ mode }) => mode === "test")).toBe(true);
  },
);

test("an answer that names a key of others is never followed", async () => {
  const emulator = await startChecked();
  const [other] = emulator.admin.keys();
  const url = await startDeviating(emulator.url, {
    answer: (answer, { method, path }) => {
      if (isCreate(method, path) && answer.status === 201) answer.body["id"] = other?.id;
    },
  });
  const result = await checkOf(url);
  expect(emulator.admin.keys().find(({ id }) => id === other?.id)).toMatchObject({ status: "active" });
  expect(active(emulator)).toEqual([]);
  expect(result.left).toEqual({ ids: [], unclear: false });
});
