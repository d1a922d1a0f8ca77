import * as z from "zod";
import { countByKind, mutates, type AuditedRequest } from "../audit.ts";
import { withConverged } from "../converged.ts";
import type { ManagementRequest } from "../emulator-process.ts";
import { quantile, type Figure } from "../figures.ts";
import { BENCH, FAST, type Ground } from "../ground.ts";
import { mostWithinASecond } from "../rate.ts";
import { pagesOf, restartOnce, type Restart } from "../restart-once.ts";
import type { Bench, Scenario } from "../scenario.ts";

const KEYS = 10_000;
const RUNS = 3;
/** Work in the background may take a fifth of an account's limit, and a little at once. */
const BACKGROUND_SHARE = 0.25;
/** The renewal of the lease says that a controller lives, not that it works. */
const LEASES = "leases";
const SAMPLE = 50;

/** The controller starts, and everything is as it should be. */
export const restart: Scenario = {
  name: "restart",
  about: `the controller starts over ${KEYS} converged keys, ${RUNS} times`,
  run: async (bench) => {
    const count = bench.scaled(KEYS, 50);
    const ground = await withConverged(bench, count);
    const keys = bench.shared.converged ?? count;
    // Not measured: it finds new keys, and the account has yet to record how many they are.
    await restartOnce(ground, keys);
    const runs: Restart[] = [];
    for (let run = 0; run < RUNS; run++) runs.push(await restartOnce(ground, keys));
    const peaksMiB = runs.map(({ usage }) => usage.peakRssMiB);
    bench.shared.full = { keys, peaksMiB, bytesPerKey: await bytesPerKey(ground) };
    return figures(bench, runs, keys);
  },
};

function figures(bench: Bench, runs: readonly Restart[], keys: number): readonly Figure[] {
  const most = (figure: (run: Restart) => number): number => Math.max(...runs.map((run) => figure(run)));
  const changes = runs.map(({ requests }) => changing(requests));
  const [first] = changes;
  const peaks = bench.shared.full?.peaksMiB ?? [];
  const seconds = runs.map((run) => run.seconds);
  return [
    {
      name: "changing calls, leases aside",
      value: Math.max(...changes.map(({ length }) => length)),
      unit: "",
      note: first === undefined || first.length === 0 ? undefined : kinds(first),
      target: { is: "at most", value: 0 },
      compared: "lower is better",
    },
    {
      name: "listings of the account",
      value: most(({ management }) => listed(management).length / pagesOf(keys)),
      unit: "",
      note: `${keys} keys; other management calls: ${most(({ management }) => management.length - listed(management).length)}`,
      target: { is: "at most", value: 1 },
      compared: "lower is better",
    },
    {
      name: "most listing requests within a second, as a share of the account's limit",
      value: most(({ management }) => mostWithinASecond(listed(management)) / FAST.requestsPerSecond),
      unit: "",
      target: { is: "at most", value: BACKGROUND_SHARE },
      compared: "lower is better",
    },
    {
      name: "start to ready",
      value: quantile(seconds, 0.5),
      samples: seconds,
      unit: "s",
      target: { is: "at most", value: 5 },
    },
    {
      name: "peak memory",
      value: quantile(peaks, 0.5),
      samples: peaks,
      unit: "MiB",
      target: { is: "at most", value: 150 },
    },
  ];
}

function listed(requests: readonly ManagementRequest[]): readonly ManagementRequest[] {
  return requests.filter(({ operation }) => operation === "listApiKeys");
}

function changing(requests: readonly AuditedRequest[]): readonly AuditedRequest[] {
  return requests.filter((request) => mutates(request) && request.resource !== LEASES);
}

function kinds(requests: readonly AuditedRequest[]): string {
  return [...countByKind(requests)].map(([kind, times]) => `${kind} ${times}`).join(", ");
}

const listSchema = z.looseObject({ items: z.array(z.unknown()) });

/** What an ApiKey and its Secret take, as JSON, on average. */
async function bytesPerKey({ cluster }: Ground): Promise<number> {
  const paths = ["/apis/signatureapi.com/v1/namespaces", "/api/v1/namespaces"] as const;
  const [apiKeys, secrets] = await Promise.all([
    bytesPerObject(`${paths[0]}/${BENCH}/apikeys?limit=${SAMPLE}`),
    bytesPerObject(`${paths[1]}/${BENCH}/secrets?limit=${SAMPLE}`),
  ]);
  return apiKeys + secrets;

  async function bytesPerObject(path: string): Promise<number> {
    const { stdout } = await cluster.kubectl(["get", "--raw", path]);
    return stdout.length / listSchema.parse(JSON.parse(stdout)).items.length;
  }
}
