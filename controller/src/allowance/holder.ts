import type { ApiKeyDocument } from "../apikey/document.ts";
import type { LatestSeen } from "../apikey/latest.ts";
import type { Holder } from "./ledger.ts";

/** An ApiKey as the cache shows it, as far as it counts. @param env.now milliseconds since the epoch. */
export function holderOf(
  { latest, now }: { readonly latest: LatestSeen; readonly now: () => number },
  { metadata: { uid, resourceVersion }, mode, record }: ApiKeyDocument,
): Holder {
  return { uid, mode, status: record, isBehind: latest.isAhead(uid, resourceVersion, now()) };
}
