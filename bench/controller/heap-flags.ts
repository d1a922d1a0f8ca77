import * as z from "zod";
import { memoryFlags } from "../../controller/src/launch/memory-flags.ts";
import { render } from "../../test/chart/helm.ts";
import { only } from "../../test/chart/rendered.ts";

const containerSchema = z.looseObject({
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).default([]),
  resources: z.looseObject({ limits: z.looseObject({ memory: z.string() }) }),
});
const deploymentSchema = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({ spec: z.looseObject({ containers: z.array(containerSchema) }) }),
  }),
});

const UNITS: Readonly<Record<string, number>> = { Mi: 1, Gi: 1_024 };

/** MiB of a Kubernetes quantity such as `512Mi`. @throws RangeError for other units. */
export function mebibytes(quantity: string): number {
  const { number, unit } = /^(?<number>\d+)(?<unit>[A-Za-z]+)$/.exec(quantity)?.groups ?? {};
  const factor = UNITS[unit ?? ""];
  if (number === undefined || factor === undefined)
    throw new RangeError(`a memory limit is expected in Mi or Gi, not ${quantity}`);
  return Number(number) * factor;
}

async function container(): Promise<z.infer<typeof containerSchema>> {
  const deployment = deploymentSchema.parse(only(await render(), "Deployment"));
  const [first] = deployment.spec.template.spec.containers;
  if (first === undefined) throw new Error("the chart's Deployment has no container");
  return first;
}

/** The memory limit of the chart, with its default values, in MiB. */
export async function chartMemoryLimit(): Promise<number> {
  return mebibytes((await container()).resources.limits.memory);
}

/** How the image's launcher sizes Node's heap in the Pod of the chart, with its default values. */
export async function chartHeapFlags(): Promise<readonly string[]> {
  const { env, resources } = await container();
  const given = (env.find(({ name }) => name === "NODE_OPTIONS")?.value ?? "").split(/\s+/);
  const limit = mebibytes(resources.limits.memory) * 2 ** 20;
  return memoryFlags({ limit, total: Number.POSITIVE_INFINITY, given });
}
