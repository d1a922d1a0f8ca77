import { randomBytes } from "node:crypto";
import {
  startEmulator,
  type Emulator,
  type EmulatorOptions,
  type RequestMatch,
} from "@signatureapi-keys/management-api/emulator";
import { systemClock, type Clock } from "@signatureapi-keys/management-api";
import { onTestFinished } from "vitest";
import { BOOTSTRAP } from "../../program/bootstrap.ts";
import { ApiKeyProvider } from "../provider.ts";
import type { Checked } from "../check.ts";
import { PartialFailure } from "../failure.ts";
import type { Runtime } from "../runtime.ts";
import { hasUnknown, type Properties } from "../wire.ts";
import { HOUR, IDENTITY } from "./fixtures.ts";

export const ACCOUNT = "acc_test";
export const TOKEN = "token-of-the-test-account";

/** Lets retries follow at once, and leaves the deadlines of requests as they are. */
export const impatientClock: Clock = {
  now: () => systemClock.now(),
  schedule: (delayMs, callback) => systemClock.schedule(delayMs < LONGEST_RETRY_MS ? 0 : delayMs, callback),
};
const LONGEST_RETRY_MS = 20_000;

/** What the engine keeps of a resource. */
interface State {
  readonly inputs: Properties;
  readonly id: string;
  readonly outputs: Properties;
  readonly failed?: string;
}

/**
 * An engine that does with one resource what Pulumi's does: check, then create, or diff and update or replacement. It
 * keeps state over partial failures the same way: old inputs with new outputs. The real one is in test/pulumi.
 */
export class World {
  readonly emulator: Emulator;
  readonly warnings: string[] = [];
  readonly waits: number[] = [];
  /** Asked before a key is requested, and again before it is confirmed. */
  engineListens: () => boolean = () => true;
  /** What happens while the provider waits. */
  onWait: () => Promise<void> = () => Promise.resolve();
  state: State | undefined;
  token = TOKEN;
  requestsPerSecond = "1000";
  /** The explicit Provider that the resource is given to. */
  providerName: string | undefined;
  #ahead = 0;
  #provider: ApiKeyProvider;

  constructor(emulator: Emulator) {
    this.emulator = emulator;
    this.#provider = this.#start();
  }

  get now(): number {
    return Date.now() + this.#ahead;
  }

  advance(hours: number): void {
    this.#ahead += hours * HOUR;
  }

  /** A new process, as each command of Pulumi has one. */
  restart(): void {
    this.#provider = this.#start();
  }

