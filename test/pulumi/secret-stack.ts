import type { Emulator } from "@signatureapi-keys/management-api/emulator";
import { expect, type TestContext } from "vitest";
import { ACCOUNT, makeProject, startVendor, TOKEN } from "./world.ts";
import type { Finished, Project, ProjectOptions } from "./project.ts";

const OTHER = { id: "acc_other", token: "token-of-the-other-account" };

/** Every way that a value or a token can take: minted, adopted, of a second account, nested in an output. */
const PROGRAM = `
import { readFileSync } from "node:fs";
import { Config } from "@pulumi/pulumi";
import { ApiKey, Provider } from "pulumi-signatureapi";
const { description, trigger } = JSON.parse(readFileSync(new URL("keys.json", import.meta.url), "utf8"));
const config = new Config();
const other = new Provider("other", { token: config.requireSecret("otherToken") });
const key = new ApiKey("checkout", { mode: "live", description, rotation: { trigger, overlap: "0s" } });
new ApiKey("adopted", { mode: "live", adopt: { keyId: config.require("adoptId"), key: config.requireSecret("adoptKey") } });
new ApiKey("elsewhere", { mode: "live" }, { provider: other });
export const value = key.key;
export const nested = { list: [key.key] };
`;

/** A stack whose secrets are known, and all that was printed about it. */
export class SecretStack {
  readonly emulator: Emulator;
  readonly project: Project;
  /** The value of the key that was adopted: the one that a test can know beforehand. */
  readonly adopted: string;
  readonly printed: Finished[] = [];
  readonly #values = new Set<string>();

  constructor(emulator: Emulator, project: Project, adopted: string) {
    this.emulator = emulator;
    this.project = project;
    this.adopted = adopted;
  }

  async declare(description: string, trigger: string): Promise<void> {
    await this.project.write("keys.json", JSON.stringify({ description, trigger }));
  }

  /** Runs a command, keeps what it printed, and takes note of the values that exist after it. */
  async run(...args: readonly string[]): Promise<Finished> {
    const finished = await this.project.pulumi(...args);
    this.printed.push(finished);
    return finished;
  }

  /** Takes note of the values in the state. */
  async collect(): Promise<void> {
    const { stdout } = await this.project.pulumi("stack", "export", "--show-secrets");
    for (const [value] of stdout.matchAll(/key_(?:live|test)_\w+/g)) this.#values.add(value);
  }

  /** What must be seen nowhere. */
  get secrets(): string[] {
    return [...this.#values, TOKEN, OTHER.token];
  }

  /** Looks through everything that was printed, and everything that Pulumi has written to the disk. */
  async expectSilence(): Promise<void> {
    expect(this.#values).toContain(this.adopted);
    const places = [...this.printed.map(({ text }) => text), await this.project.allFiles()];
    // Values by their form, too: one that was never delivered is in no state.
    const secrets = [...this.secrets, "key_live_", "key_test_"];
    const found = secrets.flatMap((secret) => places.flatMap((text) => excerpts(text, secret)));
    expect(found).toEqual([]);
  }
}

/** The text before a secret, without the secret. */
function excerpts(text: string, secret: string): string[] {
  const at = text.indexOf(secret);
  return at === -1 ? [] : [`${text.slice(Math.max(0, at - 200), at)}[here]`];
}

export async function startSecretStack(
  context: TestContext,
  options: Partial<ProjectOptions> = {},
): Promise<SecretStack> {
  const emulator = await startVendor(context, { accounts: [{ id: ACCOUNT, token: TOKEN }, OTHER] });
  const { id, key } = emulator.admin.createKey(ACCOUNT, { mode: "live", description: "Made by hand" });
  const project = await makeProject(context, emulator, { program: { text: PROGRAM }, ...options });
  const stack = new SecretStack(emulator, project, key);
  project.token = null;
  await project.must("config", "set", "--secret", "signatureapi:managementToken", TOKEN);
  await project.must("config", "set", "--secret", "otherToken", OTHER.token);
  await project.must("config", "set", "--secret", "adoptKey", key);
  await project.must("config", "set", "adoptId", id);
  await stack.declare("One", "a");
  return stack;
}
