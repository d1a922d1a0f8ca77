import { isClaimed, type RemoteKey } from "../../evidence.ts";
import { own } from "../../own.ts";
import { parseTag } from "../../tag.ts";
import { type Decision, restOn } from "../decision.ts";
import { standingProblem } from "../../allowance/ask.ts";
import { entryConflict } from "../records/entry-conflict.ts";
import type { Step } from "../step.ts";
import type { Claims } from "../view/pass.ts";
import { isProblem, type Problem } from "../view/problem.ts";
import type { SecretView } from "../view/secret.ts";
import type { PresentView } from "../view/view.ts";

type PresentSecret = SecretView & { readonly state: "present"; readonly fingerprint: string };

/** The status keeps a description until the adoption is complete, so that it can be undone. In UTF-16 units. */
const LONGEST_ORIGINAL = 1_024;

/** What becomes of the value: it is kept where it stands, or the key is rolled. */
type SecretJudgement =
  | { readonly step: Step }
  | { readonly problem: Problem }
  | { readonly value: "keep"; readonly secret: PresentSecret }
  | { readonly value: "roll" };

/**
 * The key that is to be adopted. Only before anything is minted: what stands in the Secret beside a record of ours was
 * committed, and then `spec.adopt` was obeyed, or came too late. A commit that was given up is none.
 */
export function adoptionDue({ object, secret }: PresentView): string | undefined {
  const { desired, status } = object;
  if (isProblem(desired) || desired.adopt === undefined || status.keyId !== undefined) return undefined;
  const record = secret.state === "present" && secret.owner === "this" ? secret.record : undefined;
  const givenUp = status.abandoned.some(({ id }) => id === record?.attempt);
  return record === undefined || givenUp || status.attempt?.keyId === desired.adopt
    ? desired.adopt
    : undefined;
}

/** Looks at everything that decides whether a key may be adopted, and says what is next, or which key it is. */
export function judgeAdoption(view: PresentView, keyId: string): Decision | { readonly key: RemoteKey } {
  const obstacle = standingObstacle(view, keyId);
  if (obstacle !== undefined) return restOn(view, obstacle);
  const { secret } = view;
  if (secret.state === "unread" || secret.read === "cached") return { step: { kind: "read-secret" } };
  const key = own(view.pass.remote, keyId);
  if (key === undefined) return { step: { kind: "get-key", keyId } };
  if (key === "absent") return restOn(view, unusable(keyId, "the account has no such key"));
  const unfit = keyProblem(view, key);
  if (unfit !== undefined) return restOn(view, unfit);
  const claims = claimsOn(view, key);
  if ("kind" in claims) return { step: claims };
  const claimed = claimProblem(view, key, claims);
  if (claimed !== undefined) return restOn(view, claimed);
  const judged = judgeSecret(view, key, key.description);
  if ("step" in judged) return judged;
  return "problem" in judged ? restOn(view, judged.problem) : { key };
}

/** What stands in the way whatever the key is: it is not even asked for. */
export function standingObstacle(view: PresentView, keyId: string): Problem | undefined {
  const { desired } = view.object;
  if (isProblem(desired)) return desired;
  return standingProblem(view, desired) ?? allowProblem(view, keyId);
}

function allowProblem({ account }: PresentView, keyId: string): Problem | undefined {
  if (account.adoptKeyIds?.includes(keyId) === true) return undefined;
  const message = `no adoptKeyIds of the account lists key ${keyId} for this ApiKey; have the account's owner list it`;
  return { reason: "AdoptionNotAllowed", message, transient: false };
}

function keyProblem(
  { object: { desired } }: PresentView,
  { id, status, mode, description }: RemoteKey,
): Problem | undefined {
  if (status !== "active") return unusable(id, `it is ${status}`);
  if (description.length > LONGEST_ORIGINAL)
    return unusable(id, `its description is longer than ${LONGEST_ORIGINAL} characters: shorten it`);
  if (isProblem(desired) || mode === desired.mode) return undefined;
  return unusable(id, `it is a ${mode} key, and spec.mode is ${desired.mode}`);
}

/** Whose the key's tag and the Secret say that they are, if that is another ApiKey of this installation. */
function claimsOn(view: PresentView, key: RemoteKey): Claims | (Step & { kind: "find-claims" }) {
  const tag = parseTag(key.description);
  const tagged = tag !== undefined && isClaimed(tag.installation, view) && tag.owner !== view.owner;
  const owners = [...(tagged ? [tag.owner] : []), ...secretOwner(view)];
  return knownClaims(view, key.id, owners) ?? { kind: "find-claims", keyId: key.id, owners };
}

