import { readFile, writeFile } from "node:fs/promises";
import * as z from "zod";
import type { Measured } from "./figures.ts";

const figureSchema = z.object({
  name: z.string(),
  value: z.number().nullable(),
  unit: z.string(),
  note: z.string().optional(),
  target: z.object({ is: z.enum(["at most", "at least"]), value: z.number() }).optional(),
  compared: z.enum(["lower is better", "higher is better"]).optional(),
  samples: z.array(z.number().nullable()).optional(),
});

const runSchema = z.object({
  scale: z.number(),
  measured: z.array(z.object({ scenario: z.string(), figures: z.array(figureSchema) })),
});

/** A run of the benchmark. */
export interface Run {
  readonly scale: number;
  readonly measured: readonly Measured[];
}

/** Stores a run as JSON. */
export async function storeRun(file: string, run: Run): Promise<void> {
  await writeFile(file, `${JSON.stringify(run, null, 2)}\n`);
}

/** Reads a stored run. @throws RangeError that names the file, where it is none. */
export async function readRun(file: string): Promise<Run> {
  try {
    return parseRun(await readFile(file, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RangeError(`${file} is no run that --json has stored: ${why}`, { cause: error });
  }
}

function number(value: number | null): number {
  return value ?? Number.NaN;
}

/** JSON has no NaN: what was not measured is null there. */
function parseRun(text: string): Run {
  const { scale, measured } = runSchema.parse(JSON.parse(text));
  return {
    scale,
    measured: measured.map(({ scenario, figures }) => ({
      scenario,
      figures: figures.map((figure) => ({
        ...figure,
        value: number(figure.value),
        samples: figure.samples?.map((sample) => number(sample)),
      })),
    })),
  };
}
