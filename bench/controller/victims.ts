import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { keyOf, Reflector } from "@signatureapi-keys/controller/kube";
import { API_KEYS, type CustomObject } from "@signatureapi-keys/controller/resources";
import { isReady } from "../../test/e2e/conditions.ts";
import type { World } from "../../test/e2e/world.ts";

/** The namespace, with an account of its own, of the ApiKeys that are measured. */
export const VICTIM = "victim";

const PATIENCE_MS = 120_000;

/**
 * Declares ApiKeys one after the other, and measures from each request of the create to the moment when a watch shows
 * it ready.
 *
 * @param interval in milliseconds, between two creates.
 * @returns milliseconds, a figure for each.
 * @throws Error where one is not ready within 2 min.
 */
export async function timesToReady(
  world: World,
  prefix: string,
  { count, interval }: { readonly count: number; readonly interval: number },
): Promise<readonly number[]> {
  const ready = new Map<string, PromiseWithResolvers<number>>();
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  for (const name of names)
    ready.set(keyOf({ metadata: { namespace: VICTIM, name } }), Promise.withResolvers());
  const reflector = new Reflector({ client: world.kube, type: API_KEYS, namespace: VICTIM });
  const look = (object: CustomObject): void => {
    if (isReady(object)) ready.get(keyOf(object))?.resolve(performance.now());
  };
  reflector.addHandler({ added: look, updated: look });
  reflector.start();
  try {
    await reflector.hasSynced();
    const waits = names.map(async (name, index) => {
      await sleep(index * interval);
      const metadata = { namespace: VICTIM, name };
      const begun = performance.now();
      await world.kube.create(API_KEYS, { metadata, spec: { mode: "live" } });
      const late = sleep(PATIENCE_MS, undefined, { ref: false }).then(() => {
        throw new Error(`${name} was not ready within ${PATIENCE_MS / 1_000} s`);
      });
      const seen = ready.get(keyOf({ metadata }))?.promise ?? late;
      return (await Promise.race([seen, late])) - begun;
    });
    return await Promise.all(waits);
  } finally {
    await reflector.stop();
  }
}
