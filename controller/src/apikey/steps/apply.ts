import type { Step, StepResult } from "@signatureapi-keys/lifecycle";
import type { KubeError } from "../../kube/index.ts";
import { secretWriteProblem } from "../problems.ts";
import type { StepContext } from "./context.ts";
import { findClaims } from "./claim-steps.ts";
import { getKey, listKeys, mint, revokeKey, roll, describeKey, tagKey } from "./key-steps.ts";
import { reserveKey } from "./reserve-key.ts";
import { addFinalizer, readObject, removeFinalizer, writeObjectStatus } from "./object-steps.ts";
import { failed, objectProblem } from "./results.ts";
import {
  commitSecret,
  deleteSecret,
  preflightSecret,
  readSecret,
  releaseSecret,
  rewriteSecret,
  touchSecret,
} from "./secret-steps.ts";
import { readPods, readWorkloads, restartWorkload, workloadFailure } from "./workload-steps.ts";

/** Applies one step: exactly one read or effect, decided by the plan and by nothing here. */
export async function applyStep(context: StepContext, step: Step): Promise<StepResult> {
  try {
    return await dispatch(context, step);
  } catch (error) {
    return failed(error, problemOf(step));
  }
}

async function dispatch(context: StepContext, step: Step): Promise<StepResult> {
  switch (step.kind) {
    case "read-object":
      return readObject(context);
    case "read-secret":
      return readSecret(context);
    case "get-key":
      return getKey(context, step);
    case "list-keys":
      return listKeys(context);
    case "reserve-key":
      return reserveKey(context, step);
    case "add-finalizer":
      return addFinalizer(context);
    case "preflight-secret":
      return preflightSecret(context, step);
    case "write-status":
      return writeObjectStatus(context, step);
    case "mint":
      return mint(context, step);
    case "roll":
      return roll(context, step);
    case "commit-secret":
      return commitSecret(context, step);
    case "take-back-secret":
    case "delete-secret":
      return deleteSecret(context, step);
    case "release-secret":
      return releaseSecret(context);
    case "touch-secret":
      return touchSecret(context, step);
    case "rewrite-secret":
      return rewriteSecret(context, step);
    case "read-workloads":
      return readWorkloads(context);
    case "read-pods":
      return readPods(context);
    case "restart-workload":
      return restartWorkload(context, step);
    case "revoke-key":
      return revokeKey(context, step);
    case "describe-key":
      return describeKey(context, step);
    case "tag-key":
      return tagKey(context, step);
    case "find-claims":
      return findClaims(context, step);
    case "remove-finalizer":
      return removeFinalizer(context);
    case "rest":
      throw new TypeError("a rest is not applied");
  }
}

const ON_SECRET: ReadonlySet<Step["kind"]> = new Set([
  "preflight-secret",
  "commit-secret",
  "rewrite-secret",
  "touch-secret",
  "delete-secret",
  "release-secret",
  "take-back-secret",
  "read-secret",
]);

const ON_WORKLOADS: ReadonlySet<Step["kind"]> = new Set(["read-workloads", "read-pods", "restart-workload"]);

function problemOf(step: Step): (error: KubeError) => ReturnType<typeof objectProblem> {
  if (ON_WORKLOADS.has(step.kind)) return workloadFailure(step);
  return ON_SECRET.has(step.kind) ? secretWriteProblem : objectProblem;
}
