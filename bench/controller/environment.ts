import { availableParallelism, cpus, loadavg } from "node:os";
import process from "node:process";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { run } from "../../tools/binaries/run.ts";

/** What a run was made with. */
export interface Environment {
  readonly command: string;
  readonly date: string;
  readonly node: string;
  readonly apiServer: string;
  readonly etcd: string;
  readonly cores: number;
  readonly processor: string;
  /** The load average of the last minute when the run began. */
  readonly load: number;
}

const VERSION = /v?(\d+\.\d+\.\d+\S*)/;

async function versionOf(binary: "etcd" | "kube-apiserver"): Promise<string> {
  const { stdout } = await run(await findBinary(binary), ["--version"]);
  return VERSION.exec(stdout)?.[1] ?? "of an unknown version";
}

/** Looks at this machine; to be called before anything runs. */
export async function lookAround(args: readonly string[], now: Date): Promise<Environment> {
  const [load = Number.NaN] = loadavg();
  return {
    command: ["npm run bench", ...(args.length === 0 ? [] : ["--", ...args])].join(" "),
    date: now.toISOString().slice(0, 10),
    node: process.versions.node,
    apiServer: await versionOf("kube-apiserver"),
    etcd: await versionOf("etcd"),
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? "unknown",
    load,
  };
}

/** The same in a sentence. */
export function describe(environment: Environment): string {
  const { date, node, apiServer, etcd, cores, processor, load } = environment;
  return `${date}, ${cores} cores (${processor}), load average ${load.toFixed(1)} at the start; Node ${node}, kube-apiserver ${apiServer}, etcd ${etcd}.`;
}
