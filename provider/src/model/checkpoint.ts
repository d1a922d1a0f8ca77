import type { Properties } from "../dynamic/wire.ts";

/** What a checkpoint keeps of a resource. */
export interface Resource {
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
  /** Whether the last operation failed in part, so that the next `up` updates the resource in any case. */
  readonly failed: boolean;
  /** Whether it was deleted to be replaced, and its successor is not there yet. */
  readonly replacing: boolean;
}

/** What the engine keeps of a stack. */
export interface Checkpoint {
  readonly resource: Resource | undefined;
  /** Replaced resources that are not deleted yet. */
  readonly condemned: readonly Resource[];
  /** Operations that were begun; what is left here after a crash is shown, and followed by nothing. */
  readonly pending: readonly string[];
}
