import type { ApiKey } from "@signatureapi-keys/management-api";
import { tagOf, whyNotOurs, type Identity } from "./evidence.ts";
import type { Suspect } from "./outputs.ts";
import type { Session } from "./session.ts";

/** From the request for a key to its confirmation nothing takes longer: older and unconfirmed is nobody's. */
const LONGEST_CREATE_MS = 60_000;

/** How leftovers are dealt with. */
export interface Sweep {
  readonly identity: Identity;
  /** The IDs that the state names: never leftovers. */
  readonly known: ReadonlySet<string>;
  /**
   * What to do about unconfirmed keys: `wait` for those that may still be somebody's, and revoke; revoke only the `old`
   * ones; or `look`, and change nothing.
   */
  readonly unconfirmed: "wait" | "old" | "look";
}

/**
 * Revokes what earlier mints of this resource left unconfirmed: nobody has seen their values. A younger one may still
 * be on its way in another process, and is waited out.
 *
 * @returns confirmed keys with the tag of this resource that the state does not know. They are never revoked on
 * suspicion.
 */
export async function sweepLeftovers(session: Session, sweep: Sweep): Promise<Suspect[]> {
  const suspects: Suspect[] = [];
  for (const [keyId, apiKey] of await session.keys()) {
    if (sweep.known.has(keyId)) continue;
    const tag = tagOf(apiKey, sweep.identity);
    if (tag === undefined) continue;
    const found =
      tag.unconfirmed === true ? await settle(session, apiKey, sweep) : await alive(session, apiKey);
    if (found !== undefined) suspects.push({ keyId: found.id, createdAt: found.createdAt.toISOString() });
  }
  return suspects;
}

/** The key, unless it was revoked since it was listed: by us, in the course of this very update. */
async function alive(session: Session, { id }: ApiKey): Promise<ApiKey | undefined> {
  const live = await session.find(id);
  return live === undefined || live.status === "revoked" ? undefined : live;
}

/** Revokes an unconfirmed key when it is old enough. Returns it if it was confirmed meanwhile. */
async function settle(session: Session, apiKey: ApiKey, sweep: Sweep): Promise<ApiKey | undefined> {
  const { now, wait } = session.world;
  const rest = Math.min(LONGEST_CREATE_MS, apiKey.createdAt.getTime() + LONGEST_CREATE_MS - now());
  if (sweep.unconfirmed === "look" || (rest > 0 && sweep.unconfirmed === "old")) return undefined;
  if (rest > 0) await wait(rest);
  const live = await alive(session, apiKey);
  const tag = live === undefined ? undefined : tagOf(live, sweep.identity);
  if (live === undefined || tag === undefined) return undefined;
  if (tag.unconfirmed !== true) return live;
  await session.client.revokeApiKey(live.id);
  return undefined;
}

/**
 * Revokes a key that the state names, after it has shown that it is ours.
 *
 * @returns why it was left alone, or `undefined` if it is revoked now.
 */
export async function revokeOurs(
  session: Session,
  identity: Identity,
  key: { readonly keyId: string; readonly attempt: string },
): Promise<string | undefined> {
  const live = await session.find(key.keyId);
  if (live === undefined || live.status === "revoked") return undefined;
  const foreign = whyNotOurs(live, identity, key.attempt);
  if (foreign !== undefined) return foreign;
  await session.client.revokeApiKey(key.keyId);
  return undefined;
}
