/** `npm run bench:start`: what the ways to start the controller cost, on a real API server. See docs/adr/0021. */
import { mkdir, mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { startCluster } from "../cluster/start-cluster.ts";
import { buildBundle } from "../e2e/bundle.ts";
import { ControllerChild } from "../e2e/controller-child.ts";
import { installKinds } from "../e2e/install-kinds.ts";
import { run } from "../../tools/binaries/run.ts";
import { container, projectServiceAccount } from "./container.ts";

const MIB = 2 ** 20;

interface Way {
  readonly name: string;
  readonly file: string;
  /** What starts the process; see ControllerChild. */
  readonly within?: readonly string[];
}

/** What one start took. */
interface Start {
  /** In milliseconds, until the caches are filled. */
  readonly ready: number;
  /** CPU time until then, in milliseconds: what other work on the machine changes least. */
  readonly cpu: number;
  /** Resident memory when ready, in MiB. */
  readonly memory: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { runs: { type: "string", default: "7" }, sea: { type: "string" } },
  });
  const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-measure-"));
  const cluster = await startCluster();
  try {
    const bundle = join(folder, "signatureapi-controller.mjs");
    await buildBundle(bundle);
    await installKinds(cluster);
    const account = { namespace: "default", name: "measured" };
    const kubeconfig = await cluster.serviceAccountKubeconfig(account);
    await cluster.apply(
      stringify({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "measured" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
        subjects: [{ kind: "ServiceAccount", ...account }],
      }),
    );
    const files = join(folder, "serviceaccount");
    await mkdir(files);
    const pod = await projectServiceAccount(kubeconfig, account.namespace, files);
    const within = container({ memory: 512 * MIB, pod });
    const cache = join(folder, "cache");
    await run(process.execPath, [bundle, "--help"], { env: { ...process.env, NODE_COMPILE_CACHE: cache } });
    const cached = [...within, "env", `NODE_COMPILE_CACHE=${cache}`];
    const launcher = join(folder, "launch.mjs");
    const ways: readonly Way[] = [
      { name: "bundle", file: bundle, within },
      { name: "bundle, compile cache", file: bundle, within: cached },
      { name: "launcher", file: launcher, within },
      { name: "launcher, compile cache", file: launcher, within: cached },
      ...(values.sea === undefined
        ? []
        : [
            // In the place of Node and the file.
            {
              name: "single executable",
              file: "",
              within: [...within, "sh", "-c", `shift 2; exec '${values.sea}' "$@"`, "sh"],
            },
          ]),
    ];
    const starts = new Map<Way, Start[]>(ways.map((way) => [way, []]));
    for (let round = 0; round <= Number(values.runs); round += 1) {
      for (const [way, results] of starts) {
        const start = await measure(cluster.kubeconfigFile, way);
        // The first round fills the caches of the machine.
        if (round > 0) results.push(start);
      }
    }
    const lines = [...starts].map(([{ name }, results]) => {
      const of = (what: keyof Start): number[] =>
        results.map((start) => start[what]).toSorted((x, y) => x - y);
      const [ready, cpu, memory] = [of("ready"), of("cpu"), of("memory")];
      return `${name}: ready after ${ready[0]} ms at best, ${middle(ready)} ms as the median; CPU ${middle(cpu)} ms; ${middle(memory)} MiB`;
    });
    const chunks = await readdir(join(folder, "chunks"));
    const parts = await Promise.all(chunks.map(async (name) => mib(join(folder, "chunks", name))));
    const sizes = [
      `node: ${await mib(process.execPath)} MiB`,
      `bundle: ${await mib(bundle)} MiB, chunks: ${parts.join(", ")} MiB`,
    ];
    if (values.sea !== undefined) sizes.push(`single executable: ${await mib(values.sea)} MiB`);
    process.stdout.write(`${[...sizes, ...lines].join("\n")}\n`);
  } finally {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(kubeconfig: string, { name, file, within = [] }: Way): Promise<Start> {
  const before = performance.now();
  const flags = ["--leader-elect=false"];
  await using controller = new ControllerChild(kubeconfig, flags, file, [], within);
  await controller.said(/caches are filled/).catch((error: unknown) => {
    throw new Error(`${name}: ${controller.output}`, { cause: error });
  });
  const ready = Math.round(performance.now() - before);
  const status = await readFile(`/proc/${controller.pid}/status`, "utf8");
  const memory = Math.round(Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]) / 1_024);
  // The fields after the name of the process, which is in parentheses; the kernel counts in hundredths of a second.
  const fields = (await readFile(`/proc/${controller.pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
  const cpu = (Number(fields[11]) + Number(fields[12])) * 10;
  await controller.end();
  return { ready, cpu, memory };
}

function middle(sorted: readonly number[]): number | undefined {
  return sorted[sorted.length >> 1];
}

async function mib(file: string): Promise<number> {
  return Math.round(((await stat(file)).size / MIB) * 10) / 10;
}

await main();
