import type { Problem } from "./problem.ts";
import type { Retiring } from "./status.ts";

/** What an atomic write of the Secret records beside the value, as its annotations. */
export interface CommitRecord {
  readonly keyId: string;
  readonly accountId: string;
  readonly revision: number;
  readonly attempt: string;
  readonly fingerprint: string;
  readonly hint: string;
  readonly createdAt: number;
  readonly committedAt: number;
  readonly previous: readonly Retiring[];
  /** The value of `rotation.trigger` that was obeyed; a lost status must not replay it. */
  readonly obeyedTrigger?: string;
  /** The annotation that asks for a rotation, as it was obeyed last, for the same reason. */
  readonly obeyedRotate?: string;
  /** The emergency that was obeyed last, for the same reason. */
  readonly obeyedEmergency?: string;
  /** What `spec.adopt` named when this was committed, for the same reason. */
  readonly obeyedAdopt?: string;
}

/** Who else has a hand in a Secret, in words for a condition. */
interface OtherHands {
  /** What may delete the Secret, or write the value again: owners, field managers, a manager's label. */
  readonly owners: readonly string[];
  /** The field managers besides us that have set the entry of the value. */
  readonly writers: readonly string[];
}

/** How often within the last hour a value that was edited or lost was replaced, and who had set it. */
export interface SecretFights {
  readonly times: number;
  readonly writers: readonly string[];
}

/** A Secret that an admission policy has altered as it was written last. */
export interface AlteredSecret {
  readonly resourceVersion: string;
  readonly problem: Problem;
}

/** The Secret that the ApiKey names. */
export type SecretView =
  | { readonly state: "unread" }
  | { readonly state: "absent"; readonly read: "cached" | "live" }
  | {
      readonly state: "present";
      readonly read: "cached" | "live";
      readonly uid: string;
      readonly resourceVersion: string;
      /** Whom its annotation names: this ApiKey's UID, another's, or nobody. */
      readonly owner: "this" | "other" | "none";
      /** That UID as tags name it, where it is another's. */
      readonly ownedBy?: string | undefined;
      readonly record: CommitRecord | undefined;
      /** Of the value that stands in the declared entry, or in the one that was written last. */
      readonly fingerprint: string | undefined;
      readonly hint: string | undefined;
      /** What the value's prefix says, where it looks like a key of the vendor's. */
      readonly mode?: string | undefined;
      /** The fingerprint of what stands in the entry that is declared for the previous value. */
      readonly previous: string | undefined;
      /** The fingerprints of everything that stands in it. */
      readonly entries: readonly string[];
      /** The names of the entries that others have put there: they stay, whatever becomes of ours. */
      readonly foreign: readonly string[];
      /** Of those, the first whose name the spec declares for an entry of ours: nothing is written over it. */
      readonly taken: string | undefined;
      readonly immutable: boolean;
      /** Whether names, labels, annotations and template entries stand as declared. */
      readonly shape: "declared" | "different";
      readonly others?: OtherHands;
      /** The attempt whose recovery has touched it last. */
      readonly touchedFor: string | undefined;
    };

/** A Secret that exists. */
export type PresentSecret = SecretView & { readonly state: "present" };
