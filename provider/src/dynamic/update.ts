import { keepsTag } from "@signatureapi-keys/lifecycle";
import type { ApiKey } from "@signatureapi-keys/management-api";
import { messageOf, PartialFailure, ProviderError, TAG_NOT_PRESERVED } from "./failure.ts";
import type { Inputs } from "./inputs.ts";
import { sweepLeftovers } from "./leftovers.ts";
import { mint } from "./mint.ts";
import { unconfirmedMessage } from "./minted.ts";
import { recordedIds, toState, type Outputs, type UnrecordedKey } from "./outputs.ts";
import {
  afterKeep,
  afterMint,
  afterRoll,
  lossOf,
  planDescription,
  planReplacement,
  type Replacement,
} from "./replacement.ts";
import { afterRetirement, dueKeys, withoutPrevious } from "./retirement.ts";
import { revokeOurs } from "./revoke.ts";
import { roll, UnknownRoll } from "./roll.ts";
import type { Session } from "./session.ts";

/**
 * Brings a key to what is declared: confirms, replaces, renames, and revokes what has outlived its overlap, in this
 * order. What was reached when a step fails is kept: a new key is never lost to a failed revocation of an old one.
 * @throws PartialFailure with the state to keep, or ProviderError if nothing was changed.
 */
export async function update(session: Session, id: string, olds: Outputs, inputs: Inputs): Promise<Outputs> {
  let reached = olds;
  try {
    for await (const outputs of progress(session, olds, inputs)) reached = outputs;
  } catch (error) {
    if (reached === olds) throw error;
    throw new PartialFailure(id, toState(reached), messageOf(error));
  }
  return reached;
}

/** Yields the outputs after each step that changed something. */
async function* progress(session: Session, olds: Outputs, inputs: Inputs): AsyncGenerator<Outputs, void> {
  await session.verifiedAccount(olds.accountId);
  const current = await session.find(olds.keyId);
  const sweep = { identity: olds, known: recordedIds(olds), unconfirmed: "wait" } as const;
  const unrecorded = await sweepLeftovers(session, sweep);
  const { outputs: replaced, failure } = await replace(
    session,
    planReplacement(current, olds, inputs),
    olds,
    inputs,
  );
  let outputs = replaced;
  yield outputs;
  if (failure !== undefined) throw failure;
  if (outputs.keyId !== olds.keyId) await requireEngine(session);
  // Where the key in use was lost, a replaced one may be all that still works until the new one has been delivered.
  if (lossOf(current, olds) === undefined) {
    for (const key of dueKeys(outputs, inputs, session.runtime.now())) {
      await revokeOurs(session, outputs, key);
      outputs = withoutPrevious(outputs, key.keyId);
      yield outputs;
    }
    outputs = afterRetirement(outputs, inputs);
  }
  yield afterUpdate(outputs, inputs, session.providerName, unrecorded);
}

/** The outputs at the end of an update that has done everything. @internal */
export function afterUpdate(
  outputs: Outputs,
  { deletionPolicy, schedule }: Inputs,
  providerName: string,
  unrecorded: readonly UnrecordedKey[],
): Outputs {
  const recorded = recordedIds(outputs);
  return {
    ...outputs,
    deletionPolicy,
    providerName,
    nextRotationAt: schedule.rotateAt,
    unrecordedKeys: unrecorded.filter(({ keyId }) => !recorded.includes(keyId)),
  };
}

/** Without an engine the new key is lost with this process: the old one must go on, also where no overlap is declared. */
async function requireEngine(session: Session): Promise<void> {
  if (await session.runtime.engineListens()) return;
  throw new ProviderError(
    "The Pulumi engine is gone and did not take the new key: the old one was not revoked.",
  );
}

/** What a step has reached, and why the update cannot go on. */
interface Reached {
  readonly outputs: Outputs;
  readonly failure?: ProviderError | undefined;
}

/** @throws ProviderError, or ManagementApiError, if nothing was changed. */
async function replace(session: Session, plan: Replacement, olds: Outputs, inputs: Inputs): Promise<Reached> {
  switch (plan.do) {
    case "refuse":
      throw foreignKey(plan.why);
    case "keep":
      await describeKey(session, plan.current, olds, inputs);
      return { outputs: afterKeep(olds, inputs) };
    case "roll":
      await describeKey(session, plan.current, olds, inputs);
      return rollKey(session, plan.current, olds, inputs);
    case "mint":
      return mintKey(session, plan.replaced, olds, inputs);
  }
}

/** Writes the declared description with a confirmed tag, where it is not written yet. */
async function describeKey(session: Session, current: ApiKey, olds: Outputs, inputs: Inputs): Promise<void> {
  const planned = planDescription(current, olds, inputs.description);
  if (planned === undefined) return;
  const described = await session.client.updateApiKey(current.id, { description: planned.text });
  if (keepsTag(described.description, planned.tag)) return;
  throw new ProviderError(`${TAG_NOT_PRESERVED} Key ${current.id} stays in use.`);
}

async function rollKey(session: Session, current: ApiKey, olds: Outputs, inputs: Inputs): Promise<Reached> {
  try {
    return { outputs: afterRoll(olds, inputs, await roll(session, current.id, inputs.mode)) };
  } catch (error) {
    if (!(error instanceof UnknownRoll)) throw error;
    return { outputs: { ...olds, status: "rolling" }, failure: error };
  }
}

async function mintKey(
  session: Session,
  replaced: ApiKey | undefined,
  olds: Outputs,
  inputs: Inputs,
): Promise<Reached> {
  const { mode, description } = inputs;
  const { installation, owner } = olds;
  const revision = olds.revision + 1;
  const minted = await mint(session, { identity: { installation, owner }, mode, description, revision });
  const outputs = afterMint(olds, inputs, minted, replaced, session.runtime.now());
  const failure = unconfirmedMessage(minted);
  return { outputs, ...(failure !== undefined && { failure: new ProviderError(failure) }) };
}

function foreignKey(why: string): ProviderError {
  return new ProviderError(
    `ForeignKey: ${why}. Nothing was changed. If the other one is right, remove this resource from the state: pulumi state ` +
      "delete <URN>.",
  );
}
