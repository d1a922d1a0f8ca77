import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../tools/binaries/run.ts";

const PROGRAM = fileURLToPath(new URL("../../node_modules/gitlab-ci-local/dist/index.js", import.meta.url));
const IDENTITY = ["-c", "user.name=test", "-c", "user.email=test@example.com"];

/**
 * What GitLab's own schema of pipelines has to say of a text, by the program that brings it, and what that program finds
 * itself, such as a stage that there is not. Empty if nothing is wrong. No job runs.
 */
export async function gitlabProblems(text: string): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), "signatureapi-keys-gitlab-"));
  const git = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await run("git", [...IDENTITY, ...args], { cwd });
    if (code !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  };
  try {
    await writeFile(join(cwd, ".gitlab-ci.yml"), text);
    // Rules ask for what has changed since the default branch.
    await git("init", "--quiet", "--initial-branch=main");
    await git("add", "--all");
    await git("commit", "--quiet", "--message=pipeline");
    await git("remote", "add", "origin", "https://git.example.com/team/shop.git");
    await git("update-ref", "refs/remotes/origin/main", "HEAD");
    await git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main");
    const env = { ...process.env, HOME: cwd, NO_COLOR: "1" };
    const { code, stdout, stderr } = await run(process.execPath, [PROGRAM, "--list-csv-all"], { cwd, env });
    return code === 0 ? "" : stdout + stderr;
  } finally {
    await rm(cwd, { recursive: true });
  }
}
