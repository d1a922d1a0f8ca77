import { keepsTag, parseDuration, parseTag, withTag } from "@signatureapi-keys/lifecycle";
import type { ApiKey } from "@signatureapi-keys/management-api";
import { ofKey } from "./create.ts";
import { whyNotOurs } from "./evidence.ts";
import { messageOf, PartialFailure, ProviderError, TAG_NOT_PRESERVED } from "./failure.ts";
import type { Inputs } from "./inputs.ts";
import { revokeOurs, sweepLeftovers } from "./leftovers.ts";
import { mint } from "./mint.ts";
import { toState, type Outputs, type Previous } from "./outputs.ts";
import { roll, UnknownRoll } from "./roll.ts";
import type { Session } from "./session.ts";

const DEFAULT_OVERLAP_MS = 3_600_000;

/**
 * Brings a key to what is declared: confirms, replaces, renames, and revokes what has outlived its overlap, in this
 * order. Whatever was reached when a step fails is kept: a new key is never lost to a failed revocation of an old one.
 * @throws PartialFailure with the state to keep, or ProviderError if nothing was changed.
 */
export async function update(session: Session, id: string, olds: Outputs, inputs: Inputs): Promise<Outputs> {
  const running = new Update(session, olds, inputs);
  try {
    await running.run();
  } catch (error) {
    if (running.outputs === olds) throw error;
    throw new PartialFailure(id, toState(running.outputs), messageOf(error));
  }
  return running.outputs;
}

class Update {
  /** What was reached so far; the old outputs as long as nothing was changed. */
  outputs: Outputs;
  readonly #session: Session;
  readonly #inputs: Inputs;

  constructor(session: Session, olds: Outputs, inputs: Inputs) {
    this.#session = session;
    this.#inputs = inputs;
    this.outputs = olds;
  }

  async run(): Promise<void> {
    const session = this.#session;
    await session.verifiedAccount(this.outputs.accountId);
    const current = await session.find(this.outputs.keyId);
    const lost = this.#whyLost(current);
    const suspects = await sweepLeftovers(session, {
      identity: this.outputs,
      known: this.#known(),
      unconfirmed: "wait",
    });
    const before = this.outputs.keyId;
    await this.#replaceOrRename(current, lost);
    if (this.outputs.keyId !== before) await this.#requireEngine();
    // Where the present key was lost, a replaced one may be all that still works until the new one has been delivered.
    if (lost === undefined) await this.#revokeRetired();
    const { deletionPolicy, schedule } = this.#inputs;
    this.outputs = {
      ...this.outputs,
      deletionPolicy,
      providerName: session.providerName,
      nextRotationAt: schedule.rotateAt,
      suspects: suspects.filter(({ keyId }) => !this.#known().has(keyId)),
    };
  }

  /** Without an engine the new key is lost with this process: the old one must go on, also where no overlap is declared. */
  async #requireEngine(): Promise<void> {
    if (await this.#session.world.engineListens()) return;
    throw new ProviderError(
      "The Pulumi engine is gone, and nobody took the new key: the old one was not revoked.",
    );
  }

  #known(): Set<string> {
    return new Set([this.outputs.keyId, ...this.outputs.previous.map(({ keyId }) => keyId)]);
  }

