import { accountIdOf } from "../../e2e/manifests.ts";
import type { Answer, ApiKeyVersion, SecretVersion } from "../history.ts";
import { nameOf, type IndexedHistory } from "./index-of-history.ts";
import type { KeyFate } from "./keys.ts";
import type { Violation } from "./violation.ts";

/** Finds declared keys that are not delivered, and what is left of deleted ones. */
export function deliveryViolations(index: IndexedHistory, fates: readonly KeyFate[]): readonly Violation[] {
  const { final } = index.history;
  const answers = new Map(final.answers.map((answer) => [nameOf(answer), answer]));
  const declared = final.apiKeys.filter(({ deleting }) => !deleting);
  const wanted = new Set(final.apiKeys.map(nameOf));
  return [
    ...declared
      .filter((apiKey) => !isExplained(apiKey, fates))
      .flatMap((apiKey) => wrongWith(apiKey, answers.get(nameOf(apiKey)), index)),
    ...final.apiKeys
      .filter(({ deleting, reason, status }) => {
        const waits = status.previous.some(({ revokeAt }) => revokeAt > index.history.endedAt);
        return deleting && !(reason === "RetirementPending" && waits);
      })
      .map((apiKey) => about(apiKey, "not-gone", `is still being deleted (${reasonOf(apiKey)})`)),
    ...final.secrets
      .filter(
        (secret) => !wanted.has(nameOf(secret)) && !isNobodys(secret, index) && !isRetained(secret, index),
      )
      .map((secret) => ({
        rule: "not-gone" as const,
        text: `Secret ${nameOf(secret)} is left, and its ApiKey is gone`,
        keyId: secret.keyId,
        uid: index.lastOf(secret)?.uid,
      })),
  ];
}

/**
 * Whether a Secret has lost, by the hands of others, everything that would say whose it was: its annotations, and the
 * value that the ApiKey's status knew. Such a Secret is left alone when its ApiKey is deleted.
 */
function isNobodys(secret: SecretVersion, index: IndexedHistory): boolean {
  return secret.owner === undefined && secret.valueFingerprint !== index.lastOf(secret)?.status.fingerprint;
}

/** Whether a Secret was to stay when its ApiKey was deleted, whatever it held by then. */
function isRetained(secret: SecretVersion, index: IndexedHistory): boolean {
  return index.actsOn(index.lastOf(secret)?.uid, "delete-retained").length > 0;
}

/** What no record knows, or knows any more, and nothing will revoke. */
const IN_THE_WAY: ReadonlySet<KeyFate["kind"]> = new Set([
  "orphaned",
  "rewritten",
  "rolled-back",
  "forgotten",
  "retained",
  "unadopted",
]);

/** A test key that no record knows is in the way of another one: the limit of an account is one. */
function isExplained(apiKey: ApiKeyVersion, fates: readonly KeyFate[]): boolean {
  // It asks again from time to time, and then the reason is another one.
  if (apiKey.mode !== "test" || apiKey.ready || apiKey.status.keyId !== undefined) return false;
  return fates.some(
    ({ kind, key }) =>
      IN_THE_WAY.has(kind) && key.mode === "test" && key.account === accountIdOf(apiKey.namespace),
  );
}

function wrongWith(
  apiKey: ApiKeyVersion,
  answer: Answer | undefined,
  index: IndexedHistory,
): readonly Violation[] {
  const { status } = apiKey;
  const secret = index.finalSecretOf(apiKey);
  const key = index.ourKeys.find(({ id }) => id === status.keyId);
  const wrong = [
    apiKey.ready ? undefined : `is not ready (${reasonOf(apiKey)})`,
    apiKey.upToDate ? undefined : "does not speak of its spec as it is",
    status.attempt === undefined ? undefined : `has attempt ${status.attempt.id} under way`,
    answer?.status === 200
      ? undefined
      : `its value is answered with ${answer?.status ?? "nothing: there is none"}`,
    answer === undefined || answer.mode === apiKey.mode ? undefined : `its value is of mode ${answer.mode}`,
    key?.active === true ? undefined : `its status names key ${status.keyId}, which is not active`,
    answer === undefined || answer.hint === key?.hint
      ? undefined
      : "its value is not that of the key in its status",
    secret?.keyId === status.keyId
      ? undefined
      : `its Secret names key ${secret?.keyId}, its status ${status.keyId}`,
    secret?.valueFingerprint === status.fingerprint ? undefined : "its value does not fit the fingerprint",
    secret?.keepsPrevious === true && status.previous.length === 0
      ? "its Secret keeps a previous value, and no key retires"
      : undefined,
    whyNotRestarted(apiKey, secret, index),
  ];
  return wrong.flatMap((text) => (text === undefined ? [] : [about(apiKey, "not-delivered", text)]));
}

/** A workload that was there when a value was replaced is restarted for the new one. */
function whyNotRestarted(
  apiKey: ApiKeyVersion,
  secret: SecretVersion | undefined,
  index: IndexedHistory,
): string | undefined {
  const workload = index.history.final.workloads.find((one) => nameOf(one) === nameOf(apiKey));
  if (workload === undefined || secret?.committedAt === undefined) return undefined;
  const { restartedFor } = workload;
  const deployed = index.actsOn(apiKey.uid, "deploy").at(-1)?.doneAt ?? Number.POSITIVE_INFINITY;
  const replaced = index
    .standing(index.secretsOf(apiKey.uid), index.history.endedAt)
    .some(({ owner, fingerprint }) => owner === apiKey.uid && fingerprint !== apiKey.status.fingerprint);
  const expected = restartedFor !== undefined || (replaced && deployed < secret.committedAt);
  return expected && restartedFor !== apiKey.status.fingerprint
    ? `its workload was restarted for ${restartedFor ?? "no value"}, and not for ${apiKey.status.fingerprint}`
    : undefined;
}

function reasonOf({ reason, message }: ApiKeyVersion): string {
  return `${reason}: ${message}`;
}

function about(apiKey: ApiKeyVersion, rule: Violation["rule"], text: string): Violation {
  const { uid, status } = apiKey;
  return { rule, text: `ApiKey ${nameOf(apiKey)} ${text}`, uid, keyId: status.keyId };
}
