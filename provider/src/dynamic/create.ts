import { newAttemptId } from "@signatureapi-keys/lifecycle";
import { adopt } from "./adopt.ts";
import { PartialFailure } from "./failure.ts";
import type { Inputs } from "./inputs.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { mint } from "./mint.ts";
import { outputsOf, unconfirmedMessage, type Minted } from "./minted.ts";
import { toState, type Outputs, type UnrecordedKey } from "./outputs.ts";
import type { Seen, StatedKeys } from "./seen.ts";
import type { Session } from "./session.ts";

/**
 * Makes the first key of a resource, or takes one over. There is no old state here, also when this is a replacement.
 *
 * @param seen what this process has seen of the state: when this is a replacement, the replaced key carries the same tag.
 * @throws ProviderError, or `PartialFailure` with a state to keep where a key was minted that may not be confirmed.
 */
export async function create(
  session: Session,
  inputs: Inputs,
  seen: Seen,
): Promise<{ id: string; outputs: Outputs }> {
  const { installation, owner, mode, description } = inputs;
  const identity = { installation, owner };
  const account = await session.account();
  const stated = seen.keysOf(owner);
  const known = knownKeys(stated, inputs.adopt?.keyId);
  const found = await sweepLeftovers(session, { identity, known, unconfirmed: "wait" });
  const minted =
    inputs.adopt === undefined
      ? await mint(session, { identity, mode, description, revision: 1 })
      : await adopt(session, inputs, inputs.adopt);
  const id = `${owner}-${newAttemptId(session.runtime.randomBytes)}`;
  const outputs = firstOutputs(inputs, minted, {
    accountId: account.id,
    providerName: session.providerName,
    unrecordedKeys: unrecordedAtCreate(stated, found),
  });
  const failure = unconfirmedMessage(minted);
  if (failure !== undefined) throw new PartialFailure(id, toState(outputs), failure);
  return { id, outputs };
}

/** The IDs of keys that a create must not take for leftovers: the one to adopt, and those of the state that it replaces. @internal */
export function knownKeys(stated: StatedKeys, adopted: string | undefined): string[] {
  return [...(adopted === undefined ? [] : [adopted]), ...(stated === "all" ? [] : stated)];
}

/** Where the state has keys that were not shown to this process, no key with its tag can be called unrecorded. @internal */
export function unrecordedAtCreate(stated: StatedKeys, found: readonly UnrecordedKey[]): UnrecordedKey[] {
  return stated === "all" ? [] : [...found];
}

/** The outputs of a resource that was just created. @internal */
export function firstOutputs(
  { installation, owner, mode, description, deletionPolicy, schedule }: Inputs,
  minted: Minted,
  context: Pick<Outputs, "accountId" | "providerName" | "unrecordedKeys">,
): Outputs {
  return {
    ...outputsOf(minted),
    ...context,
    installation,
    owner,
    mode,
    description,
    deletionPolicy,
    revision: 1,
    generation: schedule.generation,
    retiredGeneration: schedule.retiredGeneration,
    nextRotationAt: schedule.rotateAt,
    previous: [],
  };
}
