import type { Step } from "@signatureapi-keys/lifecycle";

/** One occurrence of a step. */
export interface Occurrence {
  /** As {@link stepName} gives it. */
  readonly step: string;
  /** Counted from 1. */
  readonly occurrence: number;
}

/** A point at which a controller can be stopped: next to one occurrence of one step. */
export interface Point extends Occurrence {
  readonly side: "before" | "after";
  /**
   * The change from which the occurrences count. Without it they count from the moment the trap was set. How often
   * a controller only looks depends on when its watches catch up, so looks count from the last change.
   */
  readonly since?: Occurrence | undefined;
  /** The change that follows a look: a controller that comes to it without the look is stopped before it. */
  readonly until?: Occurrence | undefined;
}

/** A step's kind, with what distinguishes steps of that kind: `write-status:WriteAhead`, `revoke-key:Retired`. */
export function stepName(step: Step): string {
  if (step.kind === "revoke-key") return `${step.kind}:${step.reason}`;
  return "why" in step ? `${step.kind}:${step.why}` : step.kind;
}

/** The kind that a name begins with. */
function kindOf(name: string): string {
  return name.split(":")[0] ?? name;
}

/** How a point reads in a test's name. */
export function pointName({ side, since, until: _until, ...point }: Point): string {
  const start = since === undefined ? "" : ` since ${occurrenceName(since)}`;
  return `${side} ${occurrenceName(point)}${start}`;
}

function occurrenceName({ step, occurrence }: Occurrence): string {
  return `${step}${occurrence === 1 ? "" : ` #${occurrence}`}`;
}

const READS: ReadonlySet<string> = new Set([
  "read-object",
  "read-secret",
  "get-key",
  "list-keys",
  "find-claims",
  "read-workloads",
  "read-pods",
  "reserve-key",
  "preflight-secret",
]);

/** What a status says besides its records: it may be said twice, or be overtaken. */
const REPORT = "write-status:Report";

/** Whether a step changes something outside the process, and each run of an operation takes it as often as any other. */
function isChange(name: string): boolean {
  return !READS.has(kindOf(name)) && name !== REPORT;
}

/** The steps of a controller from one rest to the next. */
export type Pass = readonly string[];

/**
 * Before and after each change of a recorded run, and before what a pass looks at on the way to one. Between a look and
 * the next step nothing happens. A pass without a change leaves the state in which it began; how many there are is left
 * to chance.
 */
export function everyPoint(passes: readonly Pass[]): readonly Point[] {
  const changes = new Counter();
  let since: Occurrence | undefined;
  const points: Point[] = [];
  for (const pass of passes) {
    let looks: Occurrence[] = [];
    for (const step of pass) {
      if (isChange(step)) {
        const change = { step, occurrence: changes.count(step) };
        points.push(...looks.map((look) => ({ ...look, side: "before" as const, since, until: change })));
        points.push({ ...change, side: "before" }, { ...change, side: "after" });
        looks = [];
        since = change;
      } else if (step !== REPORT) {
        looks.push({ step, occurrence: looks.filter((look) => look.step === step).length + 1 });
      }
    }
  }
  return points;
}

/**
 * One point for each state that a crash can leave outside the process: after each change. The other points of a run
 * leave one of the same states, or the one in which it began.
 */
function oneByState(passes: readonly Pass[]): readonly Point[] {
  return everyPoint(passes).filter(({ side, step }) => side === "after" && isChange(step));
}

/** A run of an operation: what the points are taken from. */
export interface Run {
  readonly operation: {
    readonly quick?: boolean;
    readonly points?: readonly Point[];
    readonly races?: readonly string[];
  };
  readonly passes: readonly Pass[];
}

/** The points of the full matrix, without those at steps that something outside may do first. */
export function fullPoints({ operation: { points = [], races = [] }, passes }: Run): readonly Point[] {
  const isCertain = ({ step, since, until }: Point): boolean =>
    [step, since?.step, until?.step].every((name) => name === undefined || !races.includes(name));
  return [...points, ...everyPoint(passes).filter(isCertain)];
}

/**
 * The points of the quick part: every state of the operations that are marked so, and of the others the steps that
 * are in none of these.
 */
export function quickPoints<R extends Run>(runs: readonly R[]): ReadonlyMap<R, readonly Point[]> {
  const points = new Map<R, readonly Point[]>();
  const met = new Set<string>();
  for (const run of runs.toSorted(
    (a, b) => Number(b.operation.quick ?? false) - Number(a.operation.quick ?? false),
  )) {
    const chosen: Point[] = [];
    for (const point of [...(run.operation.points ?? []), ...oneByState(run.passes)]) {
      if (run.operation.quick === true || !met.has(point.step)) chosen.push(point);
      met.add(point.step);
    }
    points.set(run, chosen);
  }
  return points;
}

/** Counts steps as {@link Point} does, in the controller that is to be stopped. */
export class PointCounter {
  readonly #steps = new Counter();
  #looks = new Counter();
  #since: Occurrence | undefined;

  /** Takes note of a step that begins. */
  begin(step: string): void {
    const occurrence = this.#steps.count(step);
    if (isChange(step)) {
      this.#since = { step, occurrence };
      this.#looks = new Counter();
    } else {
      this.#looks.count(step);
    }
  }

  /** Whether a point is on this side of the step that has begun last. */
  isAt(point: Point, side: Point["side"], step: string): boolean {
    const { until } = point;
    if (until?.step === step && side === "before") return this.#steps.of(step) === until.occurrence;
    if (point.step !== step || point.side !== side) return false;
    if (until === undefined) return this.#steps.of(step) === point.occurrence;
    return isSame(this.#since, point.since) && this.#looks.of(step) === point.occurrence;
  }
}

function isSame(one: Occurrence | undefined, other: Occurrence | undefined): boolean {
  return one?.step === other?.step && one?.occurrence === other?.occurrence;
}

class Counter {
  readonly #counts = new Map<string, number>();

  count(step: string): number {
    const count = this.of(step) + 1;
    this.#counts.set(step, count);
    return count;
  }

  of(step: string): number {
    return this.#counts.get(step) ?? 0;
  }
}
