import type { Step } from "@signatureapi-keys/lifecycle";

/** A point at which a controller can be stopped: next to one occurrence of one step. */
export interface Point {
  readonly side: "before" | "after";
  /** As {@link stepName} gives it. */
  readonly step: string;
  /** Counted from 1, from the moment the trap was set. */
  readonly occurrence: number;
}

/** A step's kind, with what distinguishes steps of that kind: `write-status:WriteAhead`, `revoke-key:Retired`. */
export function stepName(step: Step): string {
  if (step.kind === "write-status") return `${step.kind}:${step.why}`;
  if (step.kind === "revoke-key") return `${step.kind}:${step.reason}`;
  return step.kind;
}

/** The kind that a name begins with. */
export function kindOf(name: string): string {
  return name.split(":")[0] ?? name;
}

/** How a point reads in a test's name. */
export function pointName({ side, step, occurrence }: Point): string {
  return `${side} ${step}${occurrence === 1 ? "" : ` #${occurrence}`}`;
}

const READS: ReadonlySet<string> = new Set([
  "read-object",
  "read-secret",
  "get-key",
  "list-keys",
  "read-workloads",
  "read-pods",
  "reserve-key",
  "preflight-secret",
]);

/** Whether a step leaves a trace anywhere but in the process's memory. */
function leavesTrace(name: string): boolean {
  return !READS.has(kindOf(name));
}

/** Whether each run of an operation takes the step as often as any other: reads and mere reports it may not. */
export function isCertain(name: string): boolean {
  return leavesTrace(name) && name !== "write-status:Report";
}

/** Before and after each step of a recorded run. */
export function everyPoint(steps: readonly string[]): readonly Point[] {
  return numbered(steps).flatMap(({ step, occurrence }) => [
    { side: "before" as const, step, occurrence },
    { side: "after" as const, step, occurrence },
  ]);
}

/**
 * One point for each state that a crash can leave outside the process: after each step that leaves a trace. The
 * other points of a run leave one of the same states, or the one in which it began.
 */
function oneByState(steps: readonly string[]): readonly Point[] {
  return everyPoint(steps).filter(({ side, step }) => side === "after" && leavesTrace(step));
}

/** A run of an operation: what the points are taken from. */
export interface Run {
  readonly operation: { readonly quick?: boolean };
  readonly steps: readonly string[];
}

/**
 * The points of the quick part: every state of the operations that are marked so, and of the others the steps that
 * stand nowhere else.
 */
export function quickPoints<R extends Run>(runs: readonly R[]): ReadonlyMap<R, readonly Point[]> {
  const points = new Map<R, readonly Point[]>();
  const met = new Set<string>();
  for (const run of runs.toSorted(
    (a, b) => Number(b.operation.quick ?? false) - Number(a.operation.quick ?? false),
  )) {
    const chosen: Point[] = [];
    for (const point of oneByState(run.steps)) {
      if (run.operation.quick === true || !met.has(point.step)) chosen.push(point);
      met.add(point.step);
    }
    points.set(run, chosen);
  }
  return points;
}

function numbered(steps: readonly string[]): readonly { step: string; occurrence: number }[] {
  const seen = new Map<string, number>();
  return steps.map((step) => {
    const occurrence = (seen.get(step) ?? 0) + 1;
    seen.set(step, occurrence);
    return { step, occurrence };
  });
}
