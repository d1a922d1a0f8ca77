import { parseTag, withTag, type Tag } from "@signatureapi-keys/lifecycle";
import type { ApiKey } from "@signatureapi-keys/management-api";
import { isLive, whyNotOurs } from "./evidence.ts";
import type { Inputs } from "./inputs.ts";
import { outputsOf, type Minted } from "./minted.ts";
import type { Outputs } from "./outputs.ts";
import { revokeAt } from "./retirement.ts";

/** Why the value in the state no longer works: the key is gone, or has another value. */
export type Loss = "gone" | "rolled";

/** What an update does about the key in use. */
export type Replacement =
  | { readonly do: "keep"; readonly current: ApiKey }
  | { readonly do: "roll"; readonly current: ApiKey }
  /** A new key is minted; the replaced one, where there is one, works until its overlap has passed. */
  | { readonly do: "mint"; readonly replaced: ApiKey | undefined }
  /** The key belongs to something else: nothing may be done to it. */
  | { readonly do: "refuse"; readonly why: string };

/**
 * Compares the key with the state. After a roll whose outcome is not known, its value says nothing: it is rolled again.
 *
 * @param current the key in use as a GET under the verified account has just shown it; `undefined` if it does not exist.
 */
export function lossOf(current: ApiKey | undefined, outputs: Outputs): Loss | undefined {
  if (!isLive(current)) return "gone";
  if (outputs.status === "rolling" || current.hint === outputs.hint) return undefined;
  return "rolled";
}

/**
 * Decides about the key in use. It is replaced when it no longer works, or when the inputs announce a generation beyond
 * the one in the outputs.
 *
 * @param current the key in use, as for {@link lossOf}.
 */
export function planReplacement(
  current: ApiKey | undefined,
  outputs: Outputs,
  { schedule, mode }: Pick<Inputs, "schedule" | "mode">,
): Replacement {
  if (!isLive(current)) return { do: "mint", replaced: undefined };
  const why = whyNotOurs(current, outputs, outputs.attempt);
  if (why !== undefined) return { do: "refuse", why };
  const rotates = schedule.generation > outputs.generation || outputs.status === "rolling";
  if (!rotates && lossOf(current, outputs) === undefined) return { do: "keep", current };
  return mode === "test" ? { do: "roll", current } : { do: "mint", replaced: current };
}

/**
 * The description to write to a key that stays, and the tag in it; `undefined` where nothing is to be written. A
 * description that was edited in the dashboard stays until another one is declared.
 */
export function planDescription(
  current: ApiKey,
  outputs: Outputs,
  description: string,
): { readonly text: string; readonly tag: Tag } | undefined {
  const { installation, owner, attempt, revision } = outputs;
  const tag = { installation, owner, attempt, revision };
  const text = withTag(description, tag);
  const isDeclared = description === outputs.description;
  const isConfirmed = parseTag(current.description)?.unconfirmed !== true;
  return current.description === text || (isDeclared && isConfirmed) ? undefined : { text, tag };
}

/** The outputs after a key was kept, and its description and confirmation were repaired. */
export function afterKeep(outputs: Outputs, { description, schedule }: Inputs): Outputs {
  return { ...outputs, status: "active", description, generation: schedule.generation };
}

/** The outputs after a roll: the key has a new value, and its tag still names the attempt that made it. */
export function afterRoll(
  outputs: Outputs,
  { description, schedule }: Inputs,
  rolled: Pick<Minted, "apiKey" | "value">,
): Outputs {
  return {
    ...outputs,
    ...outputsOf({ ...rolled, attempt: outputs.attempt }),
    description,
    revision: outputs.revision + 1,
    generation: schedule.generation,
  };
}

/**
 * The outputs after a mint.
 *
 * @param now milliseconds since the epoch.
 */
export function afterMint(
  outputs: Outputs,
  inputs: Inputs,
  minted: Minted,
  replaced: ApiKey | undefined,
  now: number,
): Outputs {
  const { generation, attempt, previous } = outputs;
  const retiring = replaced && {
    keyId: replaced.id,
    generation,
    attempt,
    revokeAt: revokeAt(inputs, generation, now),
  };
  return {
    ...outputs,
    ...outputsOf(minted),
    description: inputs.description,
    revision: outputs.revision + 1,
    generation: inputs.schedule.generation,
    previous: retiring === undefined ? previous : [...previous, retiring],
  };
}
