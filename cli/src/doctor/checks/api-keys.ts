import { isWorkUnderWay } from "@signatureapi-keys/lifecycle";
import { shortSpan } from "../../output/age.ts";
import { isReason } from "../../advice.ts";
import { adviceOn } from "../advice.ts";
import { nameOf, type ApiKeySummary } from "../api-key-summary.ts";
import type { Facts } from "../facts.ts";
import { findingsOf, type Finding, type FindingState } from "../finding.ts";

const make = findingsOf("apikeys");
const { ok, unknown } = make;

/** More ApiKeys are counted. */
const NAMED = 5;
/** The controller looks at a new object within seconds. */
const SOON_MS = 60_000;
/** Work under way that takes longer deserves a look: an adoption takes 45 s, a recovery two minutes and a half. */
const LONG_MS = 600_000;

/** An ApiKey's problem, before those that are alike are put together. */
interface Trouble {
  readonly state: Exclude<FindingState, "ok">;
  readonly what: string;
  readonly remedy: string;
  readonly apiKey: ApiKeySummary;
}

/** ApiKeys with problems, by reason; previous keys that stay active past their time; attempts that do not end. */
export function checkApiKeys({ apiKeys, now }: Pick<Facts, "apiKeys" | "now">): readonly Finding[] {
  if (!("value" in apiKeys)) {
    const remedy = "Run it as a user who may list apikeys, or with -n for one namespace.";
    return [unknown(`the ApiKeys cannot be read: ${apiKeys.message}`, { remedy })];
  }
  const troubles = apiKeys.value.flatMap((apiKey) => troublesOf(apiKey, now));
  const grouped = Map.groupBy(troubles, ({ state, what }) => `${state}\n${what}`);
  const findings = [...grouped.values()].flatMap(together);
  const affected = new Set(troubles.map(({ apiKey }) => apiKey.uid));
  const fine = apiKeys.value.length - affected.size;
  const summary =
    apiKeys.value.length === 0
      ? "there are no ApiKeys yet"
      : `${fine} of ${apiKeys.value.length} ApiKeys are as declared`;
  return [ok(summary), ...findings];
}

function together(troubles: readonly Trouble[]): readonly Finding[] {
  const [first] = troubles;
  if (first === undefined) return [];
  const names = troubles.map(({ apiKey }) => nameOf(apiKey)).toSorted();
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : "";
  const where = `ApiKey ${names.slice(0, NAMED).join(", ")}${more}`;
  return [make[first.state](first.what, { where, remedy: first.remedy })];
}

function troublesOf(apiKey: ApiKeySummary, now: number): readonly Trouble[] {
  const { status } = apiKey;
  const trouble = (state: Trouble["state"], what: string, remedy: string): Trouble => ({
    state,
    what,
    remedy,
    apiKey,
  });
  const look = statusCommand(apiKey);
  if (status === undefined) return [trouble("unknown", "the status cannot be understood", look)];
  const condition = conditionTrouble(apiKey, now);
  const overdue = status.previous?.filter(({ revokeAt }) => now - Date.parse(revokeAt) > LONG_MS) ?? [];
  const attemptMs = status.attempt === undefined ? 0 : now - Date.parse(status.attempt.startedAt);
  return [
    ...(condition === undefined ? [] : [trouble(condition.state, condition.what, condition.remedy)]),
    ...(overdue.length === 0
      ? []
      : [trouble("warning", "previous keys stay active past the end of their overlap", look)]),
    ...(attemptMs <= LONG_MS
      ? []
      : [trouble("warning", `an attempt has been under way for more than ${shortSpan(LONG_MS)}`, look)]),
  ];
}

function conditionTrouble(
  apiKey: ApiKeySummary,
  now: number,
): Pick<Trouble, "state" | "what" | "remedy"> | undefined {
  const conditions = apiKey.status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === "Ready");
  const logs = "Look at the log of the controller: kubectl signatureapi logs";
  if (ready === undefined || (ready.observedGeneration ?? 0) < (apiKey.generation ?? 0)) {
    return now - apiKey.createdAt <= SOON_MS
      ? undefined
      : { state: "problem", what: "the controller has not looked at the spec yet", remedy: logs };
  }
  if (ready.status === "True") {
    const degraded = conditions.find(({ type }) => type === "Degraded");
    if (degraded === undefined) return undefined;
    return {
      state: "warning",
      what: `the key works, and ${degraded.reason}`,
      remedy: adviceOn(degraded.reason),
    };
  }
  const what = `not ready: ${ready.reason}`;
  const remedy = adviceOn(ready.reason);
  if (!isReason(ready.reason) || !isWorkUnderWay(ready.reason)) return { state: "problem", what, remedy };
  const since = apiKey.deletedAt ?? Date.parse(ready.lastTransitionTime);
  return now - since <= LONG_MS ? undefined : { state: "warning", what: `${what}, for a long time`, remedy };
}

function statusCommand({ namespace, name }: ApiKeySummary): string {
  return `kubectl signatureapi status ${name} -n ${namespace}`;
}
