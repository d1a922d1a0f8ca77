import type { RequestMatch } from "@signatureapi-keys/management-api/emulator";
import { vi } from "vitest";
import type { StackWorld } from "./world.ts";
import { kill } from "./running.ts";

/** Where a process is killed: at a request that the emulator does not answer. */
export interface Point {
  readonly operation: NonNullable<RequestMatch["operation"]>;
  /**
   * `unsent`: the request never takes effect; `done`: it has taken effect, and its answer is not read; `late`: it takes
   * effect after the process is dead.
   */
  readonly effect: "unsent" | "done" | "late";
  /** Whether the effect can be seen; needed for `done`. */
  readonly visible?: (world: StackWorld) => boolean;
}

/** Starts `pulumi up` and waits until the provider has come to a point. */
export async function upTo(world: StackWorld, point: Point) {
  const { admin } = world.emulator;
  const { operation, effect, visible } = point;
  admin.clearRequests();
  admin.addFault({
    match: { operation },
    when: effect === "done" ? "after" : "before",
    fault: { kind: effect === "unsent" ? "hang" : "hold" },
  });
  const running = world.project.start("up", "--yes", "--skip-preview");
  const early = running.ended.then(({ text }) => {
    throw new Error(`pulumi up never came to ${operation}:\n${text}`);
  });
  await Promise.race([admin.waitForRequests({ operation }), early]);
  // Once it was reached, the end is expected.
  early.catch(() => undefined);
  if (visible !== undefined) {
    await vi.waitFor(() => {
      if (!visible(world)) throw new Error(`${operation} has had no effect`);
    });
  }
  return running;
}

/** Runs `pulumi up`, and kills the provider at a point. Returns what was printed. */
export async function killProviderAt(world: StackWorld, point: Point): Promise<string> {
  const running = await upTo(world, point);
  const providers = world.project.providers();
  if (providers.length === 0) throw new Error("there is no provider to kill");
  for (const pid of providers) kill(pid);
  const { code, text } = await running.ended;
  world.emulator.admin.clearFaults();
  if (code === 0) throw new Error(`pulumi up succeeded without its provider:\n${text}`);
  return text;
}
