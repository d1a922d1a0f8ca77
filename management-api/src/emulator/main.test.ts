import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { FlagError, HELP, readFlags } from "./flags.ts";
import { start } from "./test-setup.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

function run(...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return child;
}

function exitCode(child: ChildProcessByStdio<null, Readable, Readable>): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once("close", resolve);
  return promise;
}

async function finish(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = run(...args);
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exitCode(child)]);
  return { code, out, err };
}

async function firstLine(stream: Readable): Promise<string> {
  for await (const line of createInterface(stream)) return line;
  throw new Error("It printed nothing.");
}

test("--json prints one line when it is ready, and SIGTERM ends it with 0", { timeout: 20_000 }, async () => {
  const child = run("--json", "--account", "id=acc_cli,token=cli-token,live-mode=paused");
  const ended = exitCode(child);
  const ready = z.strictObject({ url: z.string(), adminUrl: z.string() });
  const { url, adminUrl } = ready.parse(JSON.parse(await firstLine(child.stdout)));
  const account = await fetch(`${url}/account`, { headers: { authorization: "Bearer cli-token" } });
  expect(await account.json()).toMatchObject({ id: "acc_cli", live_mode: "paused" });
  expect((await fetch(`${adminUrl}/keys`)).status).toBe(200);
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

test("--admin-host binds the admin API apart from the API", { timeout: 20_000 }, async () => {
  const child = run("--json", "--host", "0.0.0.0", "--admin-host", "127.0.0.1");
  const { url, adminUrl } = z
    .strictObject({ url: z.string(), adminUrl: z.string() })
    .parse(JSON.parse(await firstLine(child.stdout)));
  expect(new URL(url).hostname).toBe("0.0.0.0");
  expect(new URL(adminUrl).hostname).toBe("127.0.0.1");
  expect(readFlags(["--host", "::1"], {})).toEqual({
    kind: "start",
    json: false,
    options: { host: "::1" },
  });
});

test("--help lists every flag and fault", { timeout: 20_000 }, async () => {
  expect(await finish("--help")).toEqual({ code: 0, out: HELP, err: "" });
  for (const flag of [
    "host",
    "admin-host",
    "port",
    "admin-port",
    "account",
    "rate-limit",
    "burst",
    "latency",
    "list-lag",
  ]) {
    expect(HELP).toContain(`--${flag} `);
  }
  for (const flag of ["page-size", "persist", "json", "help"]) expect(HELP).toContain(`--${flag}`);
});

test("a bad flag ends with 2 and a message, a port in use with 1", { timeout: 20_000 }, async () => {
  const bad = await finish("--latency", "soon");
  expect(bad).toMatchObject({ code: 2, out: "" });
  expect(bad.err).toContain('--latency takes a number of at least 0, not "soon"');
  const { emulator } = await start();
  const { port } = new URL(emulator.url);
  const taken = await finish("--port", port);
  expect(taken).toMatchObject({ code: 1, out: "" });
  expect(taken.err).toContain(`Port ${port} is in use`);
});

test("without --account there is one whose token is clearly not real", () => {
  expect(readFlags([], {})).toEqual({ kind: "start", options: {}, json: false });
  expect(HELP).toContain("id=acc_emulator,token=emulator-token");
});

test("an account is read with all its settings, its token also from a variable or a file", () => {
  const settings = "id=acc_a,token=a=b,name=A,live-mode=disabled,permissions=x+y,test-keys=3";
  expect(
    readFlags(["--account", settings, "--account", "id=acc_b,token-env=T"], { T: "from-env\n" }),
  ).toMatchObject({
    options: {
      accounts: [
        { id: "acc_a", token: "a=b", name: "A", liveMode: "disabled", permissions: ["x", "y"], testKeys: 3 },
        { id: "acc_b", token: "from-env" },
      ],
    },
  });
});

test.each([
  [["--speed", "1"], "--speed"],
  [["extra"], "extra"],
  [["--port", "70000"], "0 to 65535"],
  [["--port", "1.5"], "whole"],
  [["--page-size", "21"], "1 to 20"],
  [["--burst", ""], "at least 1"],
  [["--account", "id=acc_a"], "token"],
  [["--account", "token=x"], "id is missing"],
  [["--account", "id=acc_a,token=x,token-env=T"], "one of token"],
  [["--account", "id=acc_a,token-env=MISSING"], "empty"],
  [["--account", "id=acc_a,token-file=/nowhere/at/all"], "cannot be read"],
  [["--account", "id=acc_a,token=x,live-mode=maybe"], "live-mode"],
  [["--account", "id=acc_a,token=x,colour=red"], "known are"],
  [["--account", "id=acc_a,token=x", "--account", "id=acc_a,token=y"], "same id"],
])("%j is refused and named", (args, reason) => {
  expect(() => readFlags(args, {})).toThrow(FlagError);
  expect(() => readFlags(args, {})).toThrow(reason);
});
