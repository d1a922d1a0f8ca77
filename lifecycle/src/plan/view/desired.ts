import type { RotationWindow } from "../../rotation/window.ts";

/** What `spec` asks for, defaults applied and validated. */
export interface DesiredKey {
  readonly mode: "test" | "live";
  /** The user's text, without a tag. */
  readonly description: string;
  readonly secretName: string;
  /** How long a replaced key lives after the commit of the new one, in milliseconds. */
  readonly overlap: number;
  /** The time between scheduled rotations, in milliseconds. */
  readonly every?: number;
  /** Scheduled rotations start only here. */
  readonly window?: RotationWindow;
  readonly trigger?: string;
  /** The annotation that asks for a rotation: a new text asks once, and a text that is removed asks for nothing. */
  readonly rotate?: string;
  /** The annotation that asks for a rotation at once, without an overlap: a new value is a new emergency. */
  readonly emergency?: string;
  /** Whether an entry of the Secret keeps the previous value during an overlap. */
  readonly keepsPrevious?: boolean;
  readonly suspend: boolean;
  /** The ID of a key that is taken over instead of minting one. */
  readonly adopt?: string;
}
