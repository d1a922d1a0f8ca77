import {
  isProblem,
  isSettled,
  type Attempt,
  type DescribeReason,
  type RevokeReason,
  type Step,
  type StepResult,
  type Verdict,
  type View,
} from "@signatureapi-keys/lifecycle";
import type { Logger } from "pino";
import type { EventSink } from "../events.ts";
import type { KubeObject } from "../kube/index.ts";
import type { ControllerMetrics } from "../metrics.ts";
import { restartName } from "../resources/names.ts";
import type { ApiKeyDocument, ApiKeyRef } from "./document.ts";
import { conditionsOf } from "./status-codec.ts";

/** The ApiKey that an entry is about. */
interface Subject {
  readonly ref: ApiKeyRef;
  readonly memory: { readonly object: ApiKeyDocument };
}

/** The pass that an entry is about. */
interface Pass extends Subject {
  readonly view: View;
}

/**
 * Reports what happens to ApiKeys: events on the object, an audit log, and metrics. It is given IDs and
 * reasons, and never a value.
 */
export class ApiKeyJournal {
  readonly #log: Logger;
  readonly #events: EventSink;
  readonly #metrics: ControllerMetrics;

  constructor(log: Logger, events: EventSink, metrics: ControllerMetrics) {
    this.#log = log;
    this.#events = events;
    this.#metrics = metrics;
  }

