import { ownerOf } from "../../identity.ts";
import { withTag, type Tag } from "../../tag.ts";
import { applyResult } from "../apply-result.ts";
import { pauseAfterFailure } from "../results/pending-commit.ts";
import type { Observed, StepResult } from "../results/step-result.ts";
import { plan } from "../plan.ts";
import { keptPrevious } from "../records/previous-value.ts";
import { isEffect, type Step } from "../step.ts";
import { newPass, type Claims } from "../view/pass.ts";
import type { CommitRecord, SecretView } from "../view/secret.ts";
import type { ObjectView } from "../view/object.ts";
import type { Problem } from "../view/problem.ts";
import type { Verdict } from "../view/status.ts";
import type { View } from "../view/view.ts";
import type { StoredObject, StoredSecret } from "./api-server.ts";
import { secretNameOf } from "./auditor.ts";
import { claimsAmong } from "./claims.ts";
import { fingerprintOf, hintOf, shown, type VendorKey } from "./vendor.ts";
import type { World } from "./world.ts";

/** What may go wrong with one step. */
export type Fault =
  | "none"
  | "crash-before"
  | "crash-after"
  /** The effect happens, its answer is lost. */
  | "answer-lost"
  /** Nothing happens, and nobody can tell. */
  | "never-arrived"
  /** Nobody can tell, and the effect comes later. */
  | "late"
  | "rejected"
  /** Somebody edits the target first, so that the guard does not hold. */
  | "conflict";

/** One controller process at work on one object: it gathers, plans, applies and folds, step by step. */
export class Controller {
  readonly name: string;
  readonly #world: World;
  readonly object: string;
  readonly #readOnly: boolean;
  #view: View | undefined;
  #uid = "";
  #secret = "";
  /** Values this process holds; a crash loses them. */
  #values = new Map<string, string>();
  #tagsVerified = false;
  /** When the next step, or the next pass, may begin. */
  wakeAt: number | undefined = 0;
  /** What the last pass rested with. */
  lastVerdict: Verdict | undefined;
  /** How many effects it has had, for asking whether a world is at rest. */
  effects = 0;

  constructor(world: World, name: string, object: string, readOnly = false) {
    this.#world = world;
    this.name = name;
    this.object = object;
    this.#readOnly = readOnly;
  }

  get isBusy(): boolean {
    return this.#view !== undefined;
  }

  /** The step that the pass under way would take now. */
  get nextStep(): Step | undefined {
    return this.#view === undefined ? undefined : plan(this.#view);
  }

  /** Begins a pass, or takes the next step of the one under way. @returns the step taken, if any. */
  advance(faultFor: (step: Step) => Fault, lag: { object: number; secret: number }): Step | undefined {
    const view = this.#view;
    if (view === undefined) {
      this.#begin(lag);
      return undefined;
    }
    const step = plan(view);
    if (step.kind === "rest") {
      this.#log(`rests: ${step.verdict?.reason ?? "nothing to say"}`);
      this.#view = undefined;
      this.wakeAt = step.requeueAt;
      this.lastVerdict = step.verdict;
      return step;
    }
    this.#take(view, step, faultFor(step));
    return step;
  }

  crash(): void {
    this.#log("crashes");
    this.#view = undefined;
    this.#values = new Map();
    this.wakeAt = this.#world.now;
  }

  #begin(lag: { object: number; secret: number }): void {
    const { api } = this.#world;
    const object = api.cachedObject(this.object, lag.object);
    if (object === undefined) {
      this.wakeAt = undefined;
      return;
    }
    this.#uid = object.uid;
    this.#secret = secretNameOf(object);
    this.wakeAt = this.#world.now;
    const secret = api.cachedSecret(secretNameOf(object), lag.secret);
    const pass = newPass(this.#world.newAttempt());
    this.#view = {
      now: this.#world.now,
      timing: this.#world.timing,
      installation: this.#world.installation,
      owner: ownerOf(object.uid),
      readOnly: this.#readOnly,
      object: { ...objectView(object), read: "cached" },
      secretClaimedBy: lag.object === 0 ? this.#claimedBy(object) : undefined,
      secret: secretView(secret, object.uid, "cached"),
      account: {
        usable: { accountId: this.#world.accountId },
        mintProblem: undefined,
        tagsVerified: this.#tagsVerified,
        adoptKeyIds: this.#world.adoptKeyIds,
      },
      dependents: { state: "unread" },
      findings: this.#world.findingsOf(object),
      pass,
    };
    this.#log(`begins a pass (attempt ${pass.freshAttemptId} at hand, lag ${lag.object}/${lag.secret})`);
  }

