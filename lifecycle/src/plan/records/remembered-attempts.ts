import { type AbandonedAttempt, isAdoption, isSettled } from "../../attempt.ts";
import type { StatusRecord } from "../view/status.ts";
import type { PresentView } from "../view/view.ts";

/** So many complete sweeps of the inventory look for the late effects of an attempt before it is forgotten. */
const SWEEPS = 3;

/** A status of ApiKey holds about this many abandoned attempts at most. */
const MOST = 64;

/** So many of the attempts that were refused are kept: an API that refuses is asked every minute, for days. */
const MOST_REFUSED = 32;

/**
 * The abandoned attempts that a status goes on remembering, so that their late effects are recognised: for a day,
 * and those that may have left a key until three complete sweeps have begun after they were abandoned. Without an
 * inventory they are kept.
 *
 * Of those whose day is over, the oldest go where there are too many: each has been looked for by two listings of
 * its recovery at least, and a key of it that shows up later than a day is reported as unaccounted. Those of the
 * last day always stay; the pauses between attempts of unknown outcome, which grow to an hour, bound their number.
 * Those that were refused have no such pauses: the last ones are kept until three sweeps have begun after them.
 */
export function rememberedAttempts(view: PresentView): StatusRecord["abandoned"] {
  const { abandoned } = view.object.status;
  const kept = abandoned.filter((attempt) => isRecent(view, attempt) || isOfUse(view, attempt));
  const tooMany = Math.max(0, kept.length - MOST);
  const old = kept.filter((attempt) => !isRecent(view, attempt) && attempt.refused !== true);
  const refused = kept.filter((attempt) => attempt.refused === true);
  const dropped = new Set([...old.slice(0, tooMany), ...refused.slice(0, -MOST_REFUSED)]);
  return kept.filter((attempt) => !dropped.has(attempt));
}

function isRecent({ now, timing }: PresentView, attempt: AbandonedAttempt): boolean {
  if (attempt.refused === true) return false;
  return !isSettled(attempt, now, timing) || now < attempt.abandonedAt + timing.abandonedRetention;
}

function isOfUse(view: PresentView, attempt: AbandonedAttempt): boolean {
  if (attempt.op === "create" || isAdoption(attempt)) {
    const later = view.account.sweeps?.filter((begun) => begun > attempt.abandonedAt) ?? [];
    return later.length < SWEEPS;
  }
  // A roll leaves no second key. What it may have left is a dead value, until it was rolled again: the last says so.
  const { keyId, revision, abandoned } = view.object.status;
  const isLast = attempt === abandoned.findLast(({ op }) => op === attempt.op);
  return isLast && attempt.keyId === keyId && attempt.revision > revision;
}
