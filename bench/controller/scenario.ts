import type { Figure } from "./figures.ts";
import type { Ground } from "./ground.ts";
import type { Lines } from "./plot.ts";
import type { TemplateRequest } from "./template.ts";

/** What a scenario may use. */
export interface Bench {
  /** The shared API server and emulator; started by the first scenario that asks. */
  readonly ground: () => Promise<Ground>;
  /** What the controller sends for one new key; recorded by the first scenario that asks. The ground is empty then. */
  readonly template: () => Promise<readonly TemplateRequest[]>;
  /** A count at the scale of this run, at least `least`. */
  readonly scaled: (count: number, least?: number) => number;
  /** How long a soak takes, in seconds. */
  readonly soak: number;
  /** Shows a line of progress. */
  readonly say: (line: string) => void;
  /** Keeps a plot, to be written beside the results. */
  readonly draw: (name: string, lines: Lines) => void;
  /** What earlier scenarios leave to later ones. */
  readonly shared: Shared;
}

/** What a run remembers between its scenarios. */
interface Shared {
  /** How many converged keys the ground holds now in the measured namespace; undefined where that is not known. */
  converged?: number | undefined;
  /** The peak memory of a controller without any key, in MiB. */
  emptyMiB?: number | undefined;
  /** The same with converged keys. */
  full?: Full | undefined;
}

/** What was measured over converged keys. */
interface Full {
  readonly keys: number;
  /** Peak memory of each restart, in MiB. */
  readonly peaksMiB: readonly number[];
  /** What an ApiKey and its Secret take in the API server, as JSON. */
  readonly bytesPerKey: number;
}

/** One experiment of the benchmark. */
export interface Scenario {
  readonly name: string;
  /** For `--help`: one line. */
  readonly about: string;
  readonly run: (bench: Bench) => Promise<readonly Figure[]>;
}
