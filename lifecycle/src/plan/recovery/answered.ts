import { type AbandonedAttempt, type Attempt, attemptThatLeft, isAdoption, isLeftBy } from "../../attempt.ts";
import type { RemoteKey } from "../../evidence.ts";
import { ADOPTED, parseTag } from "../../tag.ts";
import { act, type Decision } from "../decision.ts";
import { keyState } from "../records/key-state.ts";
import { pins } from "../records/write-ahead.ts";
import { recordWithoutAttempt } from "../records/status-record.ts";
import { problemVerdict } from "../records/verdicts.ts";
import type { PassView } from "../view/pass.ts";
import type { StatusRecord } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";
import { abandonAttempt, unknownVerdict } from "./abandon.ts";

type Answer = NonNullable<PassView["mint"]>;

/**
 * Ends an attempt whose request was answered without a key. An answer without a certain outcome is recovered; after a
 * refusal the next attempt may follow at once.
 *
 * Invariant: whoever has sent a create keeps the attempt on record, whatever the answer was, until a listing or the
 * inventory has looked for its key. Something on the way may have repeated the request, so that a refusal of the second
 * one is the answer to a first one that took effect.
 */
export function endAnswered(view: PresentView, attempt: Attempt, answer: Answer): Decision {
  if (answer.outcome === "unknown") return abandon(view, attempt, answer);
  if (answer.problem.reason === "TestKeyExists" && attempt.op === "create") {
    const { listing } = view.pass;
    if (listing === undefined) return act({ kind: "list-keys" });
    const active = listing.keys.filter(({ status }) => status === "active");
    // The answer was the second one's, and the first one has made the key that stands in its way.
    if (active.some((key) => isLeftBy(key, attempt, view.timing))) return abandon(view, attempt, answer);
    const recovered = recoverTestKey(view, attempt, answer, active);
    if (recovered !== undefined) return recovered;
  }
  if (isAdoption(attempt) && mayCarryTag(attempt, answer)) return abandon(view, attempt, answer);
  return act({
    kind: "write-status",
    why: "ClearAttempt",
    status: withoutRefused(view, attempt, answer),
    verdict: problemVerdict(view, answer.problem),
  });
}

/** Whether an adoption's tag may stand: also where the request to put it on was refused, and always before its roll. */
function mayCarryTag({ op }: Attempt, { unsent }: Answer): boolean {
  return op === "roll" || unsent !== true;
}

function abandon(view: PresentView, attempt: Attempt, { problem }: Answer): Decision {
  return act({
    kind: "write-status",
    why: "Abandon",
    status: abandonAttempt(view, attempt, { undelivered: true }),
    verdict: unknownVerdict(view, attempt, problem.message),
  });
}

/** A roll leaves no key of its own, and that its key has another value is what inventories look for. */
function withoutRefused(view: PresentView, attempt: Attempt, { unsent }: Answer): StatusRecord {
  if (unsent === true || attempt.op !== "create") return recordWithoutAttempt(view.object.status);
  const status = abandonAttempt(view, attempt, { undelivered: true, refused: true });
  return { ...status, abandoned: status.abandoned.filter((each) => !wasLookedFor(view, each)) };
}

/**
 * Whether a listing of this pass would have shown what a refused attempt has left. A test key is refused every minute
 * where there is another: its attempts must not pile up.
 */
function wasLookedFor({ pass: { listing }, timing }: PresentView, attempt: AbandonedAttempt): boolean {
  if (attempt.refused !== true || listing === undefined) return false;
  if (listing.startedAt < attempt.abandonedAt + timing.settleTime) return false;
  return !listing.keys.some((key) => isLeftBy(key, attempt, timing));
}

/**
 * The account's one test key, where it carries the tag of this very ApiKey and no record knows it: a restore of etcd has
 * forgotten it. It is recorded, so that it is rolled: without its value it can be neither used nor replaced.
 */
function recoverTestKey(
  view: PresentView,
  attempt: Attempt,
  answer: Answer,
  active: readonly RemoteKey[],
): Decision | undefined {
  const { status } = view.object;
  const found = active.find((key) => key.mode === "test" && isOwn(view, key));
  if (found === undefined) return undefined;
  const known = keyState(view, found.id);
  if (known.state === "unknown") return act({ kind: "get-key", keyId: found.id });
  if (known.state !== "ours") return undefined;
  const { id, hint, createdAt, description } = known.key;
  const tag = parseTag(description);
  const { fingerprint: _ofAnotherKey, lastRotatedAt: _when, ...kept } = withoutRefused(view, attempt, answer);
  return act({
    kind: "write-status",
    why: "Rebuilt",
    status: {
      ...kept,
      ...pins(view),
      keyId: id,
      ...(tag === undefined ? {} : { keyAttempt: tag.attempt }),
      mode: "test",
      hint,
      createdAt,
      recordedAt: view.now,
      revision: Math.max(status.revision, tag?.revision ?? 1),
    },
    verdict: problemVerdict(view, {
      reason: "Minting",
      message: `test key ${id} is this ApiKey's, and no record knew it; it is rolled, since its value is lost`,
      transient: true,
    }),
  });
}

/** What an abandoned attempt has left is ended by its recovery; what was adopted is taken over by an adoption only. */
function isOwn(view: PresentView, key: RemoteKey): boolean {
  const isLeft = attemptThatLeft(key, view.object.status.abandoned, view.timing) !== undefined;
  const tag = parseTag(key.description);
  return !isLeft && tag !== undefined && tag.revision !== ADOPTED;
}
