import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../../tools/binaries/run.ts";
import { processesOf } from "../../cluster/test-processes.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const DEMO = fileURLToPath(new URL("demo.ts", import.meta.url));
const VALUE = /key_(test|live)_[A-Za-z0-9]{8,}/;

test("the demo shows a key made, rotated and revoked on the real engine, and no value of it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "demo-pulumi-test-"));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const env = { ...process.env, TMPDIR: folder };
  const { code, stdout, stderr } = await run("npm", ["run", "demo:pulumi"], { cwd: ROOT, env });
  expect(code, stdout + stderr).toBe(0);
  const milestones = [
    "✓ the emulator serves",
    "(create)",
    "✓ preview announces one key, and asks for none",
    ": [secret]",
    "✓ key minted",
    "✓ the key authenticates",
    "=> 2",
    "✓ preview announces the rotation, and changes nothing",
    "✓ rotated",
    "✓ overlap: both keys authenticate",
    "✓ preview announces the revocation",
    "✓ old key revoked",
    "✓ the value in the state is encrypted",
    "✓ all keys revoked",
    "✓ the output of Pulumi contains no value of a key",
    "✓ this output contains no value of a key",
  ];
  let from = 0;
  for (const milestone of milestones) {
    const place = stdout.indexOf(milestone, from);
    expect(place, `${milestone}, in its order, in:\n${stdout}`).toBeGreaterThan(-1);
    from = place;
  }
  expect(stdout + stderr).not.toMatch(VALUE);
  await expect.poll(async () => processesOf(folder), { timeout: 10_000 }).toEqual([]);
  const left = (await readdir(folder)).filter((name) => /^(pulumi-|signatureapi-keys)/.test(name));
  expect(left).toEqual([]);
});

test("--help says what the demo does, and starts nothing", async () => {
  const { code, stdout } = await run(process.execPath, [DEMO, "--help"]);
  expect(code).toBe(0);
  for (const text of ["npm run demo:pulumi", "NO_COLOR", "Exit code"]) expect(stdout).toContain(text);
  expect(stdout).not.toContain("✓");
});

test("an unknown flag is refused with exit code 2", async () => {
  const { code, stderr } = await run(process.execPath, [DEMO, "--keep"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/--keep.*\nSee npm run demo:pulumi -- --help/);
});
