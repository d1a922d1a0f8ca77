import { HAND_MADE, remember, type State } from "../state.ts";
import { changeKey, rollKey } from "../vendor.ts";
import { objectAt } from "../store.ts";
import { onSpec } from "./objects.ts";

function described(state: State, description: string): State | undefined {
  const [next, key] = changeKey(state, HAND_MADE, { description });
  return key && { ...next, describedAt: state.now };
}

const THEIRS = "theirs now [ak:ffffffffff.0123456789abcdef:0:foreign3]";

/** What may happen to a key that is to be adopted, and to what is declared of it. */
export const ON_ADOPTIONS = {
  "the key made by hand is revoked": (state: State) => {
    const [next, key] = changeKey(state, HAND_MADE, { status: "revoked" });
    return key === undefined ? undefined : remember(next, "revokedOutside", [key.id]);
  },
  "the key made by hand is rolled by hand": (state: State) => {
    const [next, key] = rollKey(state, HAND_MADE);
    return key === undefined ? undefined : next;
  },
  "the key made by hand is described anew": (state: State) => described(state, "something else"),
  "another installation adopts the key made by hand": (state: State) => described(state, THEIRS),
  "spec.adopt is taken back": (state: State, apiKey: number) =>
    objectAt(state.cluster, apiKey)?.status.keyId === undefined ? withoutAdopt(state, apiKey) : undefined,
} as const;

const withoutAdopt = onSpec(({ adopt, ...rest }) => (adopt === undefined ? undefined : rest));
