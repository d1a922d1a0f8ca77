/** Prepares a release: `npm run release -- 0.2.0`. It changes files, and neither commits nor publishes. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import * as z from "zod";
import { run } from "../binaries/run.ts";
import { changelogProblems, nothingUnreleased, releaseChangelog } from "./changelog.ts";
import { quotesVersion, replaceLocked, replaceVersion } from "./quotes.ts";
import { versionProblem } from "./version.ts";

const HELP = `Usage: npm run release -- VERSION [--dry-run] [--date YYYY-MM-DD] [--skip-generate]

Sets the version of packages, chart, images and documentation, and gives the changelog's section [Unreleased] that version
and a date. It refuses a working tree with changes, a version that is not newer, and a changelog with nothing unreleased.
docs/releasing.md says what comes next.

  VERSION           such as 0.2.0 or 0.2.0-rc.1
  --dry-run         print each line that would change, and change nothing
  --date DATE       the day of the release (default: today, in UTC)
  --skip-generate   leave the generated files to npm run generate, which needs Helm
  --help            print this
`;

/** The release cannot be prepared: the message says why, and what to do. */
class Refusal extends Error {
  override readonly name = "Refusal";
}

/** A file with its new text. */
interface Edit {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  workspaces: z.array(z.string()).default([]),
});

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "dry-run": { type: "boolean", default: false },
      date: { type: "string", default: new Date().toISOString().slice(0, 10) },
      "skip-generate": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [version] = positionals;
  if (values.help || version === undefined || positionals.length > 1) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const root = (await git(process.cwd(), "rev-parse", "--show-toplevel")).trim();
  const edits = await plan(root, version, values.date).catch((error: unknown) => {
    throw error instanceof Refusal ? new Refusal(`${error.message} Nothing was changed.`) : error;
  });
  for (const edit of edits) process.stdout.write(shown(edit));
  if (values["dry-run"]) {
    process.stdout.write(`\nThis was a dry run: ${edits.length} files would change.\n`);
    return 0;
  }
  for (const { path, after } of edits) await writeFile(join(root, path), after);
  if (!values["skip-generate"]) {
    const { code, stderr } = await run("npm", ["run", "generate"], { cwd: root });
    if (code !== 0) throw new Refusal(`npm run generate failed. Repair that, and run it again.\n${stderr}`);
  }
  process.stdout.write(await nextSteps(root, version));
  return 0;
}

/** Every change of a release. @throws Refusal */
async function plan(root: string, version: string, date: string): Promise<readonly Edit[]> {
  if ((await git(root, "status", "--porcelain")) !== "")
    throw new Refusal(
      "The working tree has changes: commit or stash them, so that the release is one commit.",
    );
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  const manifest = manifestSchema.parse(JSON.parse(read("package.json")));
  const present = manifest.version;
  const problem = versionProblem(version, present);
  if (problem !== undefined) throw new Refusal(`${problem}.`);
  const changelog = read("CHANGELOG.md");
  const wrong = changelogProblems(changelog);
  if (wrong.length > 0) throw new Refusal(`CHANGELOG.md has another format:\n${wrong.join("\n")}\n`);
  if (nothingUnreleased(changelog))
    throw new Refusal("CHANGELOG.md has no entry in [Unreleased]: there is nothing to release.");
  const released = releaseChangelog(changelog, version, date);
  if (changelogProblems(released).length > 0)
    throw new Refusal(`--date ${date} is no day, or is before the last release.`);

  const names = manifest.workspaces.map(
    (room) => manifestSchema.parse(JSON.parse(read(`${room}/package.json`))).name,
  );
  // `git grep` skips binary files, and what git does not track.
  const quoting = (await git(root, "grep", "-lIF", "-e", present)).split("\n").filter((path) => path !== "");
  const edits = quoting
    .filter((path) => quotesVersion(path))
    .map((path) => ({ path, before: read(path), after: replaceVersion(read(path), present, version) }));
  const lock = read("package-lock.json");
  return [
    { path: "CHANGELOG.md", before: changelog, after: released },
    { path: "package-lock.json", before: lock, after: replaceLocked(lock, names, version) },
    ...edits,
  ].filter(({ before, after }) => before !== after);
}

/** The lines that change, each with its number. */
function shown({ path, before, after }: Edit): string {
  if (path === "CHANGELOG.md")
    return `${path}: [Unreleased] becomes ${/^## (\[(?!Unreleased).*)$/m.exec(after)?.[1]}\n`;
  const old = before.split("\n");
  const lines = after
    .split("\n")
    .flatMap((line, i) => (line === old[i] ? [] : [`  ${i + 1}: ${line.trim()}\n`]));
  return [`${path}\n`, ...lines].join("");
}

/** Sentences that a release makes wrong, which a program cannot write. */
const OUTDATED = "not released|published yet|[Nn]o release was made|ha(s|ve) never run";

async function nextSteps(root: string, version: string): Promise<string> {
  const search = ["grep", "-nE", OUTDATED, "--", "*.md", ":!CHANGELOG.md"];
  const found = await run("git", search, { cwd: root });
  const sentences = found.stdout === "" ? "" : `\nThese lines may be wrong now. Edit them:\n${found.stdout}`;
  return `${sentences}
The files have version ${version}. Next:
  git diff
  npm run check:generated
  git commit --all --message "Release ${version}"
docs/releasing.md says what comes after that.
`;
}

async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run("git", args, { cwd });
  // `git grep` that finds nothing.
  if (code === 0 || (code === 1 && stderr === "")) return stdout;
  throw new Refusal(`git ${args.join(" ")} failed: ${stderr}`);
}

/** A flag that does not exist, or has no value. */
function isMisuse(error: unknown): error is Error {
  return error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}

try {
  process.exitCode = await main();
} catch (error) {
  if (isMisuse(error)) {
    process.stderr.write(`${error.message}\n${HELP}`);
    process.exitCode = 2;
  } else if (error instanceof Refusal) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
