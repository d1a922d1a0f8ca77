import { parseArgs } from "node:util";
import { z } from "zod";
import { render } from "../../test/chart/helm.ts";
import { only } from "../../test/chart/rendered.ts";

const containerSchema = z.looseObject({
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
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

/**
 * The flags of Node that size its heap under a memory limit: those of NODE_OPTIONS that do, else what Node derives from
 * the limit of its container, which is half of it.
 *
 * @param limit in MiB.
 */
export function heapFlags(limit: number, nodeOptions: string): readonly string[] {
  const options = {
    "max-old-space-size": { type: "string" },
    "max-semi-space-size": { type: "string" },
    "max-heap-size": { type: "string" },
    "max-old-space-size-percentage": { type: "string" },
  } as const;
  const args = nodeOptions.split(/\s+/).filter((arg) => arg !== "");
  const { values } = parseArgs({ args, options, strict: false });
  const given = Object.keys(options).flatMap((name) => {
    const value = values[name];
    if (typeof value !== "string") return [];
    return name === "max-old-space-size-percentage"
      ? [`--max-old-space-size=${Math.floor((limit * Number(value)) / 100)}`]
      : [`--${name}=${value}`];
  });
  return given.some((flag) => /old-space|max-heap/.test(flag))
    ? given
    : [...given, `--max-old-space-size=${Math.floor(limit / 2)}`];
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

/** How Node's heap is sized in the Pod of the chart, with its default values. */
export async function chartHeapFlags(): Promise<readonly string[]> {
  const { command, args, env, resources } = await container();
  const nodeOptions = env.find(({ name }) => name === "NODE_OPTIONS")?.value ?? "";
  const sizes = [...command, ...args].filter((arg) => /^--max-.*(size|percentage)/.test(arg));
  return heapFlags(mebibytes(resources.limits.memory), [nodeOptions, ...sizes].join(" "));
}
