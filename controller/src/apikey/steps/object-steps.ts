import type { Step, StepResult } from "@signatureapi-keys/lifecycle";
import { isKubeError } from "../../kube/index.ts";
import { FINALIZER } from "../../resources/names.ts";
import { API_KEYS, type CustomObject } from "../../resources/types.ts";
import { conditionsOf, readStatus, writeStatus } from "../status-codec.ts";
import { objectView } from "../views.ts";
import type { StepContext } from "./context.ts";
import { done } from "./results.ts";

/** A live GET of the ApiKey; one with another UID is another object. */
export async function readObject(context: StepContext): Promise<StepResult> {
  const { env, ref, memory } = context;
  const found = await env.kube.find(API_KEYS, ref);
  if (found === undefined || found.metadata.uid !== memory.object.metadata.uid)
    return done({ object: { state: "gone" } });
  return seen(context, found);
}

/** Puts the finalizer on before anything is minted. */
export async function addFinalizer(context: StepContext): Promise<StepResult> {
  const finalizers = [...(context.memory.object.metadata.finalizers ?? []), FINALIZER];
  return seen(context, await patchFinalizers(context, finalizers));
}

/** Lets the object go. */
export async function removeFinalizer(context: StepContext): Promise<StepResult> {
  const finalizers = (context.memory.object.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
  try {
    await patchFinalizers(context, finalizers);
  } catch (error) {
    if (!isKubeError(error, "not-found")) throw error;
  }
  return done({ object: { state: "gone" } });
}

// Finalizers of others are in the same list, so the patch is guarded by what was read.
async function patchFinalizers(
  { env, ref, memory }: StepContext,
  finalizers: readonly string[],
): Promise<CustomObject> {
  const { resourceVersion, uid } = memory.object.metadata;
  const patch = { metadata: { uid, resourceVersion, finalizers } };
  return env.kube.patch(API_KEYS, ref, patch, { type: "merge" });
}

/** Writes the status, guarded by resourceVersion: this write is the lock. */
export async function writeObjectStatus(
  context: StepContext,
  step: Step & { kind: "write-status" },
): Promise<StepResult> {
  const { env, memory } = context;
  const before = memory.object;
  const generation = before.metadata.generation ?? 0;
  const { conditions } = readStatus(before.status);
  const next = conditionsOf(step.verdict, conditions, generation, new Date(env.now()));
  const status = writeStatus(step.status, next, generation);
  const written = await env.kube.updateStatus(API_KEYS, { ...before, status });
  return seen(context, written);
}

function seen({ env, memory }: StepContext, object: CustomObject): StepResult {
  memory.object = object;
  return done({ object: objectView(env, object, "live") });
}
