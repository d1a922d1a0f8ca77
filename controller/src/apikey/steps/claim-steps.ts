import { recordsKey, type Claims, type Step, type StepResult } from "@signatureapi-keys/lifecycle";
import type { ApiKeyDocument } from "../document.ts";
import type { StepContext } from "./context.ts";
import { done } from "./results.ts";

/**
 * Looks who else has a claim on a key. What a cache knows of is enough to call an owner alive; that one is gone takes a
 * complete list, read now and without a resourceVersion, and a controller that sees all namespaces.
 */
export async function findClaims(
  context: StepContext,
  { keyId, owners }: Step & { kind: "find-claims" },
): Promise<StepResult> {
  const { env, memory } = context;
  const known = owners.filter((owner) => env.apiKeys.byIndex("byOwner", owner).length > 0);
  if (known.length > 0)
    return done({ claims: { keyId, asked: owners, living: known, complete: false, recorded: false } });
  const { items, complete } = await everyApiKey(context);
  const others = items.filter(({ metadata }) => metadata.uid !== memory.object.metadata.uid);
  const alive = new Set(others.map(({ owner }) => owner));
  const claims: Claims = {
    keyId,
    asked: owners,
    living: owners.filter((owner) => alive.has(owner)),
    complete,
    recorded: others.some(({ record }) => recordsKey(record, keyId)),
  };
  return done({ claims });
}

async function everyApiKey({
  env,
}: StepContext): Promise<{ readonly items: readonly ApiKeyDocument[]; readonly complete: boolean }> {
  const lists = (env.scope ?? [undefined]).map(async (namespace) =>
    env.kube.listAll(env.apiKeyType, namespace === undefined ? {} : { namespace }),
  );
  const pages = await Promise.all(lists);
  const items = pages.flatMap((page) => page.items);
  // An object that cannot be read exists all the same, and its owner is unknown.
  return {
    items,
    complete: env.scope === undefined && pages.every(({ malformed }) => malformed.length === 0),
  };
}
