import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { World, type WorldParts } from "../e2e/world.ts";
import type { KubeProxy } from "../faults/kube-proxy.ts";
import { namespaces } from "../faults/kube-fixtures.ts";
import { Limit } from "../faults/limit.ts";
import { proxyOf } from "../faults/world-proxy.ts";
import { CLUSTER_NAMESPACE } from "./account-of-key.ts";
import { bundleController, type Mutation } from "./bundle.ts";

/** Rows at a time: each is mostly waiting, and a start of its controller takes a core for half a second. */
const ROWS_AT_A_TIME = 6;

/** One API server and one emulator for all rows of a file, and the bundle that their processes run. */
export class CrashWorld extends World {
  /** Rows run within this limit. */
  readonly rows: Limit;
  readonly #folder: string;
  #proxy: KubeProxy | undefined;
  #file: string;
  #names = 0;

  private constructor(parts: WorldParts, folder: string, rows: number) {
    super(parts);
    this.rows = new Limit(rows);
    this.#folder = folder;
    this.#file = join(folder, "controller.mjs");
  }

  /** A world for many rows at a time, whose controllers each see one namespace. */
  static async open(): Promise<CrashWorld> {
    return CrashWorld.#open(true, ROWS_AT_A_TIME);
  }

  /** A world for one row at a time, whose controller sees all namespaces; nothing runs in it. */
  static async openForOne(): Promise<CrashWorld> {
    return CrashWorld.#open(false, 1);
  }

  static async #open(workloads: boolean, rows: number): Promise<CrashWorld> {
    const parts = await World.startParts({ cluster: { workloads } });
    const world = new CrashWorld(parts, await mkdtemp(join(tmpdir(), "signatureapi-keys-crash-")), rows);
    world.#proxy = await proxyOf(world);
    await writeFile(world.#proxied, world.#proxy.kubeconfig(parts.cluster.adminToken), { mode: 0o600 });
    await world.kube.create(namespaces, { metadata: { name: CLUSTER_NAMESPACE } });
    await bundleController(world.#file);
    return world;
  }

  /** The bundle of the process to be killed. */
  get file(): string {
    return this.#file;
  }

  /** A bundle in whose source something is wrong. @returns its file. */
  async mutated(mutation: Mutation): Promise<string> {
    const file = join(this.#folder, `${(this.#names += 1)}.mjs`);
    await bundleController(file, mutation);
    return file;
  }

  /** The kubeconfig of a path to the API server on which the answer to the first create of a Secret is lost. */
  losingAnswer(namespace: string): string {
    const path = new RegExp(`/namespaces/${namespace}/secrets(\\?(?!.*dryRun)|$)`);
    this.#proxy?.fail({ method: "POST", path }, { kind: "reset-after" });
    return this.#proxied;
  }

  get #proxied(): string {
    return join(this.#folder, "kubeconfig-of-the-proxy");
  }

  /** A name that no other namespace has. */
  newName(): string {
    return `crash-${(this.#names += 1)}`;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy?.close();
    await super[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
