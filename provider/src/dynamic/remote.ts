import type { ApiKey } from "@signatureapi-keys/management-api";

/** What the API says at a preview; a part is absent where the API was not asked, or did not answer in time. */
export interface Remote {
  /** The explicit Provider that compares; empty for the default one. */
  readonly providerName?: string;
  /** The account that the token belongs to now. */
  readonly accountId?: string;
  /** The unrevoked keys of that account by their IDs. */
  readonly keys?: ReadonlyMap<string, ApiKey>;
}