  /** Why the value in the state is of no use any more. */
  #whyLost(current: ApiKey | undefined): "gone" | "rolled" | undefined {
    if (current === undefined || current.status === "revoked") return "gone";
    if (this.outputs.status === "rolling") return undefined;
    return current.hint === this.outputs.hint ? undefined : "rolled";
  }

  async #replaceOrRename(current: ApiKey | undefined, lost: "gone" | "rolled" | undefined): Promise<void> {
    const { schedule, mode } = this.#inputs;
    const rotates = schedule.generation > this.outputs.generation || this.outputs.status === "rolling";
    if (current !== undefined && lost !== "gone") {
      const foreign = whyNotOurs(current, this.outputs, this.outputs.attempt);
      if (foreign !== undefined) throw foreignKey(foreign);
      if (!rotates && lost === undefined) return this.#keep(current);
      if (mode === "test") return this.#roll(current);
    }
    return this.#mint(lost === "gone" ? undefined : current);
  }

  /** The key stays: its description and its confirmation are put right. */
  async #keep(current: ApiKey): Promise<void> {
    const { description, schedule } = this.#inputs;
    await this.#describe(current);
    this.outputs = { ...this.outputs, status: "active", description, generation: schedule.generation };
  }

  /** Writes the declared description with a confirmed tag, unless it stands there already. */
  async #describe(current: ApiKey): Promise<void> {
    const { installation, owner, attempt, revision } = this.outputs;
    const tag = { installation, owner, attempt, revision };
    const text = withTag(this.#inputs.description, tag);
    const unchanged = this.#inputs.description === this.outputs.description;
    const isConfirmed = parseTag(current.description)?.unconfirmed !== true;
    // A description that somebody edited in the dashboard stays until another one is declared.
    if (current.description === text || (unchanged && isConfirmed)) return;
    const described = await this.#session.client.updateApiKey(current.id, { description: text });
    if (!keepsTag(described.description, tag))
      throw new ProviderError(`${TAG_NOT_PRESERVED} Key ${current.id} goes on.`);
  }

  async #roll(current: ApiKey): Promise<void> {
    const { description, schedule } = this.#inputs;
    const { attempt, revision } = this.outputs;
    await this.#describe(current);
    try {
      const rolled = await roll(this.#session, current.id);
      this.outputs = {
        ...this.outputs,
        ...ofKey({ ...rolled, attempt }),
        description,
        revision: revision + 1,
        generation: schedule.generation,
      };
    } catch (error) {
      if (error instanceof UnknownRoll) this.outputs = { ...this.outputs, status: "rolling" };
      throw error;
    }
  }

  /** A new key; the present one, if there is one, goes on until its overlap has passed. */
  async #mint(current: ApiKey | undefined): Promise<void> {
    const { mode, description, schedule } = this.#inputs;
    const { installation, owner, revision, previous, generation, attempt } = this.outputs;
    const identity = { installation, owner };
    const minted = await mint(this.#session, { identity, mode, description, revision: revision + 1 });
    const replaced: Previous[] =
      current === undefined
        ? []
        : [{ keyId: current.id, generation, attempt, revokeAt: this.#revokeAt(generation) }];
    this.outputs = {
      ...this.outputs,
      ...ofKey(minted),
      description,
      revision: revision + 1,
      generation: schedule.generation,
      previous: [...previous, ...replaced],
    };
    if (minted.unconfirmed !== undefined)
      throw new ProviderError(`${minted.unconfirmed} Run pulumi up again: it finds out.`);
  }

  get #overlapMs(): number {
    const { overlap } = this.#inputs.rotation ?? {};
    return (overlap === undefined ? undefined : parseDuration(overlap)) ?? DEFAULT_OVERLAP_MS;
  }

  /** The announced time, and never less than the overlap from now. */
  #revokeAt(generation: number): string {
    const announced = Date.parse(this.#inputs.schedule.retireAt?.[String(generation)] ?? "");
    const least = this.#session.world.now() + this.#overlapMs;
    return new Date(announced > least ? announced : least).toISOString();
  }

  /** Revokes what was announced, or has outlived its time; what is not due yet keeps the announcement standing. */
  async #revokeRetired(): Promise<void> {
    const { schedule } = this.#inputs;
    for (const key of this.outputs.previous) {
      const due = Date.parse(key.revokeAt) <= this.#session.world.now();
      if (!due && !(this.#overlapMs === 0 && key.generation <= schedule.retiredGeneration)) continue;
      const foreign = await revokeOurs(this.#session, this.outputs, key);
      if (foreign !== undefined) this.#session.world.warn(`ForeignKey: ${foreign}. It was not revoked.`);
      this.outputs = {
        ...this.outputs,
        previous: this.outputs.previous.filter(({ keyId }) => keyId !== key.keyId),
      };
    }
    const waiting = this.outputs.previous.some(({ generation }) => generation <= schedule.retiredGeneration);
    if (!waiting) this.outputs = { ...this.outputs, retiredGeneration: schedule.retiredGeneration };
  }
}

function foreignKey(why: string): ProviderError {
  return new ProviderError(
    `ForeignKey: ${why}. Nothing was changed. If the other one is right, remove this resource from the state: pulumi state ` +
      "delete <URN>.",
  );
}
