/** How a finding is to be taken, from best to worst. */
const STATES = ["ok", "warning", "unknown", "problem"] as const;

/**
 * - `ok`: as it must be.
 * - `warning`: keys are delivered, and something deserves a look.
 * - `unknown`: it could not be checked.
 * - `problem`: keys are not delivered, not rotated or not revoked as declared, or soon will not be.
 */
export type FindingState = (typeof STATES)[number];

/** What the checks are named, in the order in which they are printed. */
export const CHECKS = [
  "cluster",
  "kinds",
  "controller",
  "leader",
  "clock",
  "rights",
  "admission",
  "proxy",
  "accounts",
  "apikeys",
] as const;

export type CheckName = (typeof CHECKS)[number];

/** One thing that was checked. It names objects, key IDs and reasons, and never a value. */
export interface Finding {
  readonly check: CheckName;
  readonly state: FindingState;
  /** What was found, in a sentence. */
  readonly what: string;
  /** The object that it is about, such as `Account shop/default`. */
  readonly where?: string;
  /** What to do: a command or a sentence. */
  readonly remedy?: string;
}

/** The worst state among findings; `ok` without any. */
export function worst(findings: readonly Pick<Finding, "state">[]): FindingState {
  return STATES[Math.max(0, ...findings.map(({ state }) => STATES.indexOf(state)))] ?? "ok";
}

/** How many findings there are of each state. */
export function counts(findings: readonly Pick<Finding, "state">[]): Readonly<Record<FindingState, number>> {
  const of = (wanted: FindingState): number => findings.filter(({ state }) => state === wanted).length;
  return { ok: of("ok"), warning: of("warning"), unknown: of("unknown"), problem: of("problem") };
}

/** Makes findings of one check. */
export function findingsOf(check: CheckName) {
  const of =
    (state: FindingState) =>
    (what: string, more: Pick<Finding, "where" | "remedy"> = {}): Finding => ({
      check,
      state,
      what,
      ...(more.where !== undefined && { where: more.where }),
      ...(more.remedy !== undefined && { remedy: more.remedy }),
    });
  return { ok: of("ok"), warning: of("warning"), unknown: of("unknown"), problem: of("problem") };
}
