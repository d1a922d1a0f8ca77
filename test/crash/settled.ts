import { apiKeyStatusSchema, type CustomObject } from "@signatureapi-keys/controller/resources";
import { conditionOf, isReady, problemOf } from "../e2e/conditions.ts";

/** Whether an ApiKey has delivered a revision, and nothing of it is under way. */
export function isSettled(object: CustomObject, revision: number): boolean {
  const status = apiKeyStatusSchema.parse(object.status ?? {});
  const underWay = conditionOf(object, "Ready")?.reason !== "KeyDelivered" || problemOf(object) !== undefined;
  const retired = (status.previous ?? []).length === 0;
  const restarted = status.restart === undefined || status.restart.restartedAt !== undefined;
  const finished = status.attempt === undefined && retired && restarted && !underWay;
  return isReady(object) === true && finished && (status.revision ?? 0) >= revision;
}
