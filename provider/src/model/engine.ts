import { PartialFailure } from "../dynamic/failure.ts";
import type { ApiKeyProvider } from "../dynamic/provider.ts";
import type { Properties } from "../dynamic/wire.ts";
import type { Checkpoint, Resource } from "./checkpoint.ts";
import type { Command, Declared } from "./state.ts";

/** What an engine needs of the provider: the calls that Pulumi's host makes. */
export type Provider = Pick<ApiKeyProvider, "check" | "diff" | "create" | "update" | "read" | "delete">;

/** The line that the host of dynamic providers puts into inputs and outputs. */
const LINE = { __provider: "line" };

/**
 * Pulumi's engine with one resource, step by step as `pkg/resource/deploy` of 3.250 takes them: it writes an operation
 * into the checkpoint before the provider is called, and takes it out together with writing the result.
 */
export class Engine {
  readonly #provider: Provider;
  readonly #write: (what: string, checkpoint: Checkpoint) => Promise<void>;
  #checkpoint: Checkpoint;

  constructor(
    provider: Provider,
    checkpoint: Checkpoint,
    write: (what: string, checkpoint: Checkpoint) => Promise<void>,
  ) {
    this.#provider = provider;
    this.#checkpoint = checkpoint;
    this.#write = write;
  }

  /** Runs a command to its end. @throws what the provider throws: the command has failed then. */
  async run(command: Command, declared: Declared): Promise<void> {
    if (command.kind === "refresh") return this.#refresh();
    const { resource } = this.#checkpoint;
    if (command.kind === "up" && declared !== undefined) {
      await this.#register(declared, command.replace);
    } else if (resource?.replacing === true) {
      await this.#save("forget", { resource: undefined });
    } else if (resource !== undefined) {
      await this.#delete(resource, () => ({ resource: undefined }));
    }
    for (const gone of this.#checkpoint.condemned) {
      await this.#delete(gone, ({ condemned }) => ({
        condemned: condemned.filter((other) => other !== gone),
      }));
    }
  }

  async #register(args: Properties, replace: "create first" | "delete first" | undefined): Promise<void> {
    const old = this.#checkpoint.resource;
    if (old === undefined) return this.#create(await this.#check({}, args), (resource) => ({ resource }));
    // With --replace the engine asks neither for old inputs nor for a comparison.
    if (replace !== undefined) return this.#replace(old, args, replace);
    const inputs = await this.#check(old.inputs, args);
    const { changes, replaces = [] } = await this.#provider.diff(old.id, old.outputs, inputs);
    if (replaces.length > 0 || old.replacing) {
      return this.#replace(old, args, old.replacing ? "delete first" : "create first");
    }
    if (changes || old.failed) return this.#update(old, inputs);
    await this.#save("same", { resource: { ...old, inputs } });
  }

  async #replace(old: Resource, args: Properties, order: "create first" | "delete first"): Promise<void> {
    const inputs = await this.#check({}, args);
    if (order === "create first") {
      await this.#create(inputs, (resource, { condemned }) => ({ resource, condemned: [...condemned, old] }));
      return;
    }
    if (!old.replacing) await this.#delete(old, () => ({ resource: { ...old, replacing: true } }));
    await this.#create(inputs, (resource) => ({ resource }));
  }

  async #create(
    inputs: Properties,
    result: (made: Resource, now: Checkpoint) => Partial<Checkpoint>,
  ): Promise<void> {
    await this.#begin("creating");
    const made = { inputs, failed: false, replacing: false };
    try {
      const { id, outs } = await this.#provider.create(inputs);
      await this.#end("created", result({ ...made, id, outputs: { ...outs, ...LINE } }, this.#checkpoint));
    } catch (error) {
      const kept = keptOf(error);
      await this.#end(
        "failed to create",
        kept && result({ ...made, ...kept, failed: true }, this.#checkpoint),
      );
      throw error;
    }
  }

  async #update(old: Resource, inputs: Properties): Promise<void> {
    await this.#begin("updating");
    try {
      const { outs } = await this.#provider.update(old.id, old.outputs, inputs);
      const outputs = { ...outs, ...LINE };
      await this.#end("updated", { resource: { ...old, inputs, outputs, failed: false } });
    } catch (error) {
      const kept = keptOf(error);
      // After a partial update the state holds the old inputs.
      await this.#end("failed to update", kept && { resource: { ...old, ...kept, failed: true } });
      throw error;
    }
  }

  async #delete(old: Resource, result: (now: Checkpoint) => Partial<Checkpoint>): Promise<void> {
    await this.#begin(`deleting ${old.id}`);
    try {
      await this.#provider.delete(old.id, old.outputs);
    } catch (error) {
      await this.#end("failed to delete");
      throw error;
    }
    await this.#end("deleted", result(this.#checkpoint));
  }

  async #refresh(): Promise<void> {
    const { resource } = this.#checkpoint;
    if (resource === undefined || resource.replacing) return;
    const { props } = await this.#provider.read(resource.id, resource.outputs);
    await this.#save("refreshed", {
      resource: { ...resource, outputs: { ...props, ...LINE }, failed: false },
    });
  }

  async #check(olds: Properties, args: Properties): Promise<Properties> {
    const { inputs = {}, failures = [] } = await this.#provider.check(olds, { ...args, ...LINE });
    const [failure] = failures;
    if (failure !== undefined) throw new Error(failure.reason);
    return { ...inputs, ...LINE };
  }

  #begin(operation: string): Promise<void> {
    return this.#save(operation, { pending: [...this.#checkpoint.pending, operation] });
  }

  #end(what: string, changes: Partial<Checkpoint> | undefined = {}): Promise<void> {
    return this.#save(what, { ...changes, pending: this.#checkpoint.pending.slice(0, -1) });
  }

  async #save(what: string, changes: Partial<Checkpoint>): Promise<void> {
    this.#checkpoint = { ...this.#checkpoint, ...changes };
    await this.#write(what, this.#checkpoint);
  }
}

/** What the engine keeps of an operation that has failed in part. */
function keptOf(error: unknown): Pick<Resource, "id" | "outputs"> | undefined {
  if (!(error instanceof PartialFailure)) return undefined;
  return { id: error.id, outputs: { ...error.properties, ...LINE } };
}
