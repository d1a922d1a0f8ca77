import { kubeObjectSchema, type ResourceType } from "@signatureapi-keys/controller/kube";
import { SECRETS } from "@signatureapi-keys/controller/resources";
import * as z from "zod";
import { namespace } from "../../../test/e2e/manifests.ts";
import { withConverged } from "../converged.ts";
import { quantile } from "../figures.ts";
import { keyNames, type Ground } from "../ground.ts";
import { inTurns } from "../in-turns.ts";
import { restartOnce } from "../restart-once.ts";
import type { Scenario } from "../scenario.ts";

const KEYS = 10_000;
const RUNS = 3;
const SECRETS_OF_HALF_A_MEGABYTE = 200;
const CONFIG_MAPS_COUNT = 20_000;
const NAMESPACE = "strangers";
const AT_A_TIME = 8;
const HALF_A_MEGABYTE = Buffer.alloc(375_000, 1).toString("base64");
/** What the peak memory of equal restarts differs by at most. */
const NOISE = 1.05;

const CONFIG_MAPS = {
  group: "",
  version: "v1",
  plural: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
  schema: kubeObjectSchema.extend({ data: z.record(z.string(), z.string()).optional() }),
} satisfies ResourceType;

/** Objects that have nothing to do with ApiKeys. */
export const strangers: Scenario = {
  name: "strangers",
  about: `restarts next to 100 MB of unrelated Secrets and ${CONFIG_MAPS_COUNT} unrelated ConfigMaps`,
  run: async (bench) => {
    const ground = await withConverged(bench, bench.scaled(KEYS, 50));
    const keys = bench.shared.converged ?? 0;
    const before = bench.shared.full?.peaksMiB ?? (await peaks(ground, keys));
    const configMaps = bench.scaled(CONFIG_MAPS_COUNT, 100);
    await declare(ground, bench.scaled(SECRETS_OF_HALF_A_MEGABYTE, 4), configMaps);
    const after = await peaks(ground, keys);
    const alone = quantile(before, 0.5);
    return [
      {
        name: "peak memory next to strangers, over that without",
        value: quantile(after, 0.5) / alone,
        samples: after.map((peak) => peak / alone),
        unit: "",
        note: `${alone.toFixed(0)} MiB to ${quantile(after, 0.5).toFixed(0)} MiB`,
        target: { is: "at most", value: NOISE },
        compared: "lower is better",
      },
    ];
  },
};

async function peaks(ground: Ground, keys: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (let run = 0; run < RUNS; run++) found.push((await restartOnce(ground, keys)).usage.peakRssMiB);
  return found;
}

async function declare(ground: Ground, secrets: number, configMaps: number): Promise<void> {
  await ground.apply(namespace(NAMESPACE));
  await inTurns(keyNames(secrets), AT_A_TIME, async (name) => {
    await ground.kube.create(SECRETS, {
      metadata: { namespace: NAMESPACE, name },
      data: { v: HALF_A_MEGABYTE },
    });
  });
  await inTurns(keyNames(configMaps), AT_A_TIME, async (name) => {
    await ground.kube.create(CONFIG_MAPS, { metadata: { namespace: NAMESPACE, name }, data: { v: "x" } });
  });
}