  #claimedBy(object: StoredObject): string | undefined {
    const first = [...this.#world.api.objects.values()].find(
      (other) => secretNameOf(other) === secretNameOf(object),
    );
    return first === undefined || first.uid === object.uid ? undefined : first.name;
  }

  #take(view: View, step: Step, fault: Fault): void {
    if (fault === "crash-before") return this.crash();
    const result = isEffect(step) ? this.#affect(view, step, fault) : this.#read(step, fault);
    if (fault === "crash-after") return this.crash();
    this.#log(`${describeStep(step)} → ${result.outcome}${fault === "none" ? "" : ` (${fault})`}`);
    const next = applyResult(view, step, result, this.#world.now);
    this.#tagsVerified ||= next.account.tagsVerified;
    this.#view = next;
    this.wakeAt = this.#world.now + (result.outcome === "done" ? 0 : pauseAfterFailure(next));
  }

  #read(step: Step, fault: Fault): StepResult {
    if (fault !== "none" && fault !== "crash-after") return failed("rejected");
    return { outcome: "done", observed: this.#observe(step) };
  }

  #affect(view: View, step: Step, fault: Fault): StepResult {
    const world = this.#world;
    this.effects += 1;
    if (fault === "rejected") return failed("rejected");
    if (fault === "never-arrived") return failed("unknown");
    if (asksTooLate(step, world)) return failed("rejected");
    if (fault === "conflict") world.disturb(this.object, this.#secret, step);
    const { auditor } = world;
    const values = this.#values;
    const perform = (): StepResult => {
      const result = this.#perform(view, step, values);
      auditor.afterEffect();
      return result;
    };
    if (fault === "late") {
      if (step.kind === "mint") auditor.beforePost(step.attempt.id);
      world.later(`${this.name}'s ${step.kind}`, () => {
        perform();
        if (step.kind === "commit-secret") auditor.late.add(world.api.secrets.get(this.#secret)?.uid ?? "");
      });
      return failed("unknown");
    }
    if (step.kind === "mint") auditor.beforePost(step.attempt.id);
    const result = perform();
    return fault === "answer-lost" && result.outcome === "done" ? failed("unknown") : result;
  }

  #observe(step: Step): Observed {
    const { api, vendor } = this.#world;
    switch (step.kind) {
      case "read-object": {
        const object = api.objects.get(this.object);
        return { object: object?.uid === this.#uid ? objectView(object) : { state: "gone" } };
      }
      case "read-secret":
        return { secret: this.#secretView() };
      case "get-key": {
        const key = vendor.keys.get(step.keyId);
        return { remote: key === undefined ? "absent" : shown(key) };
      }
      case "list-keys": {
        const keys = vendor.active().filter((key) => key.description.includes(ownerOf(this.#uid)));
        return { listing: { startedAt: this.#world.now, keys: keys.map((key) => shown(key)) } };
      }
      case "find-claims":
        return { claims: this.#claims(step) };
      case "read-workloads":
        return { dependents: { state: "read", workloads: [this.#world.workloads.shown(this.object)] } };
      default:
        return {};
    }
  }

  #claims(step: Step & { kind: "find-claims" }): Claims {
    const others = [...this.#world.api.objects.values()].filter(({ uid }) => uid !== this.#uid);
    return claimsAmong(others, step, ownerOf);
  }

  #perform(view: View, step: Step, values: Map<string, string>): StepResult {
    const { api, vendor, auditor } = this.#world;
    switch (step.kind) {
      case "add-finalizer":
        return this.#writeObject(view, { finalizer: true });
      case "remove-finalizer":
        return this.#writeObject(view, { finalizer: false });
      case "write-status": {
        const observedGeneration = view.object.state === "present" ? view.object.generation : 0;
        return this.#writeObject(view, { status: step.status, verdict: step.verdict, observedGeneration });
      }
      case "preflight-secret": {
        const exists = api.secrets.has(this.#secret);
        const asCreate = view.secret.state !== "present";
        return exists === asCreate ? failed("rejected", true) : { outcome: "done", observed: {} };
      }
      case "mint":
      case "roll":
        return this.#ask(view, step, values);
      case "commit-secret":
      case "rewrite-secret":
        return this.#writeSecret(view, step, values);
      case "touch-secret":
        return this.#touched(step);
      case "delete-secret":
      case "take-back-secret":
        return api.deleteSecret(this.#secret, step.guard) === "done"
          ? { outcome: "done", observed: {} }
          : failed("rejected", true);
      case "revoke-key":
        auditor.beforeRevoke(step.keyId, this.#world.now, step.reason);
        vendor.revoke(step.keyId);
        return { outcome: "done", observed: {} };
      case "restart-workload": {
        const { workloads } = this.#world;
        const outcome = workloads.restart(this.object, step.workload, step.fingerprint);
        if (outcome === "conflict") return failed("rejected", true);
        return { outcome: "done", observed: { restarted: workloads.shown(this.object) } };
      }
      case "tag-key": {
        auditor.beforeAdoption(step.keyId, this.#world.now, this.#world.timing.settleTime);
        const key = vendor.describe(step.keyId, step.description, this.#world.now);
        return key === undefined ? failed("rejected") : { outcome: "done", observed: { remote: shown(key) } };
      }
      case "describe-key": {
        if (step.why === "Undone") auditor.beforeUndo(step.keyId);
        else auditor.beforeHarm("untag", step.keyId);
        const key = vendor.describe(step.keyId, step.description, this.#world.now);
        return { outcome: "done", observed: { remote: key === undefined ? "absent" : shown(key) } };
      }
      default:
        throw new TypeError(`${step.kind} is no effect`);
    }
  }

  #ask(view: View, step: Step & { kind: "mint" | "roll" }, values: Map<string, string>): StepResult {
    const { vendor, auditor, now, installation } = this.#world;
    const { attempt } = step;
    if (step.kind === "roll") auditor.beforeRoll(step.keyId, now, this.#world.timing.settleTime);
    const desired = view.object.state === "present" ? view.object.desired : undefined;
    if (desired === undefined || !("mode" in desired)) throw new TypeError("nothing is desired");
    const tag: Tag = { installation, owner: view.owner, revision: attempt.revision, attempt: attempt.id };
    const key =
      step.kind === "roll"
        ? vendor.roll(step.keyId)
        : vendor.create(desired.mode, withTag(desired.description, tag), now);
    if (key === undefined) return failed("rejected");
    values.set(key.id, key.value);
    return { outcome: "done", observed: { minted: mintedFrom(key) } };
  }

  #writeObject(view: View, changes: Partial<StoredObject>): StepResult {
    const { api } = this.#world;
    const { object } = view;
    if (object.state === "gone") throw new TypeError("an object that is gone is not written");
    const outcome = api.updateObject(this.object, object, changes);
    if (outcome === "conflict") return failed("rejected", true);
    const stored = api.objects.get(this.object);
    return {
      outcome: "done",
      observed: { object: stored === undefined ? { state: "gone" } : objectView(stored) },
    };
  }

  #writeSecret(
    view: View,
    step: Step & { kind: "commit-secret" | "rewrite-secret" },
    values: ReadonlyMap<string, string>,
  ): StepResult {
    const { api, auditor } = this.#world;
    const name = this.#secret;
    const existing = api.secrets.get(name);
    const guard = step.kind === "rewrite-secret" ? step.guard : step.replaces;
    const value = step.kind === "rewrite-secret" ? existing?.value : values.get(step.record.keyId);
    if (value === undefined && step.kind === "commit-secret")
      throw new TypeError("a commit without a pending commit");
    const previous = previousValue(view, step.record, existing);
    const content = { owner: this.#uid, record: step.record, value, previous };
    const guarded = guard !== undefined && existing?.resourceVersion === guard.resourceVersion;
    if (guarded) auditor.beforeSecretWrite(existing, this.#uid, value);
    const outcome =
      guard === undefined
        ? api.createSecret(name, { ...content, touchedFor: undefined })
        : api.updateSecret(name, guard, content);
    if (outcome === "conflict") return failed("rejected", true);
    if (guard === undefined) auditor.afterCreate(api.secrets.get(name)?.uid ?? "", step.record.attempt);
    return { outcome: "done", observed: { secret: this.#secretView() } };
  }

  #touched(step: Step & { kind: "touch-secret" }): StepResult {
    const outcome = this.#world.api.updateSecret(this.#secret, step.guard, { touchedFor: step.attempt });
    if (outcome === "conflict") return failed("rejected", true);
    return { outcome: "done", observed: { secret: this.#secretView() } };
  }

  #secretView(): SecretView {
    return secretView(this.#world.api.secrets.get(this.#secret), this.#uid, "live");
  }

  #log(text: string): void {
    this.#world.log(`${this.name}/${this.object} ${text}`);
  }
}

/** What a write of the Secret leaves in the entry for the previous value: taken from what stands there. */
function previousValue(
  { object }: View,
  { previous }: CommitRecord,
  existing: StoredSecret | undefined,
): string | undefined {
  const keeps = object.state === "present" && "mode" in object.desired && object.desired.keepsPrevious;
  const texts = [existing?.value, existing?.previous].filter((text) => text !== undefined);
  const kept = keptPrevious(previous, texts.map(fingerprintOf));
  return keeps === true ? texts.find((text) => fingerprintOf(text) === kept?.fingerprint) : undefined;
}

/** A POST whose write-ahead is too old is not sent: whoever takes the attempt over must not meet it. */
function asksTooLate(step: Step, world: World): boolean {
  const asks = step.kind === "mint" || step.kind === "roll" || step.kind === "tag-key";
  return asks && world.now > step.attempt.startedAt + world.timing.postWindow;
}

function failed(outcome: "rejected" | "unknown", conflict = false): StepResult {
  const problem: Problem = { reason: "ManagementAPIUnavailable", message: "a fault", transient: true };
  return { outcome, problem, conflict };
}

function mintedFrom(key: VendorKey): NonNullable<Observed["minted"]> {
  return { keyId: key.id, fingerprint: fingerprintOf(key.value), hint: key.hint, createdAt: key.createdAt };
}

function objectView(object: StoredObject): ObjectView {
  const deletion = { policy: "Revoke", protection: false } as const;
  return { ...object, deletion, state: "present", read: "live", namespaceTerminating: false };
}

function secretView(secret: StoredSecret | undefined, uid: string, read: "cached" | "live"): SecretView {
  if (secret === undefined) return { state: "absent", read };
  const { owner, value, previous, record } = secret;
  const texts = [value, previous].filter((text) => text !== undefined);
  return {
    state: "present",
    read,
    uid: secret.uid,
    resourceVersion: secret.resourceVersion,
    owner: owner === uid ? "this" : owner === undefined ? "none" : "other",
    ownedBy: owner === undefined || owner === uid ? undefined : ownerOf(owner),
    record,
    fingerprint: value === undefined ? undefined : fingerprintOf(value),
    hint: value === undefined ? undefined : hintOf(value),
    mode: value === undefined ? undefined : "live",
    previous: previous === undefined ? undefined : fingerprintOf(previous),
    entries: texts.map(fingerprintOf),
    immutable: false,
    shape: owner === uid && record !== undefined ? "declared" : "different",
    touchedFor: secret.touchedFor,
  };
}

function describeStep(step: Step): string {
  switch (step.kind) {
    case "write-status":
      return `write-status ${step.why}`;
    case "mint":
    case "roll":
      return `${step.kind} ${step.attempt.id}`;
    case "commit-secret":
      return `commit-secret ${step.record.keyId} (${step.replaces === undefined ? "create" : "replace"})`;
    case "get-key":
    case "revoke-key":
      return `${step.kind} ${step.keyId}`;
    default:
      return step.kind;
  }
}
