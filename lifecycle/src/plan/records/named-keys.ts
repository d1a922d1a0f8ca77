import type { RemoteKey } from "../../evidence.ts";
import { parseTag } from "../../tag.ts";
import type { StatusRecord } from "../view/status.ts";

/** Whether a status names a key, as the current one or as one that retires. */
export function isNamed(status: StatusRecord, keyId: string): boolean {
  return status.keyId === keyId || status.previous.some((retiring) => retiring.keyId === keyId);
}

/** Whether a status records a key: it names it, or an attempt under way is about it. */
export function recordsKey(status: StatusRecord, keyId: string): boolean {
  return isNamed(status, keyId) || status.attempt?.keyId === keyId;
}

/** Whether a status records a key, or an attempt that may have left one. */
export function recordsAnything({ keyId, attempt, previous, abandoned }: StatusRecord): boolean {
  return keyId !== undefined || attempt !== undefined || previous.length > 0 || abandoned.length > 0;
}

/** The attempt that has made a key, as a status records it beside the key's ID. */
export function recordedAttempt(status: StatusRecord, keyId: string): string | undefined {
  if (status.keyId === keyId) return status.keyAttempt;
  return status.previous.find((retiring) => retiring.keyId === keyId)?.attempt;
}

/** The attempt that has made a key: as it is recorded, else as the key's tag says. */
export function attemptOf(status: StatusRecord, key: RemoteKey): string | undefined {
  return recordedAttempt(status, key.id) ?? parseTag(key.description)?.attempt;
}
