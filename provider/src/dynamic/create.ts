import { newAttemptId } from "@signatureapi-keys/lifecycle";
import { revealKeyValue } from "@signatureapi-keys/management-api/reveal";
import { adopt } from "./adopt.ts";
import { PartialFailure } from "./failure.ts";
import type { Inputs } from "./inputs.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { mint, type Minted } from "./mint.ts";
import { toState, type Outputs } from "./outputs.ts";
import type { Seen } from "./seen.ts";
import type { Session } from "./session.ts";

/** What a key in hand makes of the outputs. */
export function ofKey(
  minted: Minted,
): Pick<Outputs, "key" | "keyId" | "attempt" | "fingerprint" | "hint" | "createdAt" | "status"> {
  const { apiKey, value, attempt } = minted;
  return {
    key: revealKeyValue(value),
    keyId: apiKey.id,
    attempt,
    fingerprint: value.fingerprint,
    hint: value.hint,
    createdAt: apiKey.createdAt.toISOString(),
    status: minted.unconfirmed === undefined ? "active" : "unconfirmed",
  };
}

/**
 * Makes the first key of a resource, or takes one over. There is no old state here, also when this is a replacement.
 *
 * @param seen what this process has seen of the state: when this is a replacement, the replaced key carries the same tag.
 * @throws ProviderError, with a state to keep (`PartialFailure`) where a key is in hand that cannot be confirmed.
 */
export async function create(
  session: Session,
  inputs: Inputs,
  seen: Seen,
): Promise<{ id: string; outputs: Outputs }> {
  const { installation, owner, mode, description, deletionPolicy, schedule } = inputs;
  const identity = { installation, owner };
  const account = await session.account();
  const adopted = inputs.adopt;
  const stated = seen.keysOf(owner);
  const known = new Set([
    ...(adopted === undefined ? [] : [adopted.keyId]),
    ...(stated === "all" ? [] : stated),
  ]);
  const found = await sweepLeftovers(session, { identity, known, unconfirmed: "wait" });
  const minted =
    adopted === undefined
      ? await mint(session, { identity, mode, description, revision: 1 })
      : await adopt(session, inputs, adopted.keyId, adopted.key);
  const id = `${owner}-${newAttemptId(session.world.randomBytes)}`;
  const outputs: Outputs = {
    ...ofKey(minted),
    ...identity,
    mode,
    description,
    deletionPolicy,
    accountId: account.id,
    providerName: session.providerName,
    revision: 1,
    generation: schedule.generation,
    retiredGeneration: schedule.retiredGeneration,
    nextRotationAt: schedule.rotateAt,
    previous: [],
    suspects: stated === "all" ? [] : found,
  };
  if (minted.unconfirmed !== undefined) {
    throw new PartialFailure(
      id,
      toState(outputs),
      `${minted.unconfirmed} Run pulumi up again: it finds out.`,
    );
  }
  return { id, outputs };
}
