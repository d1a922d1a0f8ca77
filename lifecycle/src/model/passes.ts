import {
  applyResult,
  classifyKey,
  DEFAULT_TIMING,
  isEffect,
  keyDriftOf,
  newPass,
  pauseAfterStep,
  plan,
  retryTime,
  type Findings,
  type Step,
  type StepResult,
  type View,
} from "../index.ts";
import { PLAIN, readerOf, type Reader } from "./codecs.ts";
import { failed } from "./effects.ts";
import { ended, passesFence } from "./lease.ts";
import { send, type Fault } from "./faults.ts";
import type { Judging } from "./inventory.ts";
import { isOwnTag, ownerOfUid, tagOf } from "./owners.ts";
import { answerReservation, observe } from "./reads.ts";
import {
  ACCOUNT,
  attemptName,
  HAND_MADE,
  NOTHING_REMEMBERED,
  OLD_INSTALLATION,
  withElement,
  withWorker,
  type Pass,
  type Request,
  type Slot,
  type State,
  type Worker,
} from "./state.ts";
import { secretSlot } from "./store.ts";
import { lagging } from "./vendor.ts";
import { objectView, secretView } from "./views.ts";

/** The rules under test: the shipped ones, or such as a test has broken. */
export interface Rules extends Judging {
  readonly plan: typeof plan;
  readonly applyResult: typeof applyResult;
  /** What the inventory's memory keeps of its findings about an ApiKey after a pass. */
  readonly settle: (findings: Findings, view: View) => Findings | undefined;
}

/** The rules that ship, around records that are not written down. */
export const SHIPPED: Rules = {
  plan,
  applyResult,
  classifyKey,
  keyDriftOf,
  codecs: PLAIN,
  settle: (findings) => findings,
};

/** How many versions the caches are behind. */
export interface Lag {
  readonly object: number;
  readonly secret: number;
}

/** Caches that are up to date. */
export const FRESH: Lag = { object: 0, secret: 0 };

/** Begins a pass on what the caches show. @returns `undefined` where they show no such ApiKey. */
export function beginPass(state: State, index: number, lag: Lag, rules: Rules): State | undefined {
  const worker = state.workers[index];
  if (worker === undefined || worker.pass !== undefined) return undefined;
  const { apiKey } = worker;
  const objects = state.cluster.apiKeys[apiKey];
  // A cache that has seen one version shows that one.
  const object = shownBy(objects, lag.object) ?? (lag.object > 0 ? objects?.now : undefined);
  if (object === undefined) return undefined;
  const stored = shownBy(secretSlot(state.cluster, apiKey), lag.secret);
  const names = state.names + 1;
  const view: View = {
    now: state.now,
    timing: DEFAULT_TIMING,
    installation: worker.installation,
    previousInstallations: [OLD_INSTALLATION],
    owner: ownerOfUid(object.uid),
    readOnly: worker.readOnly,
    object: objectView(object, "cached"),
    secretClaimedBy: lag.object === 0 ? claimedBy(state, apiKey) : undefined,
    secret: secretView(stored, readerOf(object), "cached", rules.codecs),
    account: accountView(state, worker),
    ...usersOf(state, apiKey),
    findings: state.findings[apiKey],
    pass: newPass(attemptName(names)),
  };
  const pass = { uid: object.uid, epoch: state.epoch, received: [], view };
  return goOn({ ...state, names }, index, pass, state.now, rules);
}

function shownBy<T>(slot: Slot<T> | undefined, lag: number): T | undefined {
  if (lag === 0 || slot === undefined) return slot?.now;
  return lag === 1 ? slot.before : (slot.older ?? slot.before);
}

function accountView({ sweptAt }: State, { tagsVerified }: Worker): View["account"] {
  return {
    usable: { accountId: ACCOUNT },
    mintProblem: undefined,
    tagsVerified,
    adoptKeyIds: [HAND_MADE],
    sweeps: sweptAt === undefined ? [] : [sweptAt],
  };
}

const UNREAD = { state: "unread" } as const;

function usersOf({ workloads }: State, apiKey: number): Pick<View, "dependents" | "users"> {
  return workloads[apiKey] === undefined ? {} : { dependents: UNREAD, users: UNREAD };
}

/** Another ApiKey that names the same Secret and was first. */
function claimedBy({ cluster }: State, apiKey: number): string | undefined {
  const { apiKeys, secretOf } = cluster;
  const first = secretOf.findIndex(
    (secret, other) => secret === secretOf[apiKey] && apiKeys[other]?.now !== undefined,
  );
  return first === apiKey ? undefined : apiKeys[first]?.now?.name;
}

/** A step that was taken, and what the invariant says of it. */
interface Taken {
  readonly state: State;
  readonly violation: string | undefined;
}

/** Takes the next step of a pass, and folds its result. @returns `undefined` for a fault that would show as none. */
export function takeStep(state: State, index: number, fault: Fault, rules: Rules): Taken | undefined {
  const worker = state.workers[index];
  if (worker?.pass === undefined) return undefined;
  const { pass } = worker;
  if (!isEffect(pass.step)) {
    const result = readWith(state, worker, pass, fault, rules);
    return { state: fold(state, index, pass, result, rules), violation: undefined };
  }
  const sent = send(state, requestOf(worker, pass), fault, rules.codecs);
  return sent && { state: fold(sent.state, index, pass, sent.result, rules), violation: sent.violation };
}

