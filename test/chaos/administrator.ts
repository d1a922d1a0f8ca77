import { isKubeError } from "@signatureapi-keys/controller/kube";
import {
  ACCOUNTS,
  CLUSTER_ACCOUNTS,
  SECRET_ANNOTATIONS,
  SECRETS,
} from "@signatureapi-keys/controller/resources";
import { conditionOf } from "../e2e/conditions.ts";
import { seenApiKey } from "./observe.ts";
import type { ChaosWorld } from "./chaos-world.ts";

/** Reasons for which an account waits until an administrator edits it. */
const CALLS_FOR_A_LOOK: ReadonlySet<string> = new Set(["TagNotPreserved", "KeysVanished"]);

/**
 * Does what an administrator does when a condition asks for it: edits the spec of an account, and deletes a Secret
 * whose annotations no longer name an owner.
 */
export async function administer(world: ChaosWorld): Promise<void> {
  try {
    await lookAfterAccounts(world);
    await resolveConflicts(world);
  } catch (error) {
    // It has changed meanwhile: the next look decides.
    if (!isKubeError(error)) throw error;
  }
}

async function lookAfterAccounts({ kube, recorder }: ChaosWorld): Promise<void> {
  for (const object of recorder.liveAccounts()) {
    const { name, namespace, generation = 0 } = object.metadata;
    const condition = conditionOf(object, "Stalled") ?? conditionOf(object, "Ready");
    if (!CALLS_FOR_A_LOOK.has(condition?.reason ?? "") || condition?.observedGeneration !== generation)
      continue;
    const spec = { rateLimit: { requestsPerSecond: 1_000, burst: 500 + (generation % 500) } };
    const type = namespace === undefined ? CLUSTER_ACCOUNTS : ACCOUNTS;
    await kube.patch(type, { namespace, name }, { spec }, { type: "merge" });
  }
}

/** A Secret without annotations and with a value that no record knows is not touched by the controller. */
async function resolveConflicts({ kube, recorder }: ChaosWorld): Promise<void> {
  const conflicts = recorder
    .liveApiKeys()
    .map((object) => seenApiKey(object, Date.now()))
    .filter(({ reason, deleting }) => reason === "SecretConflict" && !deleting);
  for (const { namespace, name, uid } of conflicts) {
    const secret = recorder
      .liveSecrets()
      .find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
    if (secret === undefined) continue;
    const owner = secret.metadata.annotations?.[SECRET_ANNOTATIONS.owner];
    if (owner === uid) continue;
    const preconditions = { uid: secret.metadata.uid, resourceVersion: secret.metadata.resourceVersion };
    await kube.delete(SECRETS, { namespace, name }, { preconditions });
    recorder.conflictsResolved += 1;
  }
}
