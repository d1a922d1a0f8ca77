import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import * as z from "zod";
import { OTHER_NAMES, startRenamingProxy } from "../contract/mapping/test-renaming-proxy.ts";
import { PROBLEM_TYPE_PREFIX } from "../contract/schemas.ts";
import { checkCommand } from "./command.ts";
import { startDeviating } from "./test-deviating-proxy.ts";
import { ACCOUNT, DESCRIPTIONS, NAME, startChecked, TOKEN } from "./test-setup.ts";

const reportSchema = z.looseObject({
  counts: z.object({ holds: z.number(), differs: z.number(), "not tried": z.number() }),
  rows: z.array(z.looseObject({ id: z.string(), state: z.string() })),
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "contract-check-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

/** Runs the command in this process. Its token comes from the environment unless the test gives another one. */
async function run(args: readonly string[], given: { env?: Record<string, string>; stdin?: string } = {}) {
  let [out, err] = ["", ""];
  const code = await checkCommand(args, {
    out: (shown) => (out += shown),
    err: (shown) => (err += shown),
    env: given.env ?? { SIGNATUREAPI_MANAGEMENT_TOKEN: TOKEN },
    readStdin: () => given.stdin,
    signal: new AbortController().signal,
  });
  return { code, out, err };
}

const FAST = ["--requests-per-second", "10"];

test("all rows hold: exit code 0, a table with each row, and what was not tried with why", async () => {
  const emulator = await startChecked();
  const { code, out, err } = await run(["--base-url", emulator.url, ...FAST]);
  expect(out).toMatch(/^ROW +STATE +DETAIL\ntls +not tried +the base URL is http/);
  expect(out).toMatch(/\ncreate +not tried +it needs a test key; would try it: --create-test-key\n/);
  expect(out).toMatch(/\n\d+ hold, 0 differ, \d+ not tried\.\n$/);
  expect([code, err]).toEqual([0, ""]);
});

test("something differs: exit code 1, with what was expected and seen, also as JSON", async () => {
  const emulator = await startChecked();
  const url = await startDeviating(emulator.url, {
    answer: ({ body }) => {
      if ("live_mode" in body) body["live_mode"] = "on";
    },
  });
  const table = await run(["--base-url", url, ...FAST]);
  expect(table.code).toBe(1);
  expect(table.out).toMatch(
    /\nlive-mode +differs +expected enabled, disabled, paused; seen another live_mode\n/,
  );
  const { code, out } = await run(["--base-url", url, "--output", "json", ...FAST]);
  const report = reportSchema.parse(JSON.parse(out));
  expect([code, report.counts.differs]).toEqual([1, 1]);
  expect(report.rows.find(({ id }) => id === "live-mode")).toMatchObject({ state: "differs" });
});

test("a token that is refused, and an API that is not there: exit code 3, with what to do", async () => {
  const emulator = await startChecked();
  const refused = await run(["--base-url", emulator.url, ...FAST], { stdin: "another-token\n", env: {} });
  expect(refused.code).toBe(3);
  expect(refused.out).toMatch(/\nauth-header +differs/);
  expect(refused.out).toContain("map it with --contract");
  await emulator.close();
  // One that is not there at all would be tried for seconds; a name that does not exist is not.
  const gone = await run(["--base-url", "https://nowhere.invalid/v1", ...FAST]);
  expect(gone.code).toBe(3);
  expect(gone.out).toContain("The API did not answer: ");
});

test.each<[string, string[], string]>([
  ["a flag that does not exist", ["--speed", "1"], "--speed"],
  ["a token as an argument", [TOKEN], "check takes flags only"],
  ["http to another machine", ["--base-url", "http://api.example.com/v1"], "in the clear"],
  ["a base URL that is none", ["--base-url", "api"], "--base-url cannot be used"],
  ["another form of output", ["--output", "yaml"], "--output is table or json"],
  ["a pace beyond the limit", ["--requests-per-second", "50"], "from 0.1 to 10"],
  [
    "a token file that is not there",
    ["--token-file", "/nowhere/token"],
    "--token-file: the file /nowhere/token",
  ],
  ["a mapping that is not there", ["--contract", "/nowhere/names"], "--contract: the file /nowhere/names"],
  ["a CA file that is not there", ["--ca-file", "/nowhere/ca"], "--ca-file: the file /nowhere/ca"],
])("%s: exit code 2", async (_what, args, message) => {
  const { code, out, err } = await run(args);
  expect([code, out]).toEqual([2, ""]);
  expect(err).toContain(message);
  expect(err).toContain("See signatureapi-management check --help.");
  expect(err).not.toContain(TOKEN);
});

test("without a token, and with one that no header can carry: exit code 2", async () => {
  const none = await run([], { env: {} });
  expect([none.code, none.err]).toEqual([2, expect.stringContaining("There is no management token.")]);
  const odd = await run([], { env: {}, stdin: "two words" });
  expect([odd.code, odd.err]).toEqual([2, expect.not.stringContaining("two words")]);
});

test("the token comes from a file, which wins over the environment, or from standard input", async () => {
  const emulator = await startChecked();
  const file = join(folder(), "token");
  writeFileSync(file, `${TOKEN}\n`);
  const args = ["--base-url", emulator.url, ...FAST];
  const wrong = { SIGNATUREAPI_MANAGEMENT_TOKEN: "wrong" };
  expect((await run([...args, "--token-file", file], { env: wrong })).code).toBe(0);
  expect((await run([...args, "--token-file", "-"], { env: wrong, stdin: TOKEN })).code).toBe(0);
});

test("a mapping that cannot be used is refused by its place, and a token in its place is not quoted", async () => {
  const file = join(folder(), "names.yaml");
  writeFileSync(file, "paths: {getAccount: /a/../b}");
  expect((await run(["--contract", file])).err).toContain("paths.getAccount: must be a path");
  writeFileSync(file, "authentication: {header: Host}");
  expect((await run(["--contract", file])).err).toContain("cannot be sent in a header named");
  writeFileSync(file, TOKEN);
  expect((await run(["--contract", file])).err).not.toContain(TOKEN);
});

test("with its mapping, an API of other names holds; without it, it differs", async () => {
  const emulator = await startChecked();
  const proxy = await startRenamingProxy(emulator.url);
  onTestFinished(() => proxy.close());
  const file = join(folder(), "names.yaml");
  writeFileSync(file, stringify(OTHER_NAMES));
  const args = ["--base-url", proxy.url, "--create-test-key", "--output", "json", ...FAST];
  const mapped = await run([...args, "--contract", file]);
  const states = reportSchema.parse(JSON.parse(mapped.out)).rows;
  expect(states.filter(({ state }) => state === "differs")).toEqual([]);
  expect(states.filter(({ state }) => state === "not tried").map(({ id }) => id)).toEqual([
    "tls",
    "too-many-requests",
    "rate-limit",
    "live-mode-disabled",
    "live-mode-paused",
    "forbidden",
    "create-repeated",
  ]);
  expect([mapped.code, proxy.strangers]).toEqual([0, []]);
  expect((await run(args)).code).toBe(1);
});

test("nothing that is shown or reported belongs to the account, whatever the API answers", async () => {
  const emulator = await startChecked();
  const values: string[] = [];
  const url = await startDeviating(emulator.url, {
    answer: (answer, { path }) => {
      if (typeof answer.body["key"] === "string") values.push(answer.body["key"]);
      if (answer.status === 204) return;
      // Everything that is private, in every place that a text may quote.
      const all = [TOKEN, NAME, ACCOUNT, ...DESCRIPTIONS, ...values, ...ids()];
      if (answer.status >= 400) {
        answer.body["type"] = `${PROBLEM_TYPE_PREFIX}${TOKEN}`;
        answer.body["title"] = answer.body["detail"] = all.join(" ");
      }
      if (path === "/account" && answer.status === 200) answer.body["permissions"] = all;
      answer.headers["content-type"] =
        `application/${(all[answer.status % all.length] ?? "").replaceAll(" ", "-")}`;
      if (answer.status < 300) answer.headers["content-type"] = "application/json";
      answer.headers["ratelimit-limit"] = "1";
      answer.headers["location"] = `/${all.join("/")}`;
    },
  });
  const ids = () => emulator.admin.keys().map(({ id }) => id);
  const file = join(folder(), "report.json");
  const args = ["--base-url", url, "--create-test-key", "--report", file, ...FAST];
  const table = await run(args);
  const asJson = await run([...args, "--output", "json"]);
  expect(table.code).toBe(1);
  expect(values.length).toBeGreaterThan(2);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const shown = [table.out, table.err, asJson.out, asJson.err, readFileSync(file, "utf8")]
    .join("\n")
    .toLowerCase();
  expect(shown).toContain("another base url");
  for (const secret of [TOKEN, NAME, ACCOUNT, ...DESCRIPTIONS, ...values, ...ids()])
    expect(shown).not.toContain(secret.toLowerCase());
  expect(shown).not.toMatch(/key_(test|live)_[0-9a-z]{8}/);
  expect(shown).not.toContain(new URL(url).host);
});

test("a report that cannot be written is a mistake of usage", async () => {
  const emulator = await startChecked();
  const { code, err } = await run(["--base-url", emulator.url, "--report", "/nowhere/report", ...FAST]);
  expect([code, err]).toEqual([
    2,
    expect.stringContaining("--report: the file /nowhere/report cannot be written"),
  ]);
});

test("Ctrl-C stops the command after the test key is revoked", async () => {
  const emulator = await startChecked({ latencyMs: 50 });
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const args = [main, "check", "--base-url", emulator.url, "--create-test-key", ...FAST];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, SIGNATUREAPI_MANAGEMENT_TOKEN: TOKEN },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = Promise.withResolvers<number | null>();
  child.once("close", ended.resolve);
  await emulator.admin.waitForRequests({ operation: "createApiKey" }, 1);
  child.kill("SIGINT");
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(await ended.promise).toBe(1);
  expect(err).toContain("Stopping. What was created is revoked first.");
  expect(out).toContain("The check was stopped before its end.");
  const tests = emulator.admin.keys().filter(({ mode }) => mode === "test");
  expect(tests.map(({ status }) => status)).toEqual(["revoked"]);
});
