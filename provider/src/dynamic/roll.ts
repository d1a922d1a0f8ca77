import { ManagementApiError, type ApiKey, type KeyValue, type Mode } from "@signatureapi-keys/management-api";
import { ProviderError } from "./failure.ts";
import { whenAllowed } from "./pacing.ts";
import type { Session } from "./session.ts";

/** A roll whose outcome is not known: the key lives, with its old value or with one that was never delivered. */
export class UnknownRoll extends ProviderError {
  override readonly name = "UnknownRoll";
}

/**
 * Gives a key a new value; its ID stays, and the old value stops at once. An uncertain roll is rolled again at the next
 * update: there is no second key that could be left behind.
 *
 * @param mode the declared one: a value of the other mode is refused, as an outcome that is not known.
 *
 * @throws UnknownRoll, or ManagementApiError if nothing was changed.
 */
export async function roll(
  session: Session,
  keyId: string,
  mode: Mode,
): Promise<{ apiKey: ApiKey; value: KeyValue }> {
  if (!(await session.runtime.engineListens())) {
    throw new ProviderError(
      "The Pulumi engine is gone and could not take the new value: nothing was rolled.",
    );
  }
  try {
    return await whenAllowed(() => session.client.rollApiKey(keyId, { mode }));
  } catch (error) {
    if (!(error instanceof ManagementApiError) || error.effect === "none") throw error;
    throw new UnknownRoll(
      `It is not known whether key ${keyId} has a new value: the old one may have stopped. ${error.message} Run pulumi up ` +
        "again: it rolls the key once more.",
    );
  }
}
