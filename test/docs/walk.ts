import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { run } from "../../tools/binaries/run.ts";
import { TOKEN } from "../e2e/manifests.ts";
import { World, type WorldParts } from "../e2e/world.ts";
import { DEFAULT_BASE_URL } from "../../controller/src/resources/account.ts";
import { DeployedControllers } from "./deployed.ts";
import { blocksOf, type Block } from "./page.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const VENDOR = "https://api.signatureapi.com/v1";
const COMMAND_TIMEOUT_MS = 300_000;

/** A cluster in which a page is followed, as a reader would: from a checkout, with kubectl and helm. */
export class Walk extends World {
  readonly #folder: string;
  readonly #deployed: DeployedControllers;
  /** What a reader puts in place of what a page writes, such as the ID of their key. */
  readonly #own = new Map<string, string>();

  private constructor(parts: WorldParts, folder: string) {
    super(parts);
    this.#folder = folder;
    this.#deployed = DeployedControllers.start(this);
  }

  static async begin(): Promise<Walk> {
    const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-walk-"));
    const parts = await World.startParts({ cluster: { workloads: true }, crds: false });
    await symlink(join(ROOT, "charts"), join(folder, "charts"));
    await writeFile(join(folder, "token.txt"), TOKEN);
    await writeFile(join(folder, "password.txt"), "not-a-password");
    await mkdir(join(folder, "bin"));
    for (const name of ["kubectl", "helm"] as const)
      await symlink(await findBinary(name), join(folder, "bin", name));
    return new Walk(parts, folder);
  }

  /** What the controllers have printed. */
  get controllerOutput(): string {
    return this.#deployed.output;
  }

  /** Writes a file of the folder in which the commands run. @param file from that folder; its folders are made. */
  async write(file: string, text: string): Promise<void> {
    const path = join(this.#folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  /** Does what one section of a page says. @returns what its commands have printed. */
  async follow(page: string, section: string): Promise<string> {
    const blocks = blocksOf(page).filter((block) => block.section === section);
    expect(blocks.length, `${page} has no blocks under ${section}`).toBeGreaterThan(0);
    let printed = "";
    for (const block of blocks) printed += await this.#do(block);
    return printed;
  }

  async #do({ language, text: written }: Block): Promise<string> {
    const text = this.#personal(written);
    if (language === "yaml values") {
      await this.write("values.yaml", text);
      return "";
    }
    if (language === "yaml") {
      await this.cluster.apply(this.forEmulator(text));
      return "";
    }
    expect(language).toBe("sh");
    // The vendor cannot be reached from a test.
    return this.shell(text.replaceAll(DEFAULT_BASE_URL, this.emulator.url));
  }

  #personal(text: string): string {
    return [...this.#own].reduce((changed, [written, own]) => changed.replaceAll(written, own), text);
  }

  /** Runs a script as a reader of the page would. @throws AssertionError if it fails. @returns what it has printed. */
  async shell(script: string): Promise<string> {
    const env = {
      ...process.env,
      PATH: `${join(this.#folder, "bin")}:${process.env["PATH"]}`,
      HOME: this.#folder,
      KUBECONFIG: this.cluster.kubeconfigFile,
    };
    const { code, stdout, stderr } = await run("bash", ["-euo", "pipefail", "-c", script], {
      cwd: this.#folder,
      env,
      timeoutMs: COMMAND_TIMEOUT_MS,
    });
    expect({ script, code, stderr: code === 0 ? "" : stderr }).toEqual({ script, code: 0, stderr: "" });
    return stdout;
  }

  /** Puts something of the reader's own in place of what the pages write. */
  replace(written: string, own: string): void {
    this.#own.set(written, own);
  }

  /** A manifest with the emulator's address in each account: the vendor cannot be reached from a test. */
  forEmulator(manifest: string): string {
    return manifest
      .replaceAll(VENDOR, this.emulator.url)
      .replaceAll(/^( *)(credentials: .*)$/gm, `$1baseUrl: ${this.emulator.url}\n$1$2`);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#deployed[Symbol.asyncDispose]();
    await super[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
