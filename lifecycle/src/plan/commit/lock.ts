import { isNamed } from "../records/named-keys.ts";
import type { ObjectView } from "../view/object.ts";
import type { StatusRecord } from "../view/status.ts";
import type { MintedKey, Unwritten, Written } from "./state.ts";

/**
 * What the live ApiKey says of the attempt whose value is to be committed.
 *
 * - `held`: it names the attempt, so the commit goes on.
 * - `recorded`: its status records the key already, since a recovery has accepted the commit; or it names no attempt
 *   any more beside a value that was written, since the status was wiped. Then the status is rebuilt from the Secret,
 *   which names also the key that the commit replaced. Either way this process has nothing left to do.
 * - `lost`: it names another attempt, or none; or the object goes.
 */
export function lockOf(
  minted: MintedKey,
  { phase }: Unwritten | Written,
  object: ObjectView | { readonly state: "gone" },
): "held" | "lost" | "recorded" {
  if (object.state === "gone") return "lost";
  const { status } = object;
  const { id } = minted.attempt;
  if (isRecorded(minted, status)) return "recorded";
  if (status.abandoned.some((attempt) => attempt.id === id)) return "lost";
  if (phase === "unwritten") return status.attempt?.id === id && !object.deleting ? "held" : "lost";
  if (status.attempt === undefined) return "recorded";
  return status.attempt.id === id ? "held" : "lost";
}

function isRecorded({ attempt, fingerprint, keyId }: MintedKey, status: StatusRecord): boolean {
  return attempt.op === "roll" ? status.fingerprint === fingerprint : isNamed(status, keyId);
}
