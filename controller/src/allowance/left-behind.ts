import { accountKey } from "../account/account-ref.ts";
import type { ApiKeyDocument } from "../apikey/document.ts";
import type { LatestSeen } from "../apikey/latest.ts";
import { holderOf } from "./holder.ts";
import type { MintLedger } from "./ledger.ts";
import type { LeftBehind } from "./left-keys.ts";

/** What counts are made with. */
interface Counting {
  readonly ledger: MintLedger;
  readonly latest: LatestSeen;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What an ApiKey leaves that is gone, as far as its last state and this process's requests show. */
export function leftBehind(apiKey: ApiKeyDocument, counting: Counting): LeftBehind {
  const { metadata, record, mode, owner, account } = apiKey;
  const since = counting.now();
  const held = counting.ledger.countHeld(holderOf(counting, apiKey), since);
  const named = [record.keyId, ...record.previous.map(({ keyId }) => keyId)];
  const keyIds = [...new Set(named.filter((id) => id !== undefined))];
  return {
    owner,
    namespace: metadata.namespace,
    mode,
    account: accountKey(account),
    since,
    keyIds,
    unknown: Math.max(0, held - keyIds.length),
  };
}
