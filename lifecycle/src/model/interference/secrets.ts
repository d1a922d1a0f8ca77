import type { State } from "../state.ts";
import { putSecret, secretAt } from "../store.ts";
import type { StoredSecret } from "../stored.ts";
import type { Interference } from "./objects.ts";

type Committed = StoredSecret & { readonly record: NonNullable<StoredSecret["record"]> };

function onSecret(
  change: (secret: Committed, state: State, apiKey: number) => Partial<StoredSecret>,
): Interference {
  return (state, apiKey) => {
    const secret = secretAt(state.cluster, apiKey);
    if (secret?.record === undefined) return undefined;
    const changes = change({ ...secret, record: secret.record }, state, apiKey);
    return putSecret(state, apiKey, { ...secret, ...changes });
  };
}

/** The key of the other ApiKey, or where there is none, of another installation. */
function neighboursKey(state: State, apiKey: number): string {
  const other = state.cluster.apiKeys.find((_slot, index) => index !== apiKey)?.now;
  return other?.status.keyId ?? "ak_1";
}

/** A key that was made by hand, for another use. */
const UNTAGGED = "ak_2";

/** What the holder of a namespace can do to the Secret of an ApiKey. */
export const ON_SECRETS = {
  "the Secret is deleted": (state: State, apiKey: number) =>
    secretAt(state.cluster, apiKey) === undefined ? undefined : putSecret(state, apiKey, undefined),
  "the Secret's value is edited": onSecret(() => ({ value: "edited-by-hand" })),
  "the Secret's previous value is edited": onSecret(() => ({ previous: "edited-by-hand" })),
  "the Secret's annotations are stripped": onSecret(() => ({
    owner: undefined,
    record: undefined,
    written: undefined,
    touchedFor: undefined,
  })),
  "a neighbour's key ID is forged into the Secret": onSecret(({ record }, state, apiKey) => ({
    record: { ...record, keyId: neighboursKey(state, apiKey) },
  })),
  "the ID of a key made by hand is forged into the Secret": onSecret(({ record }) => ({
    record: { ...record, keyId: UNTAGGED },
  })),
  "previous keys are forged into the Secret": onSecret(({ record }, state, apiKey) => {
    const forged = [neighboursKey(state, apiKey), UNTAGGED];
    const retiring = forged.map((keyId) => ({ keyId, revokeAt: 0, reason: "RotationDue" }));
    return { record: { ...record, previous: [...record.previous, ...retiring] } };
  }),
} as const;
