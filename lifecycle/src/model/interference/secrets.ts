import { remember, type State } from "../state.ts";
import { putSecret, secretAt } from "../store.ts";
import type { StoredObject, StoredSecret } from "../stored.ts";
import { fingerprintOf } from "../vendor.ts";
import type { Interference } from "./objects.ts";

type Committed = StoredSecret & { readonly record: NonNullable<StoredSecret["record"]> };

function onSecret(
  change: (secret: Committed, state: State, apiKey: number) => Partial<StoredSecret> | undefined,
): Interference {
  return (state, apiKey) => {
    const secret = secretAt(state.cluster, apiKey);
    if (secret?.record === undefined) return undefined;
    const changes = change({ ...secret, record: secret.record }, state, apiKey);
    return changes && putSecret(state, apiKey, { ...secret, ...changes });
  };
}

/** The key of the other ApiKey, or where there is none, of another installation. */
function neighboursKey(state: State, apiKey: number): string {
  return neighbour(state, apiKey)?.status.keyId ?? "ak_1";
}

function neighbour({ cluster }: State, apiKey: number): StoredObject | undefined {
  return cluster.apiKeys.find((_slot, index) => index !== apiKey)?.now;
}

const FORGED_ATTEMPT = "forged22";

/** A key that was made by hand, for another use. */
const UNTAGGED = "ak_2";

/** What the holder of a namespace can do to the Secret of an ApiKey. */
export const ON_SECRETS = {
  "the Secret is deleted": (state: State, apiKey: number) =>
    secretAt(state.cluster, apiKey) === undefined ? undefined : putSecret(state, apiKey, undefined),
  "a Secret is made by hand": (state: State, apiKey: number) => {
    if (secretAt(state.cluster, apiKey) !== undefined) return undefined;
    const content = { owner: undefined, value: "made-by-hand", record: undefined, touchedFor: undefined };
    return putSecret(state, apiKey, { uid: `uid-${state.names + 1}`, resourceVersion: "", ...content });
  },
  "the Secret's value is edited": onSecret(() => ({ value: "edited-by-hand" })),
  "the Secret's previous value is edited": onSecret((secret) =>
    secret.previous === undefined ? undefined : { previous: "edited-by-hand" },
  ),
  "an entry is added to the Secret": onSecret((secret) =>
    secret.foreign === true ? undefined : { foreign: true },
  ),
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
  "an attempt is forged into the Secret": onSecret(({ record }) => ({
    record: { ...record, attempt: FORGED_ATTEMPT },
  })),
  "a fingerprint is forged into the Secret": onSecret(({ record }) => ({
    record: { ...record, fingerprint: fingerprintOf("forged") },
  })),
  // Whose it was is not known any more, also where the annotations go later.
  "an owner is forged into the Secret": (state: State, apiKey: number) => {
    const secret = secretAt(state.cluster, apiKey);
    if (secret?.record === undefined) return undefined;
    const owner = neighbour(state, apiKey)?.uid ?? "uid-77";
    return putSecret(remember(state, "strays", [secret.uid]), apiKey, { ...secret, owner });
  },
  "all annotations are forged into the Secret": onSecret(({ record }, state, apiKey) => ({
    record: {
      ...record,
      keyId: neighboursKey(state, apiKey),
      attempt: FORGED_ATTEMPT,
      fingerprint: fingerprintOf("forged"),
      revision: 99,
      createdAt: 0,
      committedAt: 0,
      previous: [{ keyId: UNTAGGED, revokeAt: 0, reason: "RotationDue" }],
      obeyedTrigger: "forged",
      obeyedEmergency: "forged",
    },
    touchedFor: FORGED_ATTEMPT,
  })),
  "previous keys are forged into the Secret": onSecret(({ record }, state, apiKey) => {
    const forged = [neighboursKey(state, apiKey), UNTAGGED];
    const retiring = forged.map((keyId) => ({ keyId, revokeAt: 0, reason: "RotationDue" }));
    return { record: { ...record, previous: [...record.previous, ...retiring] } };
  }),
} as const;
