import { type Attempt, isAdoption, takeoverTime } from "../../attempt.ts";
import { cutToFit } from "../../description.ts";
import { isClaimed, type RemoteKey } from "../../evidence.ts";
import { own } from "../../own.ts";
import { ADOPTED, parseTag, withoutTag, withTag } from "../../tag.ts";
import { adoptionDue, judgeAdoption, judgeSecret, standingObstacle } from "../adoption/gates.ts";
import { carriesTagOf } from "../adoption/undo.ts";
import { act, type Decision, restOn } from "../decision.ts";
import { askAllowance, refusedAllowance } from "../../allowance/ask.ts";
import { adoptedRecord } from "../records/commit-record.ts";
import { rehearsal } from "../records/rehearsal.ts";
import { recordWith, recordWithoutAttempt } from "../records/status-record.ts";
import { isDelivered, problemVerdict, retryTime } from "../records/verdicts.ts";
import { nextRevision, pins } from "../records/write-ahead.ts";
import { abandonAttempt } from "../recovery/abandon.ts";
import { isProblem, type Problem } from "../view/problem.ts";
import type { Verdict } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";

const TAG_LOST = "its tag is gone";
const VALUE_FOUND = "the Secret holds the key's value now, so that it is not rolled";

type Adoption = Attempt & { readonly description: string; readonly keyId: string };

/**
 * Takes a key over that somebody else has made, instead of minting one: finalizer, dry run, write-ahead, its tag on the
 * key, a settle time, and only then the Secret. A value that stands there is kept; without one the key is rolled.
 *
 * Invariant: the key goes to whoever's tag stands after the settle time, which is longer than anybody may wait between
 * a look at the key and the effect of tagging it. Whatever is cut off before the commit is undone, and never revoked.
 */
export function adoptWhenDeclared(view: PresentView): Decision | undefined {
  const { attempt } = view.object.status;
  if (attempt !== undefined) return isAdoption(attempt) ? follow(view, attempt) : undefined;
  const keyId = adoptionDue(view);
  return keyId === undefined ? undefined : begin(view, keyId);
}

function begin(view: PresentView, keyId: string): Decision {
  const judged = judgeAdoption(view, keyId);
  if (!("key" in judged)) return judged;
  // A key that is taken over counts as one that is made.
  const asked = askAllowance(view, { reason: "Adopted", op: "create" });
  if (asked !== undefined) return asked;
  if (!view.object.finalizer) return act({ kind: "add-finalizer" });
  const attempt: Adoption = {
    id: view.pass.freshAttemptId,
    op: "adopt",
    keyId,
    revision: nextRevision(view),
    startedAt: view.now,
    reason: "Adopted",
    description: originalOf(view, judged.key),
  };
  const refused = preflight(view, attempt);
  if (refused !== undefined) return isProblem(refused) ? restOn(view, refused) : refused;
  // An attempt names one key: whoever has used up the ID of this pass begins another pass for the next.
  if (view.pass.ownAttempt !== undefined) return { verdict: undefined, requeueAt: view.now };
  return writeAhead(view, attempt);
}

function preflight(view: PresentView, attempt: Adoption): Decision | Problem | undefined {
  const { pass } = view;
  if (pass.preflight === "due") return act(rehearsal(view, attempt));
  return pass.preflight === "passed" ? pass.shapeProblem : pass.preflight;
}

function writeAhead(view: PresentView, attempt: Adoption): Decision {
  const status = recordWith(view, { ...pins(view), attempt });
  const what = attempt.op === "roll" ? "roll" : "adopt";
  const message = `attempt ${attempt.id} to ${what} key ${attempt.keyId} is recorded (${attempt.reason})`;
  return act({
    kind: "write-status",
    why: "WriteAhead",
    status,
    verdict: progress(view, "Minting", message),
  });
}

function follow(view: PresentView, attempt: Adoption): Decision {
  if (adoptionDue(view) !== attempt.keyId) return giveUp(view, attempt, "spec.adopt no longer asks for it");
  if (attempt.op === "roll") return rollIt(view, attempt);
  return attempt.taggedAt === undefined ? putTagOn(view, attempt) : takeOver(view, attempt);
}

/** Only over the very description that is on record: whoever has changed it meanwhile may be another adoption. */
function putTagOn(view: PresentView, attempt: Adoption): Decision {
  const { keyId } = attempt;
  const remote = own(view.pass.remote, keyId);
  if (remote === undefined) return act({ kind: "get-key", keyId });
  if (view.pass.tagged !== attempt.id) {
    if (remote === "absent" || originalOf(view, remote) !== attempt.description) return startOver(view);
    return act({ kind: "tag-key", attempt, keyId, description: taggedText(view, attempt) });
  }
  if (!carriesTagOf(view, remote, attempt)) return giveUp(view, attempt, "the key did not keep the tag");
  const tagged = { ...attempt, taggedAt: view.now };
  return act({
    kind: "write-status",
    why: "Tagged",
    status: recordWith(view, { attempt: tagged }),
    verdict: settlingVerdict(view, tagged),
  });
}