function secretOwner({ secret }: PresentView): readonly string[] {
  return secret.state === "present" && secret.ownedBy !== undefined ? [secret.ownedBy] : [];
}

function knownClaims(
  { pass: { claims } }: PresentView,
  keyId: string,
  owners: readonly string[],
): Claims | undefined {
  if (claims?.keyId !== keyId) return undefined;
  return owners.every((owner) => claims.asked.includes(owner)) ? claims : undefined;
}

function claimProblem(
  view: PresentView,
  { id, description }: RemoteKey,
  claims: Claims,
): Problem | undefined {
  if (claims.recorded) return unusable(id, "another ApiKey records it");
  const tag = parseTag(description);
  if (tag === undefined) return undefined;
  if (!isClaimed(tag.installation, view)) {
    const way = `stop that one, and start the controller with --previous-installations ${tag.installation}, or remove the tag from the key's description`;
    return unusable(
      id,
      `it is tagged for another installation (${tag.installation}); if that manages it no more, ${way}`,
    );
  }
  if (tag.owner === view.owner || isGone(claims, tag.owner)) return undefined;
  return unusable(
    id,
    claims.living.includes(tag.owner)
      ? "it is another ApiKey's"
      : "it is tagged for another ApiKey, and the controller does not see all namespaces, so that it cannot know that this one is gone",
  );
}

/** What cannot be listed completely is never called gone. */
function isGone({ complete, living }: Claims, owner: string): boolean {
  return complete && !living.includes(owner);
}

/**
 * Whether the Secret holds the key's value, as far as that can be known without using it: mode and last four characters
 * fit. The value of a key that another ApiKey had must fit the record beside it as well, so that it is that very key's.
 *
 * @param description the key's, before the adoption.
 */
export function judgeSecret(view: PresentView, key: RemoteKey, description: string): SecretJudgement {
  const { secret } = view;
  if (secret.state === "unread" || secret.read === "cached") return { step: { kind: "read-secret" } };
  const inherited = isInherited(view, description);
  if (secret.state === "absent") return inherited ? withoutValue(key) : { value: "roll" };
  if (secret.owner === "other") {
    const claims = knownClaims(view, key.id, secretOwner(view));
    if (claims === undefined)
      return { step: { kind: "find-claims", keyId: key.id, owners: secretOwner(view) } };
    const { ownedBy } = secret;
    if (ownedBy === undefined || !isGone(claims, ownedBy)) return conflict(view, "is another ApiKey's");
  }
  if (secret.immutable) return conflict(view, "is immutable, so that no value could ever be replaced in it");
  const { fingerprint } = secret;
  const taken = entryConflict(view);
  if (taken !== undefined) return { problem: taken };
  const fits = secret.hint === key.hint && secret.mode === key.mode && fingerprint !== undefined;
  if (fits && (!inherited || isRecordOf(secret, key.id)))
    return { value: "keep", secret: { ...secret, fingerprint } };
  if (inherited) return withoutValue(key);
  return secret.owner === "this"
    ? { value: "roll" }
    : conflict(
        view,
        `does not hold the value of key ${key.id} in its entry; put it there, or delete the Secret to have the key rolled`,
      );
}

/** Whether the key was another ApiKey's, which is gone. */
function isInherited(view: PresentView, description: string): boolean {
  const tag = parseTag(description);
  return tag !== undefined && tag.owner !== view.owner;
}

function isRecordOf(
  { record, fingerprint }: PresentSecret | (SecretView & { state: "present" }),
  keyId: string,
): boolean {
  return record?.keyId === keyId && record.fingerprint === fingerprint;
}

function withoutValue({ id }: RemoteKey): { readonly problem: Problem } {
  return {
    problem: unusable(
      id,
      "it belonged to an ApiKey that is gone, and the Secret does not hold its value with its record. Restore the Secret, or remove the tag from the key's description to have it rolled",
    ),
  };
}

function conflict({ object: { desired } }: PresentView, what: string): { readonly problem: Problem } {
  const name = isProblem(desired) ? "" : desired.secretName;
  return {
    problem: { reason: "SecretConflict", message: `Secret ${name} ${what}`, transient: false },
  };
}

function unusable(keyId: string, why: string): Problem {
  const message = `key ${keyId} cannot be adopted: ${why}`;
  return { reason: "AdoptionRefused", message, transient: false };
}
