import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { API_KEYS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import * as z from "zod";
import { run } from "../../tools/binaries/run.ts";
import { Installation } from "../chart/installation.ts";
import { only, ofKind, podOf, renderedSchema, type Rendered } from "../chart/rendered.ts";
import { ControllerChild } from "../e2e/controller-child.ts";
import { isReady } from "../e2e/conditions.ts";
import { entrypointOf, onThisMachine, parseDockerfile } from "../image/dockerfile.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const EXAMPLE = join(ROOT, "examples/kind");
const NAMESPACE = "signatureapi-demo";
const ADDRESS = "http://emulator.signatureapi-demo.svc:8787/v1";

const containerSchema = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.tuple([
          z.looseObject({
            image: z.string(),
            command: z.array(z.string()).optional(),
            args: z.array(z.string()),
            env: z.array(
              z.object({
                name: z.string(),
                value: z.string().optional(),
                valueFrom: z
                  .object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) })
                  .optional(),
              }),
            ),
          }),
        ]),
      }),
    }),
  }),
});

type Container = z.infer<typeof containerSchema>["spec"]["template"]["spec"]["containers"][0];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-kind-"));
  const builds = [
    ["controller/build.ts", "signatureapi-controller.mjs"],
    ["management-api/build.ts", "signatureapi-emulator.mjs"],
  ] as const;
  for (const [build, outfile] of builds) {
    const built = await run(process.execPath, [join(ROOT, build), "--outfile", join(folder, outfile)]);
    expect(built.code, built.stderr).toBe(0);
  }
}, 180_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A container of the example as a process, with what it has printed. */
class Process implements AsyncDisposable {
  readonly #child: ChildProcess;
  output = "";

  constructor([command = "", ...args]: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        this.#child.emit("output");
      });
    }
  }

  /** Resolves with a match of what is printed from now on, or was printed. @throws Error after 60 s */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(60_000);
    for (;;) {
      const match = pattern.exec(this.output);
      if (match !== null) return match;
      await once(this.#child, "output", { signal }).catch((error: unknown) => {
        throw new Error(`it did not say ${pattern}, but: ${this.output}`, { cause: error });
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill("SIGTERM");
    await once(this.#child, "exit");
  }
}

function containerOf(objects: readonly Rendered[], name: string): Container {
  const deployment = ofKind(objects, "Deployment").find(({ metadata }) => metadata.name === name);
  return containerSchema.parse(deployment).spec.template.spec.containers[0];
}

/** The environment that the kubelet gives a container, with Secrets as the cluster has them. */
async function environmentOf(world: Installation, { env }: Container): Promise<Record<string, string>> {
  const entries = await Promise.all(
    env.map(async ({ name, value, valueFrom }) => [name, value ?? (await secretEntry(world, valueFrom))]),
  );
  return z.record(z.string(), z.string()).parse(Object.fromEntries(entries));
}

async function secretEntry(
  world: Installation,
  from: Container["env"][number]["valueFrom"],
): Promise<string> {
  const { name, key } = from?.secretKeyRef ?? { name: "", key: "" };
  const output = `--output=jsonpath={.data.${key}}`;
  const { stdout } = await world.cluster.kubectl(["get", "secret", name, "-n", NAMESPACE, output]);
  return Buffer.from(stdout, "base64").toString("utf8");
}

const statusSchema = z.object({ keyId: z.string() });

/** The ID of the key, once the ApiKey is ready with another one than before. */
async function keyOnceReady(
  world: Installation,
  apiKey: { namespace: string; name: string },
  before: string | undefined,
): Promise<string> {
  return world.watcher.until(
    API_KEYS,
    apiKey,
    (object) => {
      const keyId = statusSchema.safeParse(object?.status).data?.keyId;
      return keyId !== before && isReady(object) && keyId;
    },
    60_000,
  );
}

test(
  "the example for kind: the application's key works, is rotated, and is refused after the deletion",
  { timeout: 300_000 },
  async () => {
    const values = z
      .record(z.string(), z.unknown())
      .parse(parse(await readFile(join(EXAMPLE, "values.yaml"), "utf8")));
    await using world = await Installation.install({ release: { values } });
    const text = await readFile(join(EXAMPLE, "demo.yaml"), "utf8");
    const declared = parseAllDocuments(text).map((document) => renderedSchema.parse(document.toJS()));
    // The emulator is started first, so that the rest can name its address.
    const emulator = containerOf(declared, "emulator");
    const image = entrypointOf(parseDockerfile("management-api/Dockerfile")) ?? [];
    const here = ["--host=127.0.0.1", "--port=0", "--admin-port=0", "--json"];
    const args = emulator.args.map((arg) => arg.replace("/data/", `${folder}/`));
    const secret = only(declared, "Secret")["stringData"];
    const { token } = z.object({ token: z.string() }).parse(secret);
    await using emulating = new Process(onThisMachine([...image, ...args, ...here], folder), {
      MANAGEMENT_TOKEN: token,
    });
    const [, url = ""] = await emulating.said(/"url":"([^"]+)"/);

    expect(text.split(ADDRESS)).toHaveLength(3);
    const applied = await world.cluster.kubectl(["apply", "--validate=strict", "-f", "-"], {
      input: text.replaceAll(ADDRESS, url),
    });
    expect(applied.stderr).toBe("");
    expect(applied.code).toBe(0);

    const { container, pod } = podOf(only(world.objects, "Deployment"));
    expect(container.image).toBe("signatureapi-controller:dev");
    expect(container.args).toContain(`--allowed-base-urls=${ADDRESS}`);
    const kubeconfig = await world.cluster.serviceAccountKubeconfig({
      namespace: "signatureapi-system",
      name: pod.serviceAccountName,
    });
    const flags = container.args.map((arg) => arg.replace(ADDRESS, url));
    await using controller = new ControllerChild(kubeconfig, flags, join(folder, "launch.mjs"));
    const checkout = { namespace: NAMESPACE, name: "checkout" };
    const first = await keyOnceReady(world, checkout, undefined);

    const app = containerOf(declared, "checkout");
    const command = onThisMachine([...(app.command ?? []), ...app.args], folder);
    const startApp = async (): Promise<Process> =>
      new Process(command, { ...(await environmentOf(world, app)), API: url });
    await using before = await startApp();
    await before.said(/^ok: a live key$/m);

    await world.cluster.kubectl([
      "annotate",
      "apikey",
      "checkout",
      "-n",
      NAMESPACE,
      "signatureapi.com/rotate=try-it",
    ]);
    expect(await keyOnceReady(world, checkout, first)).not.toBe(first);
    await using after = await startApp();
    await after.said(/^ok: a live key$/m);

    await world.cluster.kubectl(["delete", "apikey", "checkout", "-n", NAMESPACE, "--timeout=60s"]);
    await after.said(/^refused: 401 /m);
    await before.said(/^refused: 401 /m);
    const keys = /key_live_\w+/;
    for (const { output } of [before, after, emulating, controller]) expect(output).not.toMatch(keys);
    expect(await controller.end()).toBe(0);
  },
);
