import { isKubeError, type KubeClient } from "@signatureapi-keys/controller/kube";
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
  const { kube, recorder } = world;
  for (const act of [...editsOfAccounts(world), ...deletionsOfConflicts(world)]) {
    try {
      await act(kube);
    } catch (error) {
      // It has changed meanwhile, or the API server is away: the next look decides.
      if (!isKubeError(error)) throw error;
      recorder.noteAdministratorFailure(error.kind);
    }
  }
}

type Edit = (kube: KubeClient) => Promise<void>;

function editsOfAccounts({ recorder }: ChaosWorld): readonly Edit[] {
  return recorder.liveAccounts().flatMap((object) => {
    const { name, namespace, generation = 0 } = object.metadata;
    const condition = conditionOf(object, "Stalled") ?? conditionOf(object, "Ready");
    if (!CALLS_FOR_A_LOOK.has(condition?.reason ?? "") || condition?.observedGeneration !== generation)
      return [];
    const spec = { rateLimit: { requestsPerSecond: 1_000, burst: 500 + (generation % 500) } };
    const type = namespace === undefined ? CLUSTER_ACCOUNTS : ACCOUNTS;
    return async (kube: KubeClient) => {
      await kube.patch(type, { namespace, name }, { spec }, { type: "merge" });
    };
  });
}

/** A Secret without annotations and with a value that no record knows is not touched by the controller. */
function deletionsOfConflicts({ recorder }: ChaosWorld): readonly Edit[] {
  const conflicts = recorder
    .liveApiKeys()
    .map((object) => seenApiKey(object, Date.now()))
    .filter(({ reason, deleting }) => reason === "SecretConflict" && !deleting);
  return conflicts.flatMap(({ namespace, name, uid }) => {
    const secret = recorder
      .liveSecrets()
      .find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
    if (secret === undefined || secret.metadata.annotations?.[SECRET_ANNOTATIONS.owner] === uid) return [];
    const preconditions = { uid: secret.metadata.uid, resourceVersion: secret.metadata.resourceVersion };
    return async (kube: KubeClient) => {
      await kube.delete(SECRETS, { namespace, name }, { preconditions });
      recorder.conflictsResolved += 1;
    };
  });
}
