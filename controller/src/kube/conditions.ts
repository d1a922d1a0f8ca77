/** `metav1.Condition`. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  /** CamelCase, for machines. */
  readonly reason: string;
  /** For people. The API allows 32,768 characters, and stores well-formed text only: the caller sees to both. */
  readonly message: string;
  /** RFC 3339 with whole seconds. */
  readonly lastTransitionTime: string;
  /** The `metadata.generation` that was looked at. */
  readonly observedGeneration?: number | undefined;
}

/** A condition to be set: its time is found out. */
export type NewCondition = Omit<Condition, "lastTransitionTime">;

/** The condition of a type, if there is one. */
export function findCondition<C extends { readonly type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * The conditions with one set. The others keep their places; a new one goes to the end. `lastTransitionTime` becomes
 * `now` only if `status` changes. Gives back the same array where nothing changes, so that a write can be saved.
 */
export function setCondition(
  conditions: readonly Condition[],
  { type, status, reason, message, observedGeneration }: NewCondition,
  now: Date,
): readonly Condition[] {
  const old = findCondition(conditions, type);
  const condition: Condition = {
    type,
    status,
    reason,
    message,
    lastTransitionTime: old?.status === status ? old.lastTransitionTime : wholeSeconds(now),
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
  if (old === undefined) return [...conditions, condition];
  if (same(old, condition)) return conditions;
  return conditions.map((other) => (other === old ? condition : other));
}

/** The conditions without those of a type; the same array if there is none. */
export function removeCondition(conditions: readonly Condition[], type: string): readonly Condition[] {
  const rest = conditions.filter((condition) => condition.type !== type);
  return rest.length === conditions.length ? conditions : rest;
}

function same(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration
  );
}

/** `metav1.Time` has no fractions. */
function wholeSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
