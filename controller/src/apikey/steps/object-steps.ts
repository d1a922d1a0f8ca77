import { reportedGeneration, type Step, type StepResult } from "@signatureapi-keys/lifecycle";
import {
  addFinalizerPatch,
  isKubeError,
  removeFinalizerPatch,
  type FinalizersPatch,
} from "../../kube/index.ts";
import { identityOf } from "../../resources/document-meta.ts";
import { FINALIZER } from "../../resources/names.ts";
import type { ApiKeyDocument } from "../document.ts";
import { conditionsOf, writeStatus } from "../status-codec.ts";
import { objectView } from "../views.ts";
import type { StepContext } from "./context.ts";
import { done } from "./results.ts";

/** A live GET of the ApiKey; one with another UID is another object. */
export async function readObject(context: StepContext): Promise<StepResult> {
  const { env, ref, memory } = context;
  const found = await env.kube.find(env.apiKeyType, ref);
  if (found === undefined || found.metadata.uid !== memory.object.metadata.uid)
    return done({ object: { state: "gone" } });
  return seen(context, found);
}

/** Puts the finalizer on before anything is minted. */
export async function addFinalizer(context: StepContext): Promise<StepResult> {
  const { object } = context.memory;
  return seen(context, await patchFinalizers(context, addFinalizerPatch(object.metadata, FINALIZER)));
}

/** Lets the object go. */
export async function removeFinalizer(context: StepContext): Promise<StepResult> {
  context.env.leftKeys.noteEnd(context.memory.object.owner);
  try {
    await patchFinalizers(context, removeFinalizerPatch(context.memory.object.metadata, FINALIZER));
  } catch (error) {
    if (!isKubeError(error, "not-found")) throw error;
  }
  return done({ object: { state: "gone" } });
}

async function patchFinalizers(
  { env, ref, memory }: StepContext,
  patch: FinalizersPatch | undefined,
): Promise<ApiKeyDocument> {
  if (patch === undefined) return memory.object;
  return env.kube.patch(env.apiKeyType, ref, patch, { type: "merge" });
}

/** Writes the status, guarded by resourceVersion: this write is the lock. */
export async function writeObjectStatus(
  context: StepContext,
  step: Step & { kind: "write-status" },
): Promise<StepResult> {
  const { env, memory } = context;
  const before = memory.object;
  const { generation = 0 } = before.metadata;
  const reported = reportedGeneration(
    { generation, observedGeneration: before.observedGeneration },
    step.verdict,
  );
  const now = new Date(env.now());
  const conditions = conditionsOf(step.verdict, before.conditions, { generation, reported }, now);
  const status = writeStatus(step.status, conditions, reported);
  const written = await env.kube.updateStatus(env.apiKeyType, { metadata: identityOf(before), status });
  env.emergencies.note(before.metadata.uid, step.status.emergency, written.record.emergency);
  return seen(context, written);
}

function seen({ env, memory }: StepContext, object: ApiKeyDocument): StepResult {
  memory.object = object;
  return done({ object: objectView(env, object, "live") });
}