  /** A key was made, or got a new value. */
  minted(subject: Subject, attempt: Attempt, keyId: string): void {
    this.#metrics.mints.inc({ outcome: "done" });
    this.#audit(subject, "key minted", {
      keyId,
      op: attempt.op,
      reason: attempt.reason,
      attempt: attempt.id,
    });
    this.#event(subject, "Normal", "KeyMinted", "Mint", mintedNote(attempt, keyId));
  }

  /** A request for a key failed. The conditions and their event say why. */
  mintFailed(subject: Subject, attempt: Attempt, outcome: "rejected" | "unknown"): void {
    this.#metrics.mints.inc({ outcome });
    this.#audit(subject, "no key minted", {
      op: attempt.op,
      reason: attempt.reason,
      attempt: attempt.id,
      outcome,
    });
  }

  /** A key was revoked, or was gone already. */
  revoked(subject: Subject, keyId: string, reason: RevokeReason, alreadyRevoked: boolean): void {
    this.#metrics.revocations.inc({ reason });
    this.#audit(subject, "key revoked", { keyId, reason, alreadyRevoked });
    this.#event(subject, "Normal", "KeyRevoked", "Revoke", `revoked key ${keyId} (${reason})`);
  }

  /** A key's description was replaced. */
  described(subject: Subject, keyId: string, why: DescribeReason): void {
    if (why === "Retained") this.#retained(subject, keyId);
    else if (why === "Moved") this.#moved(subject, keyId);
    else this.#undone(subject, keyId);
  }

  /** An adoption has begun: its tag is on the key. */
  adopting(subject: Subject, keyId: string): void {
    this.#audit(subject, "key tagged for adoption", { keyId });
    const note = `put the tag of this ApiKey on key ${keyId}; it is taken over if the tag is still there after the settle time`;
    this.#event(subject, "Normal", "KeyTagged", "Adopt", note);
  }

  /** A key was taken over together with the value in the Secret. @param owners who else owns that Secret. */
  adopted(subject: Subject, keyId: string, owners: readonly string[]): void {
    this.#audit(subject, "key adopted", { keyId });
    const note = `adopted key ${keyId} with the value that the Secret holds: nothing changes for its users`;
    this.#event(subject, "Normal", "KeyAdopted", "Adopt", note);
    if (owners.length > 0) this.#ownedElsewhere(subject, owners);
  }

  #ownedElsewhere(subject: Subject, owners: readonly string[]): void {
    const secret = subject.memory.object.secretName;
    const note = `Secret ${secret}, which was adopted, has other owners: ${shortList(owners)}. Stop them: they may delete the Secret, or write an old value`;
    this.#log.warn({ ...fields(subject.ref), reason: "SecretOwnedElsewhere" }, note);
    this.#event(subject, "Warning", "SecretOwnedElsewhere", "Adopt", note);
  }

  #undone(subject: Subject, keyId: string): void {
    this.#audit(subject, "adoption undone", { keyId });
    const note = `restored the description of key ${keyId}: its adoption was not completed`;
    this.#event(subject, "Normal", "AdoptionUndone", "Adopt", note);
  }

  /** A key was given up without being revoked. */
  #retained(subject: Subject, keyId: string): void {
    this.#audit(subject, "key retained", { keyId });
    this.#event(
      subject,
      "Normal",
      "KeyRetained",
      "Retain",
      `removed the tag from key ${keyId}: it stays active, and no ApiKey manages it`,
    );
  }

  /** A workload was restarted for a new value: events on the ApiKey and on the workload. */
  restarted(subject: Subject, workload: KubeObject): void {
    const { kind, metadata } = workload;
    const { ref } = subject;
    this.#metrics.restarts.inc({ kind });
    this.#log.info(
      { audit: true, ...fields(ref), workload: `${kind} ${metadata.name}` },
      "workload restarted for a new value",
    );
    this.#event(
      subject,
      "Normal",
      "DependentRestarted",
      "Restart",
      `restarted ${kind} ${metadata.name} for the new value`,
    );
    this.#events.record(workload, {
      type: "Normal",
      reason: "RestartedForApiKey",
      action: "Restart",
      note: `restarted, since the value of ApiKey ${ref.name} has changed; the label ${restartName(ref.name)} asks for it`,
    });
  }

  /** A key of an installation that has moved here was tagged anew. */
  #moved(subject: Subject, keyId: string): void {
    this.#audit(subject, "key taken over from a previous installation", { keyId });
    const note = `key ${keyId} carries the tag of this installation from now on`;
    this.#event(subject, "Normal", "KeyMoved", "Move", note);
  }

  /** The value of a key that retires is gone from the entry that kept it. */
  previousLost(subject: Subject, keyId: string, entry: string): void {
    const note = `the value of previous key ${keyId} was edited or removed in entry ${entry} of the Secret, and cannot be made again. The entry is dropped, and the key stays active until its overlap is over`;
    this.#log.warn({ ...fields(subject.ref), keyId, reason: "PreviousValueLost" }, note);
    this.#event(subject, "Warning", "PreviousValueLost", "Restore", note);
  }

  /** The Secret stays, since others have put entries into it. */
  entriesKept(subject: Subject, secretName: string, entries: readonly string[]): void {
    const note = `removed what this ApiKey had written into Secret ${secretName}; the Secret stays, because others have put entries into it: ${shortList(entries)}`;
    this.#log.info(fields(subject.ref), note);
    this.#event(subject, "Normal", "SecretKept", "Delete", note);
  }

  /** The Secret was deleted by another hand, with entries that this controller cannot make again. */
  entriesLost(subject: Subject, secretName: string, entries: readonly string[]): void {
    const note = `Secret ${secretName} was deleted with entries of others, which the controller cannot restore: ${shortList(entries)}`;
    this.#log.warn({ ...fields(subject.ref), reason: "SecretEntriesLost" }, note);
    this.#event(subject, "Warning", "SecretEntriesLost", "Restore", note);
  }

  /** A record names a key of another owner. */
  foreign(subject: Subject, keyId: string, why: string): void {
    this.#log.warn({ ...fields(subject.ref), keyId, reason: "ForeignKey" }, why);
    this.#event(subject, "Warning", "ForeignKey", "Judge", `${why}; it is not touched`);
  }

  /** Something is odd, and work goes on. */
  warn(subject: Subject, message: string): void {
    this.#log.warn(fields(subject.ref), message);
  }

  /** A step was taken: the trace of a pass, at debug level; failures stand out. */
  stepTaken(context: Pass, step: Step, result: StepResult): void {
    const entry = { ...fields(context.ref), step: step.kind, outcome: result.outcome };
    if (result.outcome === "done") {
      this.#log.debug(entry, "step taken");
    } else {
      this.#log.warn(
        { ...entry, reason: result.problem.reason, conflict: result.conflict },
        result.problem.message,
      );
    }
    if (step.kind === "write-status" && result.outcome === "done") this.#reportProblem(context, step.verdict);
  }

  /** A pass came to rest. */
  rested({ ref, view }: Pass, verdict: Verdict | undefined): void {
    if (verdict === undefined || view.object.state === "gone") return this.forget(ref);
    const { desired, status } = view.object;
    const overdue = status.previous.filter(({ revokeAt }) => revokeAt <= view.now);
    const unsettled = status.abandoned.filter((attempt) => !isSettled(attempt, view.now, view.timing));
    this.#metrics.apiKeys.show(ref, {
      ready: verdict.ready,
      conditions: conditionsOf(verdict, [], { generation: 0, reported: 0 }, new Date(view.now)),
      unsettled: unsettled.length + (status.attempt === undefined ? 0 : 1),
      overdue: overdue.length,
      nextRotationAt: status.nextRotationAt,
    });
    const mode = isProblem(desired) ? undefined : desired.mode;
    const entry = { ...fields(ref), mode, ready: verdict.ready, reason: verdict.reason };
    // Nothing else shows what a read-only controller would do.
    if (verdict.reason === "ReadOnly") this.#log.info(entry, verdict.message);
    this.#log.debug(entry, "at rest");
  }

  /** The object is gone: its series go too. */
  forget(ref: ApiKeyRef): void {
    this.#metrics.apiKeys.forget(ref);
  }

  // An event marks a change: the condition that was there before is not reported again.
  #reportProblem({ ref, memory, view }: Pass, verdict: Verdict): void {
    const before = view.object.state === "present" ? view.object.verdict : undefined;
    // The conditions of a key that works do not tell who has to act.
    const isSame = verdict.ready || before?.progress === verdict.progress;
    if (before?.reason === verdict.reason && isSame) return;
    if (verdict.progress === "stalled" || verdict.reason === "CreateOutcomeUnknown") {
      this.#log.warn({ ...fields(ref), reason: verdict.reason }, verdict.message);
      this.#events.record(memory.object, {
        type: "Warning",
        reason: verdict.reason,
        action: "Reconcile",
        note: verdict.message,
      });
    } else if (verdict.reason === "KeyDelivered" && before?.reason !== "KeyDelivered") {
      this.#events.record(memory.object, {
        type: "Normal",
        reason: verdict.reason,
        action: "Reconcile",
        note: verdict.message,
      });
    }
  }

  #audit(subject: Subject, message: string, details: Record<string, unknown>): void {
    this.#log.info(
      { audit: true, ...fields(subject.ref), uid: subject.memory.object.metadata.uid, ...details },
      message,
    );
  }

  #event(subject: Subject, type: "Normal" | "Warning", reason: string, action: string, note: string): void {
    this.#events.record(subject.memory.object, { type, reason, action, note });
  }
}

/** A test key exists once per account, so a roll leaves a gap that cannot be closed: the event says so. */
function mintedNote({ op, reason }: Attempt, keyId: string): string {
  return op === "roll"
    ? `rolled key ${keyId} (${reason}): its old value stopped at once; its users are refused until they read the new one from the Secret`
    : `minted key ${keyId} (${reason})`;
}

/** An event has room for some names; the rest is counted. */
function shortList(names: readonly string[]): string {
  const MOST = 8;
  const shown = names.slice(0, MOST).join(", ");
  return names.length <= MOST ? shown : `${shown} and ${names.length - MOST} more`;
}

function fields(ref: ApiKeyRef): { kind: string; namespace: string; name: string } {
  return { kind: "ApiKey", namespace: ref.namespace, name: ref.name };
}
