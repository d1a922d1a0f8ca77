import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../tools/binaries/run.ts";
import { processesOf } from "../cluster/test-processes.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DEMO = fileURLToPath(new URL("demo.ts", import.meta.url));
const VALUE = /key_(test|live)_[A-Za-z0-9]{8,}/;
const ESCAPE = String.fromCodePoint(27);
const TIMEOUT = 120_000;

/** A folder for everything that a demo writes, so that what it leaves behind is seen. */
async function ownTemporaryFolder(): Promise<{ folder: string; env: NodeJS.ProcessEnv }> {
  const folder = await mkdtemp(join(tmpdir(), "demo-test-"));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  return { folder, env: { ...process.env, TMPDIR: folder } };
}

async function expectNothingLeft(folder: string): Promise<void> {
  await expect.poll(async () => processesOf(folder), { timeout: 10_000 }).toEqual([]);
  await expect
    .poll(async () => (await readdir(folder)).filter((name) => name.startsWith("signatureapi-keys")), {
      timeout: 10_000,
    })
    .toEqual([]);
}

/** Resolves with the output so far as soon as a text is in it. */
async function untilPrinted(child: ChildProcessByStdio<null, Readable, null>, text: string): Promise<string> {
  let seen = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    seen += String(chunk);
    if (seen.includes(text)) return seen;
  }
  throw new Error(`the demo ended without ${JSON.stringify(text)}:\n${seen}`);
}

test(
  "the demo shows a key declared, delivered, healed and revoked, and no value of it",
  { timeout: TIMEOUT },
  async () => {
    const { folder, env } = await ownTemporaryFolder();
    const { code, stdout, stderr } = await run("npm", ["run", "demo"], { cwd: ROOT, env });
    expect(code, stdout + stderr).toBe(0);
    const milestones = [
      "✓ a real API server is ready",
      "✓ CRDs installed",
      "✓ account ready",
      "✓ key minted",
      "✓ Secret written",
      "✓ the key authenticates",
      "apikey.signatureapi.com/checkout   True    test",
      "✓ refused: no key was requested",
      "✓ healed",
      "✓ the old value is refused: 401",
      "✓ the new value authenticates: 200",
      "✓ key revoked",
      "✓ authentication refused: 401",
      "✓ this output contains no value of a key",
    ];
    const places = milestones.map((milestone) => stdout.indexOf(milestone));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(stdout).toMatch(/key_test_…\S{4} /);
    expect(stdout + stderr).not.toMatch(VALUE);
    expect(stdout).not.toContain(ESCAPE);
    expect(linesNotPrinted(await readFile(join(ROOT, "README.md"), "utf8"), stdout)).toEqual([]);
    await expectNothingLeft(folder);
  },
);

/** What differs from run to run, in the README and in the output alike. */
function steady(line: string): string {
  return line
    .trim()
    .replaceAll(/ak_[0-9a-f]+/g, "ak_ID")
    .replaceAll(/(key_test_…)\S{4}/g, "$1HINT")
    .replaceAll(/127\.0\.0\.1:\d+/g, "ADDRESS");
}

/** The lines of the README's example that a run does not print, in this order. A line of a run may be wrapped there. */
function linesNotPrinted(readme: string, stdout: string): readonly string[] {
  const [, example = ""] = /^```console\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  const lines = example.split("\n").map((line) => steady(line));
  expect(lines.length).toBeGreaterThan(15);
  const printed = stdout
    .split("\n")
    .map((line) => steady(line))
    .join(" ");
  let from = 0;
  return lines.filter((line) => {
    const at = printed.indexOf(line, from);
    if (at !== -1) from = at + line.length;
    return at === -1;
  });
}

test("an interrupted demo cleans up and ends with 130", { timeout: TIMEOUT }, async () => {
  const { folder, env } = await ownTemporaryFolder();
  const child = spawn(process.execPath, [DEMO], { env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  await untilPrinted(child, "✓ key minted");
  child.stdout.resume();
  child.kill("SIGINT");
  expect(await exited).toEqual([130, null]);
  await expectNothingLeft(folder);
});

test("a demo that is kept runs on, and ends as it says", { timeout: TIMEOUT }, async () => {
  const { folder, env } = await ownTemporaryFolder();
  const { code, stdout, stderr } = await run(process.execPath, [DEMO, "--keep"], { env });
  expect(code, stdout + stderr).toBe(0);
  const kubeconfig = /export KUBECONFIG=(\S+)/.exec(stdout)?.[1] ?? "";
  const kubectl = /kubectl +(\/\S+)/.exec(stdout)?.[1] ?? "";
  const pids = /kill (\d+) (\d+)/.exec(stdout)?.slice(1).map(Number) ?? [];
  onTestFinished(() => pids.forEach((pid) => endIfRunning(pid)));
  const got = await run(kubectl, ["get", "accounts", "-A"], { env: { ...env, KUBECONFIG: kubeconfig } });
  expect(got.stdout).toContain("acc_emulator");
  const keys = await fetch(`${/emulator, admin +(\S+)/.exec(stdout)?.[1]}/keys`);
  expect(await keys.json()).toMatchObject({ data: [{ status: "revoked" }] });
  expect(pids).toHaveLength(2);
  for (const pid of pids) process.kill(pid, "SIGTERM");
  await expectNothingLeft(folder);
});

function endIfRunning(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended, as it should.
  }
}

test("--help says what the demo does, and starts nothing", async () => {
  const { code, stdout } = await run(process.execPath, [DEMO, "--help"]);
  expect(code).toBe(0);
  for (const text of ["npm run demo", "--keep", "--help", "NO_COLOR", "Exit code"])
    expect(stdout).toContain(text);
  expect(stdout).not.toContain("✓");
});

test("an unknown flag is refused with exit code 2", async () => {
  const { code, stderr } = await run(process.execPath, [DEMO, "--kepe"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/--kepe.*\nSee npm run demo -- --help/);
});
