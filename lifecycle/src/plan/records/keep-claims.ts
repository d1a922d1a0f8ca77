import { attemptThatLeft } from "../../attempt.ts";
import { parseTag } from "../../tag.ts";
import { act, type Decision } from "../decision.ts";
import { isProblem } from "../view/problem.ts";
import type { CommitRecord, PresentSecret } from "../view/secret.ts";
import type { Retiring, Verdict } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";
import { isBarred } from "./barred.ts";
import { isHalted } from "./halted.ts";
import { keyState } from "./key-state.ts";
import { isNamed } from "./named-keys.ts";
import { recordWith } from "./status-record.ts";
import { boundedTime, overlapOf } from "./times.ts";

/**
 * Where a status was wiped and cannot be rebuilt from the Secret, the next commit would overwrite the only record of
 * the keys that the annotations name. Those whose own tags show that they are this object's are put into the status
 * before, to retire.
 */
export function keepClaims(view: PresentView, secret: PresentSecret): Decision | undefined {
  if (view.object.status.keyId !== undefined || isHalted(view)) return undefined;
  return keepNamedBeside(view, secret);
}

/**
 * The same before a pending commit replaces a Secret, or takes one back: a status that was wiped meanwhile names nobody,
 * and then the Secret is the only record of the keys that were replaced before.
 */
export function keepNamedBeside(view: PresentView, secret: PresentSecret): Decision | undefined {
  const { status } = view.object;
  const { record } = secret;
  if (secret.owner !== "this" || record === undefined) return undefined;
  if (isProblem(view.account.usable) || isBarred(view)) return undefined;
  const claims = claimsOf(view, record).filter(({ keyId }) => !isNamed(status, keyId));
  if (claims.length > 0 && secret.read === "cached") return act({ kind: "read-secret" });
  const unseen = claims.find(({ keyId }) => keyState(view, keyId).state === "unknown");
  if (unseen !== undefined) return act({ kind: "get-key", keyId: unseen.keyId });
  const proven = claims.filter(({ keyId }) => isProven(view, keyId));
  if (proven.length === 0) return undefined;
  const kept = recordWith(view, { previous: [...status.previous, ...proven] });
  return act({ kind: "write-status", why: "Rebuilt", status: kept, verdict: KEPT });
}

const KEPT: Verdict = {
  ready: false,
  reason: "Minting",
  message: "the status was lost; the keys that the Secret names are recorded before a new one is made",
  progress: "reconciling",
};

function claimsOf(view: PresentView, record: CommitRecord): readonly Retiring[] {
  const { attempt, abandoned } = view.object.status;
  const { pendingCommit } = view.pass;
  const latest = view.now + overlapOf(view);
  const claims = record.previous.map((claimed) => ({
    ...claimed,
    revokeAt: boundedTime(claimed.revokeAt, 0, latest),
  }));
  // What an attempt on record may have left is the recovery's, and what this pass has minted is its own commit's.
  const recovered = [attempt, pendingCommit?.attempt, ...abandoned].some(
    (known) => known?.id === record.attempt,
  );
  if (recovered) return claims;
  return [...claims, { keyId: record.keyId, revokeAt: latest, reason: "Declared" }];
}

/**
 * A live key with our tag. What an abandoned attempt has left is ended by its recovery: to name it in a Secret does not
 * protect it. The account's one test key does not retire: it stands in the way of any other.
 */
function isProven(view: PresentView, keyId: string): boolean {
  const known = keyState(view, keyId);
  if (known.state !== "ours" || known.key.mode !== "live") return false;
  const isLeft = attemptThatLeft(known.key, view.object.status.abandoned, view.timing) !== undefined;
  return !isLeft && parseTag(known.key.description) !== undefined;
}
