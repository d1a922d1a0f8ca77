/** A failure that says what happened and what to do. It has no stack: Pulumi's host would print it to users. */
export class ProviderError extends Error {
  override readonly name: string = "ProviderError";

  constructor(message: string) {
    super(message);
    this.stack = "";
  }
}

/** What the engine persists although an operation failed: thrown, because that is how its host takes it. */
export class PartialFailure extends ProviderError {
  override readonly name = "PartialFailure";
  readonly id: string;
  readonly properties: object;
  /** The engine prints these, and drops the message. */
  readonly reasons: readonly string[];

  constructor(id: string, properties: object, reason: string) {
    super(reason);
    this.id = id;
    this.properties = properties;
    this.reasons = [reason];
  }
}

/** Begins the message of a failure after which nothing could be traced. */
export const TAG_NOT_PRESERVED =
  "TagNotPreserved: the management API did not keep the tag in the description, so the key could not be traced. Ask the " +
  "vendor, or check what stands between you and the API.";

/** The message of an error, for a sentence of our own. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
