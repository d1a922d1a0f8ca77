import { descriptionProblem, withoutTag } from "@signatureapi-keys/lifecycle";
import type { ApiKey } from "@signatureapi-keys/management-api";
import { isLive, tagOf, type Identity } from "./evidence.ts";
import type { UnrecordedKey } from "./outputs.ts";
import type { Session } from "./session.ts";

/** From the request for a key to its confirmation nothing takes longer: an older unconfirmed key was never delivered. */
const LONGEST_CREATE_MS = 60_000;

/** How leftovers are dealt with. */
export interface Sweep {
  readonly identity: Identity;
  /** The IDs that the state records: never leftovers. */
  readonly known: readonly string[];
  /**
   * What to do about unconfirmed keys: `wait` for those that another process may still confirm, and revoke what it does
   * not confirm; or `look`, and change nothing.
   */
  readonly unconfirmed: "wait" | "look";
}

/** What is to be done about a listed key. */
export type Leftover =
  | { readonly do: "ignore" }
  /** It is confirmed, and something may use it: report it if it still works. */
  | { readonly do: "report" }
  /** It is unconfirmed. Wait this many milliseconds, look again, and revoke it unless it was confirmed. */
  | { readonly do: "revoke"; readonly afterMs: number };

const IGNORE: Leftover = { do: "ignore" };

/**
 * Judges a key of a listing. Only an unconfirmed one is ever revoked: its value was never delivered. A confirmed one
 * may be in use, and is never revoked on suspicion.
 *
 * @param now milliseconds since the epoch.
 */
export function judgeLeftover(apiKey: ApiKey, sweep: Sweep, now: number): Leftover {
  if (sweep.known.includes(apiKey.id)) return IGNORE;
  const tag = tagOf(apiKey, sweep.identity);
  if (tag === undefined) return IGNORE;
  if (tag.unconfirmed !== true) return { do: "report" };
  if (sweep.unconfirmed === "look") return IGNORE;
  // A clock that runs ahead of this one must not make the wait longer.
  const rest = Math.min(LONGEST_CREATE_MS, apiKey.createdAt.getTime() + LONGEST_CREATE_MS - now);
  return { do: "revoke", afterMs: Math.max(0, rest) };
}

/**
 * Judges the same key again, as a GET has just shown it: it may have been revoked, confirmed or adopted since the listing,
 * also by this very update. Nothing is revoked that the listing gave no reason to revoke.
 *
 * @internal
 */
export function judgeAgain(
  first: Leftover["do"],
  live: ApiKey | undefined,
  identity: Identity,
): Leftover["do"] {
  const tag = isLive(live) ? tagOf(live, identity) : undefined;
  if (tag === undefined) return "ignore";
  if (tag.unconfirmed !== true) return "report";
  return first === "revoke" ? "revoke" : "ignore";
}

/**
 * Revokes what earlier mints of this resource left unconfirmed. A younger unconfirmed key may still be on its way in
 * another process, and is waited out.
 *
 * @returns confirmed keys with the tag of this resource that the state does not record. They are left alone.
 */
export async function sweepLeftovers(session: Session, sweep: Sweep): Promise<UnrecordedKey[]> {
  const unrecorded: UnrecordedKey[] = [];
  for (const listed of (await session.keys()).values()) {
    const found = await settle(session, listed, sweep);
    if (found !== undefined) unrecorded.push(reported(found));
  }
  return unrecorded;
}

/** What a user needs to find out whose key it is. A text that could not have been declared is not repeated in a terminal. */
function reported({ id, createdAt, description }: ApiKey): UnrecordedKey {
  const text = withoutTag(description);
  const readable = descriptionProblem(text) === undefined;
  return { keyId: id, createdAt: createdAt.toISOString(), ...(readable && { description: text }) };
}

/** Brings one key to its end. Returns it if it is to be reported. */
async function settle(session: Session, listed: ApiKey, sweep: Sweep): Promise<ApiKey | undefined> {
  const leftover = judgeLeftover(listed, sweep, session.runtime.now());
  if (leftover.do === "ignore") return undefined;
  if (leftover.do === "revoke" && leftover.afterMs > 0) await session.runtime.wait(leftover.afterMs);
  const live = await session.find(listed.id);
  const verdict = judgeAgain(leftover.do, live, sweep.identity);
  if (verdict === "report") return live;
  if (verdict === "revoke") await session.client.revokeApiKey(listed.id);
  return undefined;
}
