import type { LeftBehind } from "../allowance/left-keys.ts";
import { MOST_LEFT, type AccountStatus } from "../resources/account.ts";
import { accountKey } from "./account-ref.ts";
import type { AccountDocument } from "./document.ts";

/** More keys of one ApiKey are in no status: each was a request of its own. */
const MOST_KEYS = 100;

type RecordedLeft = NonNullable<AccountStatus["leftKeys"]>;

/**
 * What a status records of keys whose ApiKey is gone. An Account speaks for its own namespace only: whoever can write
 * its status must not use up another namespace's limit.
 */
export function recordedLeft({ ref, record: { leftKeys = [] } }: AccountDocument): readonly LeftBehind[] {
  const own = leftKeys.filter(
    ({ namespace }) => ref.kind === "ClusterAccount" || namespace === ref.namespace,
  );
  return own.map(({ since, ...left }) => ({
    ...left,
    since: Date.parse(since),
    account: accountKey(ref),
    unknown: 0,
  }));
}

/** The same as it is recorded; nothing of ApiKeys of which no key was seen. Oldest first, so that equals are equal texts. */
export function writeLeft(left: readonly LeftBehind[]): RecordedLeft | undefined {
  const seen = left.filter(({ keyIds }) => keyIds.length > 0);
  if (seen.length === 0) return undefined;
  return seen
    .toSorted((a, b) => a.since - b.since || (a.owner < b.owner ? -1 : 1))
    .slice(0, MOST_LEFT)
    .map(({ namespace, owner, mode, since, keyIds }) => ({
      namespace,
      owner,
      mode,
      since: new Date(since).toISOString(),
      keyIds: keyIds.toSorted().slice(0, MOST_KEYS),
    }));
}