  #start(): ApiKeyProvider {
    const runtime: Runtime = {
      now: () => this.now,
      wait: (ms) => {
        this.waits.push(ms);
        this.#ahead += ms;
        return this.onWait();
      },
      randomBytes: (size) => randomBytes(size),
      engineListens: () => Promise.resolve(this.engineListens()),
      clock: impatientClock,
      warn: (message) => void this.warnings.push(message),
      env: { SIGNATUREAPI_MANAGEMENT_TOKEN: this.token },
    };
    const provider = new ApiKeyProvider(runtime);
    const config: Record<string, string> = {
      "signatureapi:baseUrl": this.emulator.url,
      "signatureapi:requestsPerSecond": this.requestsPerSecond,
      ...(this.providerName !== undefined && { "signatureapi:providerName": this.providerName }),
    };
    void provider.configure({ config: { get: (name) => config[name] } });
    return provider;
  }

  /** What a preview shows: the checked inputs and the difference. */
  async preview(
    args: Properties,
  ): Promise<{ inputs: Properties; changes: boolean; replaces: readonly string[] }> {
    this.restart();
    const { inputs = {}, failures = [] } = await this.#check(this.state?.inputs ?? {}, args);
    if (failures.length > 0)
      throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
    if (this.state === undefined) return { inputs, changes: true, replaces: [] };
    const { changes, replaces = [] } = await this.#provider.diff(this.state.id, this.state.outputs, inputs);
    return { inputs, changes: changes || this.state.failed !== undefined, replaces };
  }

  /** Compares as many resources as that in one preview, one after the other. Returns what changes. */
  async previews(args: Properties, count: number): Promise<boolean[]> {
    const { state } = this;
    if (state === undefined) throw new Error("nothing to compare");
    this.restart();
    const { inputs = {} } = await this.#check(state.inputs, args);
    const changes: boolean[] = [];
    for (let done = 0; done < count; done += 1) {
      changes.push((await this.#provider.diff(state.id, state.outputs, inputs)).changes);
    }
    return changes;
  }

  /** Creates as many resources at once; there is no state of them. */
  async createMany(count: number): Promise<void> {
    this.restart();
    const owners = Array.from({ length: count }, (_, index) => index.toString(16).padStart(16, "0"));
    await Promise.all(
      owners.map(async (owner) => {
        const { inputs = {} } = await this.#check({}, { owner });
        await this.#provider.create(inputs);
      }),
    );
  }

  /** `pulumi up`. Rejects with the failure; what is to be kept is kept. */
  async up(args: Properties, options: { replace?: boolean } = {}): Promise<Properties> {
    const { inputs, changes, replaces } = await this.preview(args);
    if (hasUnknown(inputs)) throw new Error("an update has no unknown inputs");
    const old = this.state;
    if (old === undefined || replaces.length > 0 || options.replace === true) {
      const { inputs: fresh = {} } = await this.#check({}, args);
      await this.#keeping(fresh, () => this.#provider.create(fresh));
      if (old !== undefined) await this.#provider.delete(old.id, old.outputs);
    } else if (changes) {
      await this.#keeping(inputs, async () => ({
        id: old.id,
        ...(await this.#provider.update(old.id, old.outputs, inputs)),
      }));
    } else {
      this.state = { ...old, inputs };
    }
    return this.outputs;
  }

  /** `pulumi up --replace`: the engine shows old inputs only, and no old outputs, before it creates and deletes. */
  async replace(args: Properties): Promise<Properties> {
    this.restart();
    const old = this.state;
    if (old === undefined) throw new Error("nothing to replace");
    await this.#check(old.inputs, args);
    const { inputs = {} } = await this.#check({}, args);
    await this.#keeping(inputs, () => this.#provider.create(inputs));
    await this.#provider.delete(old.id, old.outputs);
    return this.outputs;
  }

  /** As the host does, which puts the provider's code back. */
  async #check(olds: Properties, args: Properties): Promise<Checked> {
    const { inputs, failures } = await this.#provider.check(olds, news(args));
    return { inputs: { ...inputs, __provider: BOOTSTRAP }, ...(failures && { failures }) };
  }

  async #keeping(inputs: Properties, action: () => Promise<{ id: string; outs: Properties }>): Promise<void> {
    try {
      const { id, outs } = await action();
      this.state = { id, inputs, outputs: { ...outs, __provider: BOOTSTRAP } };
    } catch (error) {
      if (error instanceof PartialFailure) {
        const { id, properties, message } = error;
        this.state = {
          id,
          inputs: this.state?.inputs ?? inputs,
          outputs: { ...properties },
          failed: message,
        };
      }
      throw error;
    }
  }

  async refresh(): Promise<Properties> {
    this.restart();
    if (this.state === undefined) throw new Error("nothing to refresh");
    const { props } = await this.#provider.read(this.state.id, this.state.outputs);
    this.state = { ...this.state, outputs: { ...props, __provider: BOOTSTRAP } };
    return props;
  }

  async lookUp(keyId: string): Promise<Properties> {
    this.restart();
    return (await this.#provider.read(keyId, { __provider: BOOTSTRAP })).props;
  }

  /** Changes a description, as a user of the dashboard does. */
  describe(keyId: string, description: string): Promise<void> {
    return this.#request("PATCH", keyId, { description });
  }

  /** Gives a key a new value, as a user of the dashboard does. */
  roll(keyId: string): Promise<void> {
    return this.#request("POST", `${keyId}/roll`, {});
  }

  async #request(method: string, path: string, body: object): Promise<void> {
    const response = await fetch(`${this.emulator.url}/api-keys/${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path} was refused: ${response.status}`);
  }

  async destroy(): Promise<void> {
    this.restart();
    if (this.state === undefined) throw new Error("nothing to destroy");
    await this.#provider.delete(this.state.id, this.state.outputs);
    this.state = undefined;
  }

  get outputs(): Properties {
    if (this.state === undefined) throw new Error("there is no state");
    return this.state.outputs;
  }

  get keyId(): string {
    return String(this.outputs["keyId"]);
  }

  /** IDs of unrevoked keys at the emulator, oldest first. */
  active(): string[] {
    return this.emulator.admin
      .keys()
      .filter(({ status }) => status === "active")
      .map(({ id }) => id)
      .toReversed();
  }

  /** Puts a live key with this description into the account, as something else makes one. Returns its ID. */
  leave(description: string): string {
    return this.emulator.admin.createKey(ACCOUNT, { mode: "live", description }).id;
  }

  /** Has a kind of request fail with a status, as often as it is sent. */
  fail(operation: NonNullable<RequestMatch["operation"]>, status: number): void {
    const fault = { kind: "status", status } as const;
    this.emulator.admin.addFault({ match: { operation }, times: 50, fault });
  }

  description(keyId: string): string {
    return this.emulator.admin.keys().find(({ id }) => id === keyId)?.description ?? "";
  }
}

function news(args: Properties): Properties {
  return {
    mode: "live",
    description: "Checkout service",
    deletionPolicy: "Revoke",
    ...IDENTITY,
    __provider: BOOTSTRAP,
    ...args,
  };
}

export async function startWorld(options: EmulatorOptions = {}): Promise<World> {
  const emulator = await startEmulator({
    accounts: [{ id: ACCOUNT, token: TOKEN }],
    rateLimit: 10_000,
    burst: 10_000,
    ...options,
  });
  onTestFinished(() => emulator.close());
  return new World(emulator);
}