function readWith(state: State, worker: Worker, pass: Pass, fault: Fault, rules: Rules): StepResult {
  switch (fault) {
    case "none":
      return read(state, worker, pass, rules);
    case "stale":
      return read({ ...state, keys: lagging(state) }, worker, pass, rules);
    default:
      return failed("rejected");
  }
}

function read(state: State, worker: Worker, { view, uid, step }: Pass, { codecs }: Rules): StepResult {
  if (step.kind === "reserve-key") return answerReservation(view, step, worker.refused, state.now);
  return { outcome: "done", observed: observe(state, worker.apiKey, readerIn(view, uid), step, codecs) };
}

/** The ApiKey as a pass knows it; of one that is gone, no more than its name. */
function readerIn({ object }: View, uid: string): Reader {
  if (object.state === "present") return readerOf(object);
  return { uid, mode: "", keepsPrevious: false, fingerprint: undefined, retiring: [] };
}

function requestOf({ apiKey, installation }: Worker, { view, uid, epoch, step, received }: Pass): Request {
  const { object, secret } = view;
  const { mode, keepsPrevious, fingerprint, retiring } = readerIn(view, uid);
  const present = object.state === "present" ? object : undefined;
  const desired = present !== undefined && "mode" in present.desired ? present.desired : undefined;
  return {
    apiKey,
    uid,
    epoch,
    step,
    resourceVersion: present?.resourceVersion ?? "",
    generation: present?.generation ?? 0,
    mode,
    fingerprint,
    retiring,
    installation,
    description: desired?.description ?? "",
    keepsPrevious,
    sawActive: isSeenActive(view),
    sawOwn: seenOwn(view, step),
    sawOver: isSeenOver(view, step),
    knewSecret: secret.state === "present",
    hasValue: received.includes(valueBy(step, secret) ?? ""),
  };
}

/** The fingerprint of the value that a step writes, or takes back. */
function valueBy(step: Step, secret: View["secret"]): string | undefined {
  if (step.kind === "commit-secret") return step.record.fingerprint;
  const takesBack = step.kind === "take-back-secret" && secret.state === "present";
  return takesBack ? secret.fingerprint : undefined;
}

function isSeenOver({ now, object }: View, step: Step): boolean {
  if (step.kind !== "revoke-key" || object.state === "gone") return false;
  return object.status.previous.some(({ keyId, revokeAt }) => keyId === step.keyId && revokeAt <= now);
}

function seenOwn({ owner, pass: { remote } }: View, step: Step): readonly string[] {
  return Object.entries(remote).flatMap(([id, key]) => {
    if (step.kind !== "write-status" && !("keyId" in step && step.keyId === id)) return [];
    const tag = typeof key === "object" ? tagOf(key.description) : undefined;
    return isOwnTag(tag) && tag.owner === owner ? [id] : [];
  });
}

function isSeenActive({ object, pass: { remote } }: View): boolean {
  const seen = object.state === "present" ? remote[object.status.keyId ?? ""] : undefined;
  return typeof seen === "object" && seen.status === "active";
}

function fold(state: State, index: number, pass: Pass, result: StepResult, rules: Rules): State {
  const view = rules.applyResult(pass.view, pass.step, result, state.now);
  const done = result.outcome === "done";
  const pause = pauseAfterStep(pass.view, result, view);
  const epoch = done && pass.step.kind === "read-object" ? state.epoch : pass.epoch;
  const minted = done ? result.observed.minted : undefined;
  const received = minted === undefined ? pass.received : [...pass.received, minted.fingerprint];
  return goOn(state, index, { uid: pass.uid, epoch, received, view }, state.now + pause, rules);
}

/** Asks for the next step. To rest changes nothing outside of the process, so that it happens at once. */
function goOn(state: State, index: number, pass: Omit<Pass, "step">, wakeAt: number, rules: Rules): State {
  const step = rules.plan(pass.view);
  const worker = state.workers[index];
  if (worker?.fenced === true && !passesFence(pass.view, step))
    return { ...withWorker(state, index, ended(worker, state.now)), ...NOTHING_REMEMBERED };
  const tagsVerified = state.workers[index]?.tagsVerified === true || pass.view.account.tagsVerified;
  if (step.kind !== "rest")
    return withWorker(state, index, { pass: { ...pass, step }, wakeAt, tagsVerified });
  const rested = step.verdict?.reason;
  return withWorker(noteRefused(settled(state, index, pass.view, rules), index, pass.view), index, {
    pass: undefined,
    wakeAt: step.requeueAt,
    tagsVerified,
    rested,
  });
}

/** Forgets the findings that a pass has looked into. */
function settled(state: State, index: number, view: View, { settle }: Rules): State {
  const apiKey = state.workers[index]?.apiKey ?? -1;
  const findings = state.findings[apiKey];
  if (findings === undefined) return state;
  const left = settle(findings, view);
  return left === findings ? state : { ...state, findings: withElement(state.findings, apiKey, left) };
}

/** A refused key is not asked for again before its pause is over, unless something else is declared. */
function noteRefused(state: State, index: number, view: View): State {
  const { mint } = view.pass;
  if (mint === undefined || view.object.state !== "present") return state;
  const { generation } = view.object;
  const refused = { until: retryTime(view, mint.problem), problem: mint.problem, generation };
  return withWorker(state, index, { refused });
}
