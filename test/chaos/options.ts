import { parseArgs } from "node:util";

/** How a run of chaos is made. */
export interface ChaosOptions {
  /** Every choice derives from it. */
  readonly seed: number;
  /** How many ApiKeys there are once all have been declared. */
  readonly keys: number;
  /** How long things are broken, in seconds; the quiet after it comes on top. */
  readonly seconds: number;
  /** Between two kills of a replica on average, in seconds. */
  readonly killsEvery: number;
  /** Where the report goes, as JSON; undefined for nowhere. */
  readonly report: string | undefined;
}

/** The text of `--help`. */
export const HELP = `Usage: npm run chaos [-- flags]

Lets two replicas of the controller look after many ApiKeys while everything around them breaks: the management API, the
API server's answers and watches, the Secrets, the keys themselves, and the replicas, which are killed and frozen. Then
it is quiet, everything must become as declared, and the whole history is checked: no value lost while its key lives, no
key left that a recorded attempt has made, no committed key revoked, nothing of anybody else's touched.
In a run of four minutes or more, etcd is copied and rolled back. A run in which too little happened proves nothing, and
says so. Everything runs on this machine. Exit code 0: the history is right; 1: it is not, or proves nothing; 2: a flag
is wrong.

  --keys N          how many ApiKeys; default 100
  --minutes M       how long things are broken, fractions allowed; default 5
  --seed N          a whole number from which every choice derives; by default one of chance, which is printed first
  --kills-every S   seconds between two kills of a replica, on average; default 1.4
  --report FILE     where the report goes as JSON; default test/chaos/reports/<seed>.json
  --help            prints this
`;

/** A flag that cannot be used. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/**
 * Reads the command line.
 *
 * @param drawSeed gives the seed where none is given.
 * @returns `"help"` where it is asked for.
 * @throws FlagError
 */
export function readFlags(args: readonly string[], drawSeed: () => number): ChaosOptions | "help" {
  const values = parse(args);
  if (values.help === true) return "help";
  const seed = values.seed === undefined ? drawSeed() : numberOf("seed", values.seed, 0, 2 ** 32 - 1);
  if (!Number.isInteger(seed)) throw new FlagError("--seed takes a whole number");
  const keys = numberOf("keys", values.keys, 1, 5_000);
  if (!Number.isInteger(keys)) throw new FlagError("--keys takes a whole number");
  return {
    seed,
    keys,
    seconds: numberOf("minutes", values.minutes, 0.1, 24 * 60) * 60,
    killsEvery: numberOf("kills-every", values["kills-every"], 1, 3_600),
    report: values.report ?? `test/chaos/reports/${seed}.json`,
  };
}

function parse(args: readonly string[]) {
  const options = {
    keys: { type: "string", default: "100" },
    minutes: { type: "string", default: "5" },
    seed: { type: "string" },
    "kills-every": { type: "string", default: "1.4" },
    report: { type: "string" },
    help: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const why = error instanceof Error ? error.message.split(". ")[0] : "";
    throw new FlagError(`${why}; see npm run chaos -- --help`, { cause: error });
  }
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new FlagError(`--${name} takes a number from ${least} to ${most}, not ${JSON.stringify(text)}`);
}
