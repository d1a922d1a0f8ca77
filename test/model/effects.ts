import {
  isProblem,
  keptPrevious,
  DEFAULT_TIMING,
  withTag,
  type Attempt,
  type Problem,
  type Step,
  type StepResult,
} from "@signatureapi-keys/lifecycle";
import type { StoredObject } from "../../lifecycle/src/plan/testing/api-server.ts";
import { fingerprintOf, hintOf, shown, type VendorKey } from "../../lifecycle/src/plan/testing/vendor.ts";
import { auditRequest, ownerOfUid, tagOf, valueIn } from "./audit.ts";
import { INSTALLATION, remember, withElement, type Request, type State } from "./state.ts";
import { objectAt, putObject, putSecret, secretAt } from "./store.ts";
import { objectView, secretView } from "./views.ts";

/** What became of a request: the next world, the answer, and what the invariant says of it. */
export interface Effected {
  readonly state: State;
  readonly result: StepResult;
  readonly violation: string | undefined;
}

/** The answer to a request that a fault has hit. */
export function failed(
  outcome: "rejected" | "unknown",
  conflict = false,
  reason: Problem["reason"] = "ManagementAPIUnavailable",
): StepResult {
  const problem: Problem = { reason, message: "a fault", transient: true };
  return { outcome, problem, conflict };
}

/** A POST or a roll whose write-ahead is too old is not sent. */
export function asksTooLate(step: Step, now: number): boolean {
  const asks = step.kind === "mint" || step.kind === "roll" || step.kind === "tag-key";
  return asks && now > step.attempt.startedAt + DEFAULT_TIMING.postWindow;
}

/** Lets a request take effect. */
export function perform(state: State, request: Request): Effected {
  const violation = auditRequest(state, request);
  const [next, result] = effect(state, request);
  return { state: next, result, violation };
}

/** The same request once more; the account's one test key is made once, and the second answer refuses it. */
export function repeatEffect(state: State, request: Request): Outcome {
  const [next, result] = effect(state, request);
  const more = next.keys.slice(state.keys.length).map(({ id }) => id);
  return [remember(next, "repeated", more), result];
}

type Outcome = readonly [State, StepResult];

