import { reportedGeneration } from "../plan/records/reported-generation.ts";
import { withTag, type Attempt, type Observed, type Problem, type Step, type StepResult } from "../index.ts";
import { auditRequest } from "./audit/requests.ts";
import type { Codecs } from "./codecs.ts";
import { ownerOfUid, tagOf } from "./owners.ts";
import { writeSecret } from "./secret-writes.ts";
import { remember, type Request, type State } from "./state.ts";
import { objectAt, putObject, secretAt } from "./store.ts";
import type { StoredObject, VendorKey } from "./stored.ts";
import { addKey, changeKey, fingerprintOf, keyNamed, rollKey, shown } from "./vendor.ts";
import { objectView } from "./views.ts";
import { dependentsOf, restart } from "./workloads.ts";

/** What became of a request: the next world, the answer, and what the invariant says of it. */
export interface Effected {
  readonly state: State;
  readonly result: StepResult;
  readonly violation: string | undefined;
}

/** The next world, and the answer. */
export type Outcome = readonly [State, StepResult];

/** The answer to a request that a fault has hit, or that is refused. */
export function failed(
  outcome: "rejected" | "unknown",
  conflict = false,
  why: Partial<Problem> = {},
): StepResult {
  const problem: Problem = {
    reason: "ManagementAPIUnavailable",
    message: "a fault",
    transient: true,
    ...why,
  };
  return { outcome, problem, conflict };
}

/** The answer to a request that took effect. */
function done(observed: Observed): StepResult {
  return { outcome: "done", observed };
}

/** Lets a request take effect. */
export function perform(state: State, request: Request, codecs: Codecs): Effected {
  const violation = auditRequest(state, request);
  const [next, result] = effect(state, request, codecs);
  return { state: next, result, violation };
}

/** The same request once more; the account's one test key is made once, and the second answer refuses it. */
export function repeatEffect(state: State, request: Request, codecs: Codecs): Outcome {
  const [next, result] = effect(state, request, codecs);
  const more = next.keys.slice(state.keys.length).map(({ id }) => id);
  return [remember(next, "repeated", more), result];
}

function effect(state: State, request: Request, codecs: Codecs): Outcome {
  const { step, apiKey } = request;
  switch (step.kind) {
    case "add-finalizer":
      return writeObject(state, request, { finalizer: true });
    case "remove-finalizer":
      return writeObject(state, request, { finalizer: false });
    case "write-status":
      return writeStatus(state, request, step, codecs);
    case "preflight-secret": {
      const exists = secretAt(state.cluster, apiKey) !== undefined;
      return [state, exists === request.knewSecret ? done({}) : failed("rejected", true)];
    }
    case "mint":
      return mint(state, request, step.attempt);
    case "roll":
      return roll(state, step.keyId, step.attempt.id);
    case "commit-secret":
    case "rewrite-secret":
    case "touch-secret":
    case "delete-secret":
    case "release-secret":
    case "take-back-secret":
      return secretWritten(state, request, codecs);
    case "restart-workload":
      return workloadRestarted(state, apiKey, step);
    case "revoke-key":
      return [changeKey(state, step.keyId, { status: "revoked" })[0], done({})];
    case "tag-key": {
      const [next, key] = changeKey(state, step.keyId, { description: step.description });
      return [next, key === undefined ? failed("rejected") : done({ remote: shown(key) })];
    }
    case "describe-key": {
      const [next, key] = changeKey(state, step.keyId, { description: step.description });
      return [next, done({ remote: key === undefined ? "absent" : shown(key) })];
    }
    default:
      throw new TypeError(`${step.kind} is no effect`);
  }
}

function workloadRestarted(
  state: State,
  apiKey: number,
  { workload, fingerprint }: Step & { kind: "restart-workload" },
): Outcome {
  const next = restart(state, apiKey, workload, fingerprint);
  if (next === undefined) return [state, failed("rejected", true)];
  const [restarted] = dependentsOf(next, apiKey);
  return [next, done(restarted === undefined ? {} : { restarted })];
}

function secretWritten(state: State, request: Request, codecs: Codecs): Outcome {
  const written = writeSecret(state, request, codecs);
  return written === undefined ? [state, failed("rejected", true)] : [written.state, done(written.observed)];
}

function writeStatus(
  state: State,
  request: Request,
  step: Step & { kind: "write-status" },
  codecs: Codecs,
): Outcome {
  const { status, verdict } = step;
  const { generation } = request;
  const { observedGeneration: before = 0 } = objectAt(state.cluster, request.apiKey) ?? {};
  const observedGeneration = reportedGeneration({ generation, observedGeneration: before }, verdict);
  const changes = codecs.status({ status, verdict, observedGeneration });
  const [next, result] = writeObject(state, request, changes);
  if (step.why !== "WriteAhead" || result.outcome !== "done") return [next, result];
  return [{ ...next, snapshots: [...state.snapshots.slice(0, 1), next.cluster] }, result];
}

function writeObject(state: State, request: Request, changes: Partial<StoredObject>): Outcome {
  const object = objectAt(state.cluster, request.apiKey);
  const guarded = object?.uid === request.uid && object.resourceVersion === request.resourceVersion;
  if (object === undefined || !guarded) return [state, failed("rejected", true)];
  const next = putObject(state, request.apiKey, { ...object, ...changes });
  const stored = objectAt(next.cluster, request.apiKey);
  return [next, done({ object: stored === undefined ? { state: "gone" } : objectView(stored, "live") })];
}

function mint(state: State, request: Request, attempt: Attempt): Outcome {
  const { mode } = request;
  const posted = remember(state, "posted", [attempt.id]);
  const taken = state.keys.some((key) => key.mode === "test" && key.status === "active");
  if (mode === "test" && taken)
    return [posted, failed("rejected", false, { reason: "TestKeyExists", transient: false })];
  const owner = ownerOfUid(request.uid);
  const tag = { installation: request.installation, owner, revision: attempt.revision, attempt: attempt.id };
  const description = withTag(request.description, tag);
  // No two keys are made at the same time.
  const later = { ...posted, now: posted.now + 1 };
  const [next, key] = addKey(later, { description, mode, createdAt: state.now });
  return [next, minted(key)];
}

function roll(state: State, keyId: string, attempt: string): Outcome {
  const excused = state.ghost.excused.includes(attempt);
  const named = excused ? remember(state, "excused", attemptsBehind(state, keyId)) : state;
  const [next, key] = rollKey(named, keyId);
  return key === undefined ? [state, failed("rejected")] : [next, minted(key)];
}

/** A roll leaves the tag as it was: where its own record was taken away, nothing accounts for its key. */
function attemptsBehind(state: State, keyId: string): readonly string[] {
  const tag = tagOf(keyNamed(state, keyId)?.description ?? "");
  return tag === undefined ? [] : [tag.attempt];
}

function minted({ id, value, hint, createdAt }: VendorKey): StepResult {
  return done({ minted: { keyId: id, fingerprint: fingerprintOf(value), hint, createdAt } });
}
