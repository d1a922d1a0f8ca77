import {
  startEmulator,
  type Emulator,
  type EmulatorOptions,
} from "@signatureapi-keys/management-api/emulator";
import { inject, type TestContext } from "vitest";
import * as z from "zod";
import { Project, type ProjectOptions } from "./project.ts";

export const ACCOUNT = "acc_shop";
export const TOKEN = "token-of-the-shop-account";

/** Declares what `keys.json` names: the arguments of each ApiKey, and its options as `opts`. */
const PROGRAM = `
import { readFileSync } from "node:fs";
import { ApiKey } from "pulumi-signatureapi";
const declared = JSON.parse(readFileSync(new URL("keys.json", import.meta.url), "utf8"));
export const keys = {};
for (const [name, { opts, ...args }] of Object.entries(declared)) {
  const { key, keyId, revision, status, previous, unrecordedKeys, nextRotationAt } = new ApiKey(name, args, opts);
  keys[name] = { key, keyId, revision, status, previous, unrecordedKeys, nextRotationAt };
}
`;

/** Arguments of an ApiKey, and `opts`. */
export type Declared = Readonly<Record<string, unknown>>;

/** Declares one live key; another trigger rotates it, and revokes the replaced one in the same update. */
export function triggered(trigger: string): Readonly<Record<string, Declared>> {
  return { checkout: { mode: "live", rotation: { overlap: "0s", trigger } } };
}

const keySchema = z.looseObject({
  key: z.string(),
  keyId: z.string(),
  revision: z.number(),
  status: z.string(),
  previous: z.array(z.looseObject({ keyId: z.string(), revokeAt: z.string() })),
  unrecordedKeys: z.array(z.looseObject({ keyId: z.string() })),
});

/** What a stack put out about a key, its value in plain text. */
export type KeyOutputs = z.infer<typeof keySchema>;

/** An emulator, and a project with the real engine on it. Both are gone when the test has finished. */
export class StackWorld {
  readonly emulator: Emulator;
  readonly project: Project;

  constructor(emulator: Emulator, project: Project) {
    this.emulator = emulator;
    this.project = project;
  }

  /** Says what the program declares from now on. */
  async declare(keys: Readonly<Record<string, Declared>>): Promise<void> {
    await this.project.write("keys.json", JSON.stringify(keys));
  }

  /** Declares it and runs `pulumi up`. */
  async up(keys: Readonly<Record<string, Declared>>, ...args: readonly string[]): Promise<string> {
    await this.declare(keys);
    return this.project.up(...args);
  }

  /** What the last update put out about a key. */
  async key(name = "checkout"): Promise<KeyOutputs> {
    const { keys } = z.object({ keys: z.record(z.string(), keySchema) }).parse(await this.project.outputs());
    const found = keys[name];
    if (found === undefined) throw new Error(`the stack puts out no ${name}`);
    return found;
  }

  /** The IDs of unrevoked keys, oldest first. */
  active(account = ACCOUNT): string[] {
    return this.emulator.admin
      .keys()
      .filter((key) => key.status === "active" && key.account === account)
      .map(({ id }) => id)
      .toReversed();
  }

  description(keyId: string): string | undefined {
    return this.emulator.admin.keys().find(({ id }) => id === keyId)?.description;
  }

  /** Whether the service takes this value now. */
  async works(value: string): Promise<boolean> {
    const answer = await fetch(`${this.emulator.url}/envelopes`, { headers: { "x-api-key": value } });
    await answer.body?.cancel();
    return answer.status === 200;
  }
}

export interface StageOptions {
  readonly emulator?: EmulatorOptions;
  readonly project?: Partial<ProjectOptions>;
}

/** Starts an emulator without a rate limit. */
export async function startVendor(context: TestContext, options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator({
    accounts: [{ id: ACCOUNT, token: TOKEN }],
    rateLimit: 10_000,
    burst: 10_000,
    ...options,
  });
  context.onTestFinished(() => emulator.close());
  return emulator;
}

/** Makes a project with a stack; it is removed when the test has finished. */
export async function makeProject(
  context: TestContext,
  emulator: Emulator,
  options: Partial<ProjectOptions> = {},
): Promise<Project> {
  const project = await Project.create({
    toolchain: inject("toolchain"),
    baseUrl: emulator.url,
    token: TOKEN,
    program: { text: PROGRAM },
    ...options,
  });
  context.onTestFinished(() => project.remove());
  return project;
}

/** An emulator and a project on it. */
export async function startWorld(context: TestContext, options: StageOptions = {}): Promise<StackWorld> {
  const emulator = await startVendor(context, options.emulator);
  return new StackWorld(emulator, await makeProject(context, emulator, options.project));
}
