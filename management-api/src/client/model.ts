import type { Mode, WireAccount, WireApiKey } from "../contract/schemas.ts";

/**
 * What the client hands out. The wire's field names are known only here, in `../contract` and in the emulator, so
 * that following a change of the vendor stays a change in one place.
 */

/** A value that the API may send although this version does not know it. */
export type UnknownValue = string & {};

/** An API key without its value. */
export interface ApiKey {
  readonly id: string;
  /** The description as stored, tag included. */
  readonly description: string;
  readonly mode: Mode | UnknownValue;
  readonly status: "active" | "revoked" | UnknownValue;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
  /** The last four characters of the value. */
  readonly hint: string;
}

/** The account that the management token belongs to. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly liveMode: "enabled" | "disabled" | "paused" | UnknownValue;
  readonly permissions: readonly ("manage_api_keys" | UnknownValue)[];
}

export function toApiKey(wire: WireApiKey): ApiKey {
  return {
    id: wire.id,
    description: wire.description,
    mode: wire.mode,
    status: wire.status,
    createdAt: new Date(wire.created_at),
    revokedAt: wire.revoked_at === null ? null : new Date(wire.revoked_at),
    hint: wire.hint,
  };
}

/** Longer than what the contract allows, in UTF-16 code units: 255 code points. */
const LONGEST_LISTED = 512;

/** A key of a list, of which many are kept: of a description that is too long, only its end. */
export function toListedApiKey(wire: WireApiKey): ApiKey {
  const { description } = wire;
  if (description.length <= LONGEST_LISTED) return toApiKey(wire);
  // Copied: a slice of a string keeps all of it in memory.
  const end = Buffer.from(description.slice(-LONGEST_LISTED), "utf16le").toString("utf16le");
  return { ...toApiKey(wire), description: end };
}

export function toAccount(wire: WireAccount): Account {
  return { id: wire.id, name: wire.name, liveMode: wire.live_mode, permissions: wire.permissions };
}
