import type { Step } from "../../index.ts";
import { HAND_MADE, type Request, type State } from "../state.ts";
import { objectAt, secretAt } from "../store.ts";
import { guardOf } from "../secret-writes.ts";
import { activeKey, keyNamed, valueIn } from "../vendor.ts";
import { auditAdoption, auditHarm, auditUndo } from "./evidence.ts";
import { auditStatusWrite } from "./records.ts";
import { auditRevocation } from "./revocations.ts";

/** What must not happen, asked right before a request takes effect. */
export function auditRequest(state: State, request: Request): string | undefined {
  const { step } = request;
  switch (step.kind) {
    case "mint":
      return auditMint(state, step.attempt.id);
    case "tag-key":
      return auditAdoption(state, request, step.keyId);
    case "describe-key":
      return step.why === "Undone"
        ? auditUndo(state, request, step.keyId)
        : auditHarm(state, request, step.keyId);
    case "roll":
      return auditHarm(state, request, step.keyId);
    case "revoke-key":
      return auditHarm(state, request, step.keyId) ?? auditRevocation(state, request, step);
    case "commit-secret":
      return auditCommit(state, request, step);
    case "rewrite-secret":
      return auditOverwrite(state, request, secretAt(state.cluster, request.apiKey)?.value);
    case "delete-secret":
      return auditDeletion(state, request.apiKey);
    case "take-back-secret":
      // The writer that was given a value knows that nobody else has written it, also where a roll gave it.
      return request.hasValue ? undefined : auditDeletion(state, request.apiKey);
    case "write-status":
      return auditStatusWrite(state, request, step);
    default:
      return undefined;
  }
}

function auditMint({ ghost }: State, attempt: string): string | undefined {
  if (!ghost.recorded.includes(attempt)) return `a key is asked for under the unrecorded attempt ${attempt}`;
  return ghost.posted.includes(attempt) ? `two keys are asked for under attempt ${attempt}` : undefined;
}

function auditCommit(
  state: State,
  request: Request,
  { record }: Step & { kind: "commit-secret" },
): string | undefined {
  if (!request.hasValue) return `a value is committed for ${record.keyId} that its writer was never given`;
  const value = valueIn(record.fingerprint);
  return auditOverwrite(state, request, value) ?? auditDeadValue(state, request, record.keyId, value);
}

/** A Secret of another owner is never written; one without an owner only around the value that it has. */
function auditOverwrite(
  state: State,
  { step, apiKey, uid }: Request,
  value: string | undefined,
): string | undefined {
  const secret = secretAt(state.cluster, apiKey);
  if (secret === undefined || guardOf(step)?.resourceVersion !== secret.resourceVersion) return undefined;
  // An adoption takes a Secret over together with its value, also that of an ApiKey that is gone.
  const isFree = secret.owner === undefined || !isOwnerAlive(state, secret.owner);
  const owned = secret.owner === uid || (isFree && secret.value === value);
  return owned ? undefined : `the Secret of ${secret.owner ?? "no owner"} is overwritten for ${uid}`;
}

function isOwnerAlive({ cluster }: State, uid: string): boolean {
  return cluster.apiKeys.some(({ now }) => now?.uid === uid);
}

/** The value of a key that we have revoked does not replace that of a living one. */
function auditDeadValue(
  state: State,
  { step, apiKey }: Request,
  keyId: string,
  value: string,
): string | undefined {
  const secret = secretAt(state.cluster, apiKey);
  if (secret === undefined || guardOf(step)?.resourceVersion !== secret.resourceVersion) return undefined;
  // A commit that is late may still reach the Secret of an ApiKey that goes: it is deleted with it.
  if (secret.value === value || objectAt(state.cluster, apiKey)?.deleting !== false) return undefined;
  const replaced = state.keys.some((key) => key.status === "active" && key.value === secret.value);
  const dead = activeKey(state, keyId) === undefined;
  const byUs = !state.ghost.revokedOutside.includes(keyId);
  if (!replaced || !dead || !byUs) return undefined;
  return `the value of the revoked key ${keyId} is written over a living one`;
}

/** A Secret that was written by hand goes only once its key is ours. */
function auditDeletion(state: State, apiKey: number): string | undefined {
  const secret = secretAt(state.cluster, apiKey);
  const key = keyNamed(state, HAND_MADE);
  if (secret?.owner !== undefined || secret?.value !== key?.value || key === undefined) return undefined;
  return state.ghost.adopted.includes(HAND_MADE)
    ? undefined
    : `the Secret of apikey-${apiKey}, which was written by hand, is deleted`;
}
