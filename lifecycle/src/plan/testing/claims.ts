import type { Step } from "../step.ts";
import { recordsKey } from "../records/named-keys.ts";
import type { Claims } from "../view/pass.ts";
import type { StatusRecord } from "../view/status.ts";

/** What a complete look at all other ApiKeys says of a key; `owner` gives the owner part of their tags. */
export function claimsAmong(
  others: readonly { readonly uid: string; readonly status: StatusRecord }[],
  { keyId, owners }: Step & { kind: "find-claims" },
  owner: (uid: string) => string,
): Claims {
  const alive = others.map(({ uid }) => owner(uid));
  return {
    keyId,
    asked: owners,
    living: owners.filter((asked) => alive.includes(asked)),
    complete: true,
    recorded: others.some(({ status }) => recordsKey(status, keyId)),
  };
}
