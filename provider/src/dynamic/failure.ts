import { ManagementApiError } from "@signatureapi-keys/management-api";

/** A failure that says what happened and what to do. It has no stack: Pulumi's host would print it to users. */
export class ProviderError extends Error {
  override readonly name: string = "ProviderError";

  constructor(message: string) {
    super(message);
    this.stack = "";
  }
}

/** A failure with a state that the engine keeps all the same: thrown, because that is how its host takes it. */
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

/**
 * The token belongs to another account than the key. A replacement could make a key in the second account, and never revoke
 * the one in the first; so nothing is done at all.
 */
export function accountChanged(recorded: string, present: string): ProviderError {
  return new ProviderError(
    `AccountChanged: the key belongs to account ${recorded}, and the management token now belongs to ${present}. Nothing was ` +
      "changed. Use a token of the first account. To move the key to the second one, give the resource an explicit Provider " +
      "with that token, and keep the first token until it is done. If the first account is lost, remove the resource from the " +
      "state: pulumi state delete <URN>.",
  );
}

/** Begins the message of a failure after which nothing could be traced. */
export const TAG_NOT_PRESERVED =
  "TagNotPreserved: the management API did not keep the tag in the description, so the key could not be traced. Ask the " +
  "vendor, or check the proxies between you and the API.";

/** The message of an error, for a sentence of our own. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ManagementApiError) || error.kind !== "invalid-token") return message;
  return (
    `${message} refresh and destroy use the token that the state has: after a change, set SIGNATUREAPI_MANAGEMENT_TOKEN, ` +
    "or add --run-program."
  );
}
