import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { run, type RunResult } from "../../tools/binaries/run.ts";
import { changelogProblems } from "../../tools/release/changelog.ts";
import { quotesVersion, replaceVersion } from "../../tools/release/quotes.ts";
import { changesOf } from "../chart/artifact-hub.ts";
import { fileText, ROOT } from "./workflows.ts";

const PRESENT = z.object({ version: z.string() }).parse(JSON.parse(fileText("package.json"))).version;

/** A copy of the repository takes long while the machine builds something else. */
const PATIENCE_MS = 60_000;

/** A repository with the files of this one, as they are now, committed. */
let clone = "";

async function git(...args: readonly string[]): Promise<string> {
  const settings = [
    "-c",
    "user.name=Test",
    "-c",
    "user.email=test@example.com",
    "-c",
    "commit.gpgSign=false",
  ];
  const { code, stdout, stderr } = await run("git", [...settings, ...args], { cwd: clone });
  if (code !== 0) throw new Error(`git ${args.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
}

const read = (path: string): Promise<string> => readFile(join(clone, path), "utf8");

beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), "signatureapi-keys-clone-"));
  const listed = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
  });
  const files = listed.stdout.split("\0").filter((path) => path !== "");
  await Promise.all(
    files.map((file) => cp(join(ROOT, file), join(clone, file), { recursive: true }).catch(ignoreDeleted)),
  );
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "Everything");
  await git("tag", "beginning");
}, PATIENCE_MS);
afterAll(() => rm(clone, { recursive: true, force: true }), PATIENCE_MS);

beforeEach(async () => {
  await git("reset", "--quiet", "--hard", "beginning");
  await git("clean", "--quiet", "-fd");
}, PATIENCE_MS);

/** A file that is deleted and not yet committed. */
function ignoreDeleted(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
}

/** `npm run release`, without Helm. */
function release(...args: readonly string[]): Promise<RunResult> {
  return run(process.execPath, [join(ROOT, "tools/release/main.ts"), "--skip-generate", ...args], {
    cwd: clone,
  });
}

test("a dry run prints each line, and changes nothing", async () => {
  const { code, stdout } = await release("99.0.0", "--dry-run", "--date", "2099-01-31");
  expect(code).toBe(0);
  expect(stdout).toContain("CHANGELOG.md: [Unreleased] becomes [99.0.0] - 2099-01-31");
  expect(stdout).toMatch(/^charts\/signatureapi-controller\/Chart.yaml\n {2}\d+: version: 99\.0\.0$/m);
  expect(stdout).toMatch(/^docs\/install\.md\n {2}\d+: docker build .*:99\.0\.0 \.$/m);
  expect(stdout).toContain("This was a dry run");
  expect(await git("status", "--porcelain")).toBe("");
});

test("a release sets the version of packages, chart, images, documentation and changelog", async () => {
  const { code, stdout, stderr } = await release("99.0.0", "--date", "2099-01-31");
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toContain('git commit --all --message "Release 99.0.0"');
  // What no program can write, such as that there is no release.
  expect(stdout).toContain("These lines may be wrong now");

  // As release.yml compares them with the tag.
  for (const room of [".", "controller", "management-api", "lifecycle", "provider"])
    expect(JSON.parse(await read(`${room}/package.json`))).toMatchObject({ version: "99.0.0" });
  const chart = await read("charts/signatureapi-controller/Chart.yaml");
  expect(parse(chart)).toMatchObject({ version: "99.0.0", appVersion: "99.0.0" });
  for (const path of ["controller/Dockerfile", "management-api/Dockerfile"])
    expect(await read(path)).toContain("\nARG VERSION=99.0.0\n");
  const lock: unknown = JSON.parse(await read("package-lock.json"));
  expect(lock).toMatchObject({
    version: "99.0.0",
    packages: {
      "": { version: "99.0.0" },
      provider: { version: "99.0.0", devDependencies: { "@signatureapi-keys/lifecycle": "99.0.0" } },
    },
  });
  const [added, removed] = (await git("diff", "--numstat", "--", "package-lock.json")).split("\t");
  expect(Number(added)).toBeLessThan(20);
  expect(added).toBe(removed);
  const changelog = await read("CHANGELOG.md");
  expect(changelogProblems(changelog)).toEqual([]);
  expect(changesOf(changelog, "99.0.0").length).toBeGreaterThan(0);
  const tracked = (await git("ls-files")).split("\n").filter((path) => path !== "" && quotesVersion(path));
  const outdated = [];
  for (const path of tracked) {
    const text = await read(path);
    if (replaceVersion(text, PRESENT, "99.0.0") !== text) outdated.push(path);
  }
  expect(outdated).toEqual([]);

  // The next one needs something to release.
  await git("commit", "--quiet", "--all", "--message", "Release 99.0.0");
  expect(await release("99.1.0")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("there is nothing to release. Nothing was changed.") as unknown,
  });
});

describe("it is refused, and nothing is changed:", () => {
  test.each([
    ["the present version", [PRESENT], `${PRESENT} is not newer than ${PRESENT}`, 1],
    ["an older version", ["0.0.1"], "0.0.1 is not newer", 1],
    ["a tag", ["v99.0.0"], 'without a "v"', 1],
    ["no day", ["99.0.0", "--date", "tomorrow"], "--date tomorrow is no day", 1],
    ["a flag that does not exist", ["99.0.0", "--dryrun"], "--dryrun", 2],
  ])("%s", async (_what, args, reason, code) => {
    const result = await release(...args);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(reason);
    expect(await git("status", "--porcelain")).toBe("");
  });

  test("a working tree with changes", async () => {
    await writeFile(join(clone, "draft.md"), "not committed\n");
    const result = await release("99.0.0");
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("The working tree has changes");
    expect(await git("status", "--porcelain")).toBe("?? draft.md\n");
  });

  test("a changelog of another format", async () => {
    const changelog = await read("CHANGELOG.md");
    await writeFile(join(clone, "CHANGELOG.md"), changelog.replace("### Added", "### New"));
    await git("commit", "--quiet", "--all", "--message", "Another format");
    const result = await release("99.0.0");
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/another format:\nline \d+: "New" is none of Added/);
    expect(await git("status", "--porcelain")).toBe("");
  });
});

test("CHANGELOG.md has the format of Keep a Changelog", () => {
  expect(changelogProblems(fileText("CHANGELOG.md"))).toEqual([]);
});
