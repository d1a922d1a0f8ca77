/** What can be wrong with a history. */
export type Rule =
  /** A key lives whose value stands nowhere, and nothing will revoke it. */
  | "lost"
  /** A key of an attempt that is recorded has outlived the sweep. */
  | "leftover"
  /** A key lives whose ApiKey is gone, and nothing explains it. */
  | "orphan"
  /** A key lives that carries no tag and that no record names. */
  | "untraceable"
  /** A key of others was revoked or edited. */
  | "foreign-touched"
  /** A key was revoked while it was committed. */
  | "committed-revoked"
  /** A replaced key was revoked before its time. */
  | "retired-early"
  /** A declared key is not delivered. */
  | "not-delivered"
  /** What was deleted is still there. */
  | "not-gone"
  /** The last inventory counts otherwise than the vendor. */
  | "inventory"
  /** A value is in something that was printed. */
  | "leaked"
  /** An attempt of unknown outcome has left a key that was never seen revoked or committed. */
  | "unrecovered"
  /** Too little happened for the run to prove anything. */
  | "proof"
  /** The run itself did not go as it must for its history to prove anything. */
  | "run";

/** Something that is wrong, and whom it is about. */
export interface Violation {
  readonly rule: Rule;
  readonly text: string;
  readonly keyId?: string | undefined;
  /** The ApiKey's UID. */
  readonly uid?: string | undefined;
}
