import { parseArgs } from "node:util";
import { FAULTS } from "../../lifecycle/src/model/faults.ts";
import { EXPLORED, SEARCHES, type Search } from "../../lifecycle/src/model/search/searches.ts";
import { WORLDS } from "../../lifecycle/src/model/search/worlds.ts";

/** What `npm run explore` is asked for. */
export interface Options {
  readonly searches: readonly Search[];
  /** How many worlds are searched at the same time. */
  readonly threads: number;
}

// Without any of these, the searches of searches.ts are made; with one of them, a single one is made of all.
const DEFAULTS = {
  crashes: 2,
  faults: 2,
  interferences: 1,
  ticks: 1,
  sweeps: 0,
  switches: 1,
  disturbances: 2,
  controllers: 1,
  apikeys: 1,
  "max-states": 400_000,
  seconds: 240,
} as const;

const THREADS = 2;

const TEXTS = { type: "string", multiple: true } as const;
const KNOWN = [...Object.keys(DEFAULTS), "world", "interference", "fault", "orphans", "threads", "search"];

type Values = Readonly<Record<string, readonly string[] | undefined>>;

/** Reads the command line. @throws RangeError, TypeError where it makes no sense. */
export function readOptions(args: readonly string[]): Options {
  const options = Object.fromEntries(KNOWN.map((name) => [name, TEXTS]));
  const values: Values = parseArgs({ args: [...args], options }).values;
  const { threads, search, ...rest } = values;
  const chosen = SEARCHES.filter(
    (_search, index) => search === undefined || search.includes(String(index + 1)),
  );
  const asked = Object.values(rest).some((value) => value !== undefined);
  return {
    searches: asked ? [searchOf(values)] : chosen,
    threads: wholeNumber("threads", threads?.at(-1) ?? String(THREADS)),
  };
}

function wholeNumber(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 0)
    throw new RangeError(`--${name} takes a whole number, not ${text}`);
  return count;
}

function searchOf(values: Values): Search {
  const count = (name: keyof typeof DEFAULTS): number =>
    wholeNumber(name, values[name]?.at(-1) ?? String(DEFAULTS[name]));
  return {
    title: "as asked for",
    worlds: among(WORLDS, values["world"]),
    interference: among(EXPLORED, values["interference"]),
    faults: among(FAULTS, values["fault"]),
    orphans: values["orphans"]?.at(-1) === "Revoke" ? "Revoke" : "Report",
    controllers: count("controllers"),
    apiKeys: count("apikeys"),
    budget: {
      crashes: count("crashes"),
      faults: count("faults"),
      interferences: count("interferences"),
      sweeps: count("sweeps"),
      switches: count("switches"),
      ticks: count("ticks"),
      disturbances: count("disturbances"),
    },
    maxStates: count("max-states"),
    maxTime: count("seconds") * 1_000,
  };
}

/** Those that are named, of all that there are; all where none is named. @throws RangeError for a name that is none. */
function among<Name extends string>(
  all: readonly Name[],
  named: readonly string[] | undefined,
): readonly Name[] {
  if (named === undefined) return all;
  const wrong = named.find((name) => all.every((each) => each !== name));
  if (wrong !== undefined) throw new RangeError(`there is no ${wrong}; there are ${all.join(", ")}`);
  return all.filter((name) => named.includes(name));
}
