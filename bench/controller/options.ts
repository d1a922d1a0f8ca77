import { parseArgs } from "node:util";

/** What a run of the benchmark was asked for. */
export interface Options {
  /** The names of the scenarios to run, in the order of the run. */
  readonly only: readonly string[];
  /** What the counts are multiplied by, above 0 and at most 1. */
  readonly scale: number;
  /** Where the figures are stored as JSON. */
  readonly json: string | undefined;
  /** A run stored before, to compare with. */
  readonly compare: string | undefined;
  /** How long the soak takes, in seconds; undefined for none. */
  readonly soak: number | undefined;
  /** Whether bench/RESULTS.md is written. */
  readonly write: boolean;
}

const FLAGS = {
  only: { type: "string" },
  scale: { type: "string", default: "1" },
  json: { type: "string" },
  compare: { type: "string" },
  soak: { type: "string" },
  write: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/**
 * Reads the command line.
 *
 * @param known the names of the scenarios of a run without `--only`. `soak` is one only with `--soak`.
 * @throws RangeError, TypeError where the command line makes no sense; the message says what to give.
 */
export function readOptions(args: readonly string[], known: readonly string[]): Options | "help" {
  const { values } = parseArgs({ args: [...args], options: FLAGS, allowPositionals: false });
  if (values.help) return "help";
  const scale = Number(values.scale);
  if (!(scale > 0 && scale <= 1))
    throw new RangeError(`--scale takes a number above 0 and at most 1, not ${values.scale}`);
  const soak = values.soak === undefined ? undefined : seconds(values.soak);
  const names = values.only?.split(",").map((name) => name.trim());
  const strange = names?.find((name) => !known.includes(name));
  if (strange !== undefined)
    throw new RangeError(`--only takes some of ${known.join(", ")}, not ${JSON.stringify(strange)}`);
  const chosen = known.filter((name) => names === undefined || names.includes(name));
  // Asked for alone, a soak runs alone.
  const only = soak === undefined ? chosen : [...(names === undefined ? [] : chosen), "soak"];
  const { json, compare } = values;
  return {
    only,
    scale,
    json,
    compare,
    soak,
    write: values.write || (scale === 1 && names === undefined && soak === undefined),
  };
}

function seconds(text: string): number {
  const { number, unit } = /^(?<number>[1-9]\d*)(?<unit>[smh])$/.exec(text)?.groups ?? {};
  const factor = SECONDS[unit ?? ""];
  if (number === undefined || factor === undefined)
    throw new RangeError(`--soak takes a duration such as 90s, 30m or 2h, not ${JSON.stringify(text)}`);
  return Number(number) * factor;
}
