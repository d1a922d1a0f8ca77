import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { World } from "../e2e/world.ts";
import type { KubeProxy } from "../faults/kube-proxy.ts";
import { proxyOf } from "../faults/world-proxy.ts";
import { bundleController, type Mutation } from "./bundle.ts";
import type { Stage } from "./run-row.ts";

/** Rows at a time: each is mostly waiting, and a start of its controller takes a core for half a second. */
const PLACES = 5;

/** One API server and one emulator for all rows of a file, and the bundle that their processes run. */
export class CrashStage implements Stage, AsyncDisposable {
  readonly world: World;
  readonly file: string;
  readonly #folder: string;
  readonly #proxy: KubeProxy;
  readonly #waiting: (() => void)[] = [];
  #free = PLACES;
  #names = 0;

  private constructor(world: World, folder: string, proxy: KubeProxy) {
    this.world = world;
    this.#folder = folder;
    this.#proxy = proxy;
    this.file = join(folder, "controller.mjs");
  }

  static async open(): Promise<CrashStage> {
    const world = await World.start({ cluster: { workloads: true } });
    const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-crash-"));
    const stage = new CrashStage(world, folder, await proxyOf(world));
    await writeFile(stage.#proxied, stage.#proxy.kubeconfig(world.cluster.adminToken), { mode: 0o600 });
    await bundleController(stage.file);
    return stage;
  }

  /** The same stage, for processes in whose source something is wrong. */
  async mutated(mutation: Mutation): Promise<Stage> {
    const file = join(this.#folder, `${(this.#names += 1)}.mjs`);
    await bundleController(file, mutation);
    return {
      world: this.world,
      file,
      enter: async () => this.enter(),
      newName: () => this.newName(),
      losingAnswer: (namespace) => this.losingAnswer(namespace),
    };
  }

  losingAnswer(namespace: string): string {
    const path = new RegExp(`/namespaces/${namespace}/secrets(\\?(?!.*dryRun)|$)`);
    this.#proxy.fail({ method: "POST", path }, { kind: "reset-after" });
    return this.#proxied;
  }

  get #proxied(): string {
    return join(this.#folder, "kubeconfig-of-the-proxy");
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
    await this.#proxy[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
