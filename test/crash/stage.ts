import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { World } from "../e2e/world.ts";
import { bundleController, type Mutation } from "./bundle.ts";
import type { Stage } from "./run-row.ts";

/** Rows at a time: each is mostly waiting, and a start of its controller takes a core for half a second. */
const PLACES = 5;

/** One API server and one emulator for all rows of a file, and the bundle that their processes run. */
export class CrashStage implements Stage, AsyncDisposable {
  readonly world: World;
  readonly file: string;
  readonly #folder: string;
  readonly #waiting: (() => void)[] = [];
  #free = PLACES;
  #names = 0;

  private constructor(world: World, folder: string) {
    this.world = world;
    this.#folder = folder;
    this.file = join(folder, "controller.mjs");
  }

  static async open(): Promise<CrashStage> {
    const stage = new CrashStage(
      await World.start(),
      await mkdtemp(join(tmpdir(), "signatureapi-keys-crash-")),
    );
    await bundleController(stage.file);
    return stage;
  }

  /** The same stage, for processes in whose source something is wrong. */
  async mutated(mutation: Mutation): Promise<Stage> {
    const file = join(this.#folder, `${(this.#names += 1)}.mjs`);
    await bundleController(file, mutation);
    return { world: this.world, file, enter: async () => this.enter(), newName: () => this.newName() };
  }

  newName(): string {
    return `crash-${(this.#names += 1)}`;
  }

  async enter(): Promise<() => void> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    return () => {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
