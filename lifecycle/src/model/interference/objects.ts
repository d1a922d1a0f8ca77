import type { DesiredKey } from "../../index.ts";
import { remember, type State } from "../state.ts";
import { objectAt, putObject } from "../store.ts";
import type { StoredObject } from "../stored.ts";
import { changeKey, rollKey } from "../vendor.ts";

/** A user meddles with an ApiKey. @returns `undefined` where there is nothing to meddle with. */
export type Interference = (state: State, apiKey: number) => State | undefined;

/** Meddles with an ApiKey that is there to stay. */
function onObject(
  change: (state: State, object: StoredObject, apiKey: number) => State | undefined,
): Interference {
  return (state, apiKey) => {
    const object = objectAt(state.cluster, apiKey);
    return object === undefined || object.deleting ? undefined : change(state, object, apiKey);
  };
}

/** Changes what is declared; `undefined` where there is nothing to change. */
export function onSpec(change: (desired: DesiredKey) => DesiredKey | undefined): Interference {
  return onObject((state, object, apiKey) => {
    const desired = "mode" in object.desired ? change(object.desired) : undefined;
    const generation = object.generation + 1;
    return desired && putObject(state, apiKey, { ...object, desired, generation });
  });
}

/** What may happen to an ApiKey and the key that it records. */
export const ON_OBJECTS = {
  "the status is wiped": onObject((state, object, apiKey) =>
    putObject(state, apiKey, {
      ...object,
      status: { revision: 0, abandoned: [], previous: [] },
      verdict: undefined,
      observedGeneration: 0,
    }),
  ),
  "the ApiKey is deleted": onObject((state, object, apiKey) =>
    putObject(state, apiKey, { ...object, deleting: true, generation: object.generation + 1 }),
  ),
  "a label is edited": onObject((state, object, apiKey) => putObject(state, apiKey, object)),
  "the key is revoked from outside": onObject((state, { status }) => {
    const [next, key] = changeKey(state, status.keyId ?? "", { status: "revoked" });
    return key === undefined ? undefined : remember(next, "revokedOutside", [key.id]);
  }),
  "the key is rolled from outside": onObject((state, { status }) => {
    const [next, key] = rollKey(state, status.keyId ?? "");
    return key === undefined ? undefined : next;
  }),
  "the rotation trigger is changed": onSpec((desired) => ({
    ...desired,
    trigger: `${desired.trigger ?? ""}x`,
  })),
  // It is an annotation, so that the generation stays.
  "an emergency is called": onObject((state, object, apiKey) => {
    const { desired } = object;
    if (!("mode" in desired)) return undefined;
    const emergency = `${desired.emergency ?? ""}x`;
    return putObject(state, apiKey, { ...object, desired: { ...desired, emergency } });
  }),
  "the overlap is edited": onSpec((desired) => ({
    ...desired,
    overlap: desired.overlap === 0 ? 7_200_000 : 0,
  })),
  "the entry for the previous value is declared, or not any more": onSpec((desired) => ({
    ...desired,
    keepsPrevious: desired.keepsPrevious !== true,
  })),
} as const;
