import { isMadeDuring } from "../../attempt.ts";
import { judgeEvidence, type RemoteKey } from "../../evidence.ts";
import { own } from "../../own.ts";
import { ADOPTED } from "../../tag.ts";
import { act, type Decision } from "../decision.ts";
import type { RevokeReason } from "../step.ts";
import type { View } from "../view/view.ts";
import { isNamed } from "./named-keys.ts";

/** What this pass knows of a key. */
export type KeyState =
  | { readonly state: "unknown" | "gone" | "foreign" }
  /** `adopted`: it carries our tag, but somebody else has made it, and no record of ours names it (yet, or any more). */
  | { readonly state: "ours" | "adopted"; readonly key: RemoteKey };

/**
 * Judges a key by the GET of this pass: the evidence that every harm needs.
 *
 * `gone` means revoked, or not found under the verified account.
 */
export function keyState(view: View, keyId: string): KeyState {
  const remote = own(view.pass.remote, keyId);
  if (remote === undefined) return { state: "unknown" };
  if (remote === "absent" || remote.status === "revoked") return { state: "gone" };
  const named = view.object.state === "present" && isNamed(view.object.status, keyId);
  const evidence = judgeEvidence(remote, {
    installation: view.installation,
    previousInstallations: view.previousInstallations,
    owner: view.owner,
    namedByStatus: named || isAnswered(view, remote),
  });
  if (!evidence.ours) return { state: "foreign" };
  const adopted = evidence.tag?.revision === ADOPTED && !named && view.pass.pendingCommit?.keyId !== keyId;
  return { state: adopted ? "adopted" : "ours", key: remote };
}

/**
 * Whether a key without a tag is the one that the pending commit's request was answered with. An answer can be another
 * request's: a key that was made at another time than the attempt is not ours.
 */
function isAnswered({ pass, timing }: View, { id, createdAt }: RemoteKey): boolean {
  const { pendingCommit } = pass;
  if (pendingCommit?.keyId !== id) return false;
  return pendingCommit.attempt.op !== "create" || isMadeDuring(pendingCommit.attempt, createdAt, timing);
}

/**
 * Whether a key's value is another than the one that was committed: a late roll, or somebody rolled it by hand, and
 * the value in the Secret is dead. To be asked only where the Secret holds the recorded value.
 */
export function isRolled(view: View, key: RemoteKey): boolean {
  const { object, secret } = view;
  if (object.state === "gone" || secret.state !== "present") return false;
  const committed = secret.hint ?? object.status.hint;
  return committed !== undefined && key.status === "active" && key.hint !== committed;
}

/** The next step towards a key's revocation; `undefined` once it is gone, or is not ours to touch. */
export function revokeStep(view: View, keyId: string, reason: RevokeReason): Decision | undefined {
  const { state } = keyState(view, keyId);
  if (state === "unknown") return act({ kind: "get-key", keyId });
  return state === "ours" ? act({ kind: "revoke-key", keyId, reason }) : undefined;
}

/** Whether a key is alive, and its own tag says that an attempt of this object has made it: what no record is needed for. */
export function isTaggedOurs(view: View, key: RemoteKey): boolean {
  const { installation, previousInstallations, owner } = view;
  const claim = { installation, previousInstallations, owner, namedByStatus: false };
  const evidence = judgeEvidence(key, claim);
  return evidence.ours && evidence.tag?.revision !== ADOPTED && key.status !== "revoked";
}