function startOver(view: PresentView): Decision {
  return act({
    kind: "write-status",
    why: "ClearAttempt",
    status: recordWithoutAttempt(view.object.status),
    verdict: progress(
      view,
      "Adopting",
      "another process changed the key meanwhile; the adoption starts again",
    ),
  });
}

/** What an undone adoption puts back: a tag of this very ApiKey is only what a lost record has left. */
function originalOf(view: PresentView, { id, description }: RemoteKey): string {
  const tag = parseTag(description);
  const isOwn = tag?.owner === view.owner && isClaimed(tag.installation, view);
  return isOwn ? withoutTag(description) || id : description;
}

/** The text stays, as far as it fits: it is somebody else's, and says what the key is for. */
function taggedText({ installation, owner }: PresentView, { id, description }: Adoption): string {
  const tag = { installation, owner, revision: ADOPTED, attempt: id };
  return withTag(cutToFit(withoutTag(description)), tag);
}

function takeOver(view: PresentView, attempt: Adoption): Decision {
  const settled = settledTime(view, attempt);
  if (view.now < settled) return { verdict: settlingVerdict(view, attempt), requeueAt: settled };
  const obstacle = standingObstacle(view, attempt.keyId);
  if (obstacle !== undefined) return waitFor(view, attempt, obstacle);
  const { keyId } = attempt;
  const remote = own(view.pass.remote, keyId);
  if (remote === undefined) return act({ kind: "get-key", keyId });
  if (!carriesTagOf(view, remote, attempt)) return giveUp(view, attempt, TAG_LOST);
  return deliver(view, attempt, remote);
}

/** What stands in the way may go while the attempt is young; then it is given up. */
function waitFor(view: PresentView, attempt: Adoption, problem: Problem): Decision {
  const requeueAt = Math.min(retryTime(view, problem), takeoverTime(attempt, view.timing));
  return { verdict: problemVerdict(view, problem), requeueAt };
}

function deliver(view: PresentView, attempt: Adoption, key: RemoteKey): Decision {
  const judged = judgeSecret(view, key, attempt.description);
  if ("step" in judged) return judged;
  if ("problem" in judged) return giveUp(view, attempt, judged.problem.message);
  if (judged.value === "roll") {
    const full = refusedAllowance(view);
    if (full !== undefined) return waitFor(view, attempt, full.problem);
    if (view.pass.allowance === undefined) return act({ kind: "reserve-key", reason: "Adopted", op: "roll" });
  }
  const refused = preflight(view, attempt);
  if (refused !== undefined) return isProblem(refused) ? waitFor(view, attempt, refused) : refused;
  if (judged.value === "roll") {
    const { taggedAt: _settled, ...adoption } = attempt;
    return writeAhead(view, { ...adoption, op: "roll", startedAt: view.now });
  }
  const { uid, resourceVersion, fingerprint } = judged.secret;
  const record = adoptedRecord(view, attempt, key, fingerprint);
  return act({ kind: "rewrite-secret", why: "Adopted", guard: { uid, resourceVersion }, record });
}

function rollIt(view: PresentView, attempt: Adoption): Decision {
  const { keyId } = attempt;
  const remote = own(view.pass.remote, keyId);
  if (remote === undefined) return act({ kind: "get-key", keyId });
  if (!carriesTagOf(view, remote, attempt)) return giveUp(view, attempt, TAG_LOST);
  // The Secret may have come, or changed hands, since the roll was decided on: its value ends with the roll.
  const judged = judgeSecret(view, remote, attempt.description);
  if ("step" in judged) return judged;
  if ("problem" in judged) return giveUp(view, attempt, judged.problem.message);
  if (judged.value === "keep") return giveUp(view, attempt, VALUE_FOUND);
  return act({ kind: "roll", attempt, keyId });
}

/** The attempt is recorded as abandoned; from there on its recovery puts the key's description back. */
function giveUp(view: PresentView, attempt: Adoption, why: string): Decision {
  const message = `the adoption of key ${attempt.keyId} is given up, and undone: ${why}`;
  return act({
    kind: "write-status",
    why: "Abandon",
    status: abandonAttempt(view, attempt),
    verdict: progress(view, "AdoptionUndone", message),
  });
}

function settledTime({ timing }: PresentView, { taggedAt = 0 }: Attempt): number {
  return taggedAt + timing.settleTime;
}

function settlingVerdict(view: PresentView, attempt: Adoption): Verdict {
  const at = new Date(settledTime(view, attempt)).toISOString();
  const message = `key ${attempt.keyId} carries the tag of this ApiKey; it is taken over at ${at}, if the tag is still there then`;
  return progress(view, "Adopting", message);
}

function progress(view: PresentView, reason: Verdict["reason"], message: string): Verdict {
  return { ready: isDelivered(view), reason, message, progress: "reconciling" };
}