function effect(state: State, request: Request): Outcome {
  const { step, apiKey } = request;
  switch (step.kind) {
    case "add-finalizer":
      return writeObject(state, request, { finalizer: true });
    case "remove-finalizer":
      return writeObject(state, request, { finalizer: false });
    case "write-status":
      return writeStatus(state, request, step);
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
    case "take-back-secret":
      return writeSecret(state, request);
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

function done(observed: (StepResult & { outcome: "done" })["observed"]): StepResult {
  return { outcome: "done", observed };
}

function writeStatus(state: State, request: Request, step: Step & { kind: "write-status" }): Outcome {
  const { status, verdict } = step;
  const changes = { status, verdict, observedGeneration: request.generation };
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

function newValue(state: State): string {
  return `value-x${String(state.names).padStart(3, "0")}`;
}

function mint(state: State, request: Request, attempt: Attempt): Outcome {
  const posted = remember({ ...state, names: state.names + 1 }, "posted", [attempt.id]);
  const taken = state.keys.some(({ mode, status }) => mode === "test" && status === "active");
  if (request.mode === "test" && taken) return [posted, failed("rejected", false, "TestKeyExists")];
  const owner = ownerOfUid(request.uid);
  const tag = { installation: INSTALLATION, owner, revision: attempt.revision, attempt: attempt.id };
  const value = newValue(posted);
  const key: VendorKey = {
    id: `ak_${state.keys.length + 1}`,
    description: withTag(request.description, tag),
    mode: request.mode,
    status: "active",
    createdAt: state.now,
    hint: hintOf(value),
    value,
  };
  // No two keys are made at the same time.
  return [{ ...posted, now: posted.now + 1, keys: [...state.keys, key] }, minted(key)];
}

function roll(state: State, keyId: string, attempt: string): Outcome {
  const excused = state.ghost.excused.includes(attempt);
  const told = excused ? remember(state, "excused", attemptsBehind(state, keyId)) : state;
  const named = { ...told, names: state.names + 1 };
  const value = newValue(named);
  const [next, key] = changeKey(named, keyId, { value, hint: hintOf(value) });
  return key === undefined ? [state, failed("rejected")] : [next, minted(key)];
}

/** A roll leaves the tag as it was: where its own record was taken away, nobody accounts for its key. */
function attemptsBehind(state: State, keyId: string): readonly string[] {
  const tag = tagOf(state.keys.find(({ id }) => id === keyId)?.description ?? "");
  return tag === undefined ? [] : [tag.attempt];
}

function minted({ id, value, hint, createdAt }: VendorKey): StepResult {
  return done({ minted: { keyId: id, fingerprint: `fp:${value}`, hint, createdAt } });
}

/** Changes an active key; a revoked one stays as it is. */
export function changeKey(
  state: State,
  keyId: string,
  changes: Partial<VendorKey>,
): readonly [State, VendorKey | undefined] {
  const index = state.keys.findIndex(({ id, status }) => id === keyId && status === "active");
  const key = state.keys[index];
  if (key === undefined) return [state, undefined];
  const changed = { ...key, ...changes };
  return [{ ...state, keys: withElement(state.keys, index, changed) }, changed];
}

function writeSecret(state: State, request: Request): Outcome {
  const { step, apiKey } = request;
  const existing = secretAt(state.cluster, apiKey);
  const guard = "guard" in step ? step.guard : step.kind === "commit-secret" ? step.replaces : undefined;
  const current = existing?.uid === guard?.uid && existing?.resourceVersion === guard?.resourceVersion;
  if (!current) return [state, failed("rejected", true)];
  const next = contentWritten(state, request);
  const secret = secretAt(next.cluster, apiKey);
  return [next, done(secret === undefined ? {} : { secret: secretView(secret, request.uid, "live") })];
}

function contentWritten(state: State, { step, apiKey, uid }: Request): State {
  const existing = secretAt(state.cluster, apiKey);
  if (step.kind === "commit-secret") {
    const value = valueIn(step.record.fingerprint);
    const content = {
      owner: uid,
      record: step.record,
      value,
      previous: previousValue(state, apiKey, step.record),
    };
    if (existing !== undefined) return putSecret(state, apiKey, { ...existing, ...content });
    return created(state, apiKey, content);
  }
  if (existing === undefined || step.kind === "delete-secret" || step.kind === "take-back-secret")
    return putSecret(state, apiKey, undefined);
  if (step.kind === "touch-secret")
    return putSecret(state, apiKey, { ...existing, touchedFor: step.attempt });
  if (step.kind !== "rewrite-secret") throw new TypeError(`${step.kind} writes no Secret`);
  const previous = previousValue(state, apiKey, step.record);
  return putSecret(state, apiKey, { ...existing, owner: uid, record: step.record, previous });
}

type Committed = (Step & { kind: "commit-secret" })["record"];
type Content = { owner: string; record: Committed; value: string; previous: string | undefined };

/** What stays in the entry for the previous value, as the spec is now. */
function previousValue(state: State, apiKey: number, { previous }: Committed): string | undefined {
  const desired = objectAt(state.cluster, apiKey)?.desired;
  if (desired === undefined || isProblem(desired) || desired.keepsPrevious !== true) return undefined;
  const existing = secretAt(state.cluster, apiKey);
  const texts = [existing?.value, existing?.previous].filter((text) => text !== undefined);
  const kept = keptPrevious(previous, texts.map(fingerprintOf));
  return texts.find((text) => fingerprintOf(text) === kept?.fingerprint);
}

function created(state: State, apiKey: number, content: Content): State {
  const names = state.names + 1;
  const uid = `uid-${names}`;
  const secret = { ...content, name: `secret-${apiKey}`, uid, resourceVersion: "", touchedFor: undefined };
  const next = putSecret({ ...state, names }, apiKey, secret);
  const { attempt } = content.record;
  const again = state.ghost.created.includes(attempt);
  return remember(again ? remember(next, "strays", [uid]) : next, "created", [attempt]);
}
