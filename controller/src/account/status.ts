import { isProblem, type Problem, type Reason } from "@signatureapi-keys/lifecycle";
import { isKubeError } from "../kube/index.ts";
import { accountStatusSchema, type AccountStatus } from "../resources/account.ts";
import { reportConditions, type Report } from "../resources/conditions.ts";
import { ACCOUNTS, CLUSTER_ACCOUNTS, type CustomObject } from "../resources/types.ts";
import type { AccountEnvironment } from "./environment.ts";
import type { AccountRef, VerifiedAccount } from "./runtime.ts";

/** The account that the object belongs to, once that is known. */
export function pinnedAccountId(object: CustomObject): string | undefined {
  return readAccountStatus(object).accountId;
}

/**
 * That the API was seen to drop tags, as the status still says: a restart must not find it out again with another
 * key. An edited spec is somebody's word that it was looked into.
 */
export function recordedTagProblem(object: CustomObject): string | undefined {
  const { conditions = [] } = readAccountStatus(object);
  const ready = conditions.find(({ type }) => type === "Ready");
  const current = ready?.observedGeneration === object.metadata.generation;
  const reason: Reason = "TagNotPreserved";
  return current && ready?.reason === reason ? ready.message : undefined;
}

/** Whether the spec is another one than the status speaks of. */
export function specChanged(object: CustomObject): boolean {
  const { observedGeneration } = readAccountStatus(object);
  return observedGeneration !== undefined && observedGeneration !== object.metadata.generation;
}

function readAccountStatus(object: CustomObject): AccountStatus {
  const parsed = accountStatusSchema.safeParse(object.status ?? {});
  return parsed.success ? parsed.data : {};
}

/**
 * Says on the object what was found, and only where that is news.
 *
 * @throws KubeError where it could not be written, other than for a conflict: then a newer object is on its way.
 */
export async function writeAccountStatus(
  env: AccountEnvironment,
  ref: AccountRef,
  object: CustomObject,
  state: VerifiedAccount | Problem,
): Promise<void> {
  const before = readAccountStatus(object);
  const after = nextStatus(object, before, state, new Date(env.now()));
  if (env.readOnly || JSON.stringify(before) === JSON.stringify(after)) return;
  const type = ref.kind === "Account" ? ACCOUNTS : CLUSTER_ACCOUNTS;
  try {
    await env.kube.updateStatus(type, { ...object, status: after });
  } catch (error) {
    if (!isKubeError(error, "conflict", "not-found")) throw error;
  }
}

function nextStatus(
  object: CustomObject,
  before: AccountStatus,
  state: VerifiedAccount | Problem,
  now: Date,
): AccountStatus {
  const generation = object.metadata.generation ?? 0;
  const known = isProblem(state) ? {} : { accountId: state.accountId, liveMode: state.liveMode };
  const conditions = reportConditions(before.conditions ?? [], reportOf(state), generation, now);
  const next = { ...before, ...known, observedGeneration: generation, conditions };
  // The schema's order of fields, so that equal statuses are equal texts.
  return accountStatusSchema.parse(next);
}

function reportOf(state: VerifiedAccount | Problem): Report {
  if (!isProblem(state)) {
    const reason: Reason = "AccountReady";
    return {
      ready: { holds: true, reason, message: `the credentials of account ${state.accountId} are accepted` },
    };
  }
  const { reason, message, transient } = state;
  const type = transient ? "Reconciling" : "Stalled";
  return { ready: { holds: false, reason, message }, progress: { type, reason, message } };
}
