import type { ApiKeyFacts } from "./facts.ts";

/** Steps of a rotation that lie between two states of an ApiKey, in their order. Pure: equal states give no steps. */
export function progressSteps(
  before: ApiKeyFacts | undefined,
  after: ApiKeyFacts | undefined,
): readonly string[] {
  if (after === undefined) return before === undefined ? [] : ["the ApiKey is gone"];
  const [old, now] = [before?.status, after.status];
  const steps: (string | false)[] = [
    now.attempt !== undefined &&
      now.attempt.id !== old?.attempt?.id &&
      `attempt ${now.attempt.id} is recorded (${now.attempt.op}, ${now.attempt.reason})`,
    now.fingerprint !== undefined &&
      now.fingerprint !== old?.fingerprint &&
      `key ${now.keyId ?? "?"} is committed: Secret ${now.secretName ?? after.secretName} holds its value (…${now.hint ?? "?"})`,
    ...retiringSteps(old?.previous, now.previous),
    now.restart?.restartedAt !== undefined &&
      now.restart.restartedAt !== old?.restart?.restartedAt &&
      "the labelled workloads are restarted",
    now.restart?.completedAt !== undefined &&
      now.restart.completedAt !== old?.restart?.completedAt &&
      "their rollouts are complete",
    now.lastHandledReconcileAt !== undefined &&
      now.lastHandledReconcileAt !== old?.lastHandledReconcileAt &&
      "the controller has looked at it",
    after.deletedAt !== undefined && before?.deletedAt === undefined && "the deletion has begun",
  ];
  return steps.filter((step) => step !== false);
}

type Previous = ApiKeyFacts["status"]["previous"];

function retiringSteps(before: Previous = [], after: Previous = []): readonly string[] {
  const started = after
    .filter(({ keyId }) => before.every((key) => key.keyId !== keyId))
    .map(
      ({ keyId, revokeAt }) => `key ${keyId} retires: it is revoked at ${revokeAt}, or later if it is in use`,
    );
  const ended = before
    .filter(({ keyId }) => after.every((key) => key.keyId !== keyId))
    .map(({ keyId }) => `key ${keyId} is revoked`);
  return [...started, ...ended];
}
