import { parseTag, type Tag } from "./tag.ts";

/** A key as the management API shows it: what evidence is judged on. */
export interface RemoteKey {
  readonly id: string;
  readonly description: string;
  readonly mode: string;
  /** `active`, `revoked`, or a value that the vendor added later. */
  readonly status: string;
  /** When the key was created, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** The last four characters of its value. */
  readonly hint: string;
}

/** Whose key we claim that it is. */
export interface Claim {
  readonly installation: string;
  /** Installations that this one has taken over from: their tags count as its own. */
  readonly previousInstallations?: readonly string[] | undefined;
  readonly owner: string;
  /** Whether the *status* of the owner names this key's ID; annotations of a Secret never count. */
  readonly namedByStatus: boolean;
}

/** The answer to "may we revoke, roll or edit this key?". */
export type Evidence =
  | { readonly ours: true; readonly tag: Tag | undefined }
  | { readonly ours: false; readonly why: string };

/**
 * Judges, before any harm, whether a key is ours: its tag names our installation and this owner, or it carries
 * no tag at all and the owner's status names its ID. A foreign tag always wins.
 *
 * @param remote the key as a GET by ID has just shown it.
 */
export function judgeEvidence(remote: RemoteKey, claim: Claim): Evidence {
  const tag = parseTag(remote.description);
  if (tag === undefined) {
    return claim.namedByStatus
      ? { ours: true, tag }
      : { ours: false, why: `key ${remote.id} carries no tag of ours, and no record names it` };
  }
  if (!isClaimed(tag.installation, claim)) {
    return { ours: false, why: `key ${remote.id} is tagged for another installation (${tag.installation})` };
  }
  if (tag.owner !== claim.owner) {
    return { ours: false, why: `key ${remote.id} is tagged for another owner (${tag.owner})` };
  }
  return { ours: true, tag };
}

/** Whether an installation is this one, or one that it has taken over from. */
export function isClaimed(
  installation: string,
  claim: Pick<Claim, "installation" | "previousInstallations">,
): boolean {
  return installation === claim.installation || claim.previousInstallations?.includes(installation) === true;
}
