import {
  accountStatusSchema,
  restartName,
  SECRET_ANNOTATIONS,
  type Condition,
} from "@signatureapi-keys/controller/resources";
import { adviceFor, commandFor, type Subject } from "../advice.ts";
import { apiKeyFacts, mainCondition, type ApiKeyFacts } from "../apikey/facts.ts";
import type { Gathered } from "./gather.ts";
import type { Pod, Workload } from "./kinds.ts";
import { podSpecSchema, secretUses, useText, type PodSpec } from "./secret-uses.ts";
import { timelineOf, type TimelineEntry } from "./timeline.ts";

/** What is wrong, with what helps. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
  readonly advice: string | undefined;
  readonly command: string | undefined;
}

export interface PodNode {
  readonly name: string;
  readonly phase: string;
  readonly createdAt: string | undefined;
  /** Made before the value of now was committed: it may use an earlier one. */
  readonly isOlderThanValue: boolean;
}

/** A workload, or what owns Pods otherwise; `Pod` for Pods without an owner. */
export interface UserNode {
  readonly kind: string;
  readonly name: string;
  /** `env KEY`, `envFrom`, `volume keys`, … */
  readonly uses: readonly string[];
  /** Whether its label asks for a restart with each new value. */
  readonly isRestarted: boolean;
  /** `2/3 updated, 3/3 available`; undefined where that is unknown. */
  readonly rollout: string | undefined;
  readonly pods: readonly PodNode[];
}

export interface SecretNode {
  readonly name: string;
  /** Undefined if the user may not see it. */
  readonly exists: boolean | undefined;
  readonly createdAt: string | undefined;
  readonly committedAt: string | undefined;
  readonly users: readonly UserNode[];
}

interface RetiringNode {
  readonly keyId: string;
  readonly revokeAt: string;
  readonly reason: string;
  /** Why it is still active although its time is over. */
  readonly heldBy: string | undefined;
}

export interface ApiKeyNode {
  readonly namespace: string;
  readonly name: string;
  readonly mode: string | undefined;
  readonly createdAt: string | undefined;
  readonly deletedAt: string | undefined;
  readonly isReady: boolean;
  readonly isSuspended: boolean;
  readonly reason: string;
  readonly keyId: string | undefined;
  readonly hint: string | undefined;
  readonly revision: number | undefined;
  readonly keyCreatedAt: string | undefined;
  readonly nextRotationAt: string | undefined;
  /** An attempt that is under way. */
  readonly attempt: { readonly id: string; readonly reason: string; readonly startedAt: string } | undefined;
  /** Attempts without a certain outcome. */
  readonly abandoned: number;
  readonly previous: readonly RetiringNode[];
  readonly problem: Problem | undefined;
  readonly secret: SecretNode;
}

export interface AccountNode {
  readonly kind: "Account" | "ClusterAccount";
  readonly namespace: string | undefined;
  readonly name: string;
  /** False where an ApiKey names it and it does not exist; undefined if the user may not see it. */
  readonly exists: boolean | undefined;
  readonly isReady: boolean | undefined;
  readonly accountId: string | undefined;
  readonly liveMode: string | undefined;
  readonly lastInventoryAt: string | undefined;
  readonly problem: Problem | undefined;
  readonly apiKeys: readonly ApiKeyNode[];
}

/** The tree, and what happened. `--output json` prints it as it is. */
export interface StatusModel {
  readonly accounts: readonly AccountNode[];
  readonly timeline: readonly TimelineEntry[];
  /** Parts that could not be read. */
  readonly missing: readonly string[];
}

/** Makes the tree of what was read. Pure. */
export function statusModel(gathered: Gathered, now: Date): StatusModel {
  const facts = gathered.apiKeys.map(apiKeyFacts);
  const byAccount = Map.groupBy(facts, accountKeyOf);
  const accounts = [...byAccount.values()].map((apiKeys) => accountNode(apiKeys, gathered, now));
  return {
    accounts: accounts.toSorted((a, b) => compare([a.namespace ?? "", a.name], [b.namespace ?? "", b.name])),
    timeline: timelineOf(facts, gathered.events ?? []),
    missing: gathered.missing,
  };
}

function accountKeyOf({ account, namespace }: ApiKeyFacts): string {
  return account.kind === "Account"
    ? `Account/${namespace}/${account.name}`
    : `ClusterAccount/${account.name}`;
}

function accountNode(apiKeys: readonly ApiKeyFacts[], gathered: Gathered, now: Date): AccountNode {
  const [first] = apiKeys;
  const { kind = "Account", name = "" } = first?.account ?? {};
  const namespace = kind === "Account" ? first?.namespace : undefined;
  const listed = kind === "Account" ? gathered.accounts : gathered.clusterAccounts;
  const object = listed?.find(
    ({ metadata }) => metadata.name === name && (namespace === undefined || metadata.namespace === namespace),
  );
  const status = accountStatusSchema.safeParse(object?.status ?? {}).data ?? {};
  const conditions = status.conditions ?? [];
  const ready = conditions.find(({ type }) => type === "Ready");
  const wrong =
    conditions.find(({ type, status: holds }) => type !== "Ready" && holds === "True") ??
    (ready?.status === "True" ? undefined : ready);
  return {
    kind,
    namespace,
    name,
    exists: listed === undefined ? undefined : object !== undefined,
    isReady: object === undefined ? undefined : ready?.status === "True",
    accountId: status.accountId,
    liveMode: status.liveMode,
    lastInventoryAt: status.lastInventoryAt,
    problem: wrong === undefined ? undefined : problemOf(wrong, { kind, name, namespace }),
    apiKeys: apiKeys
      .map((apiKey) => apiKeyNode(apiKey, gathered, now))
      .toSorted((a, b) => compare([a.namespace, a.name], [b.namespace, b.name])),
  };
}

function apiKeyNode(apiKey: ApiKeyFacts, gathered: Gathered, now: Date): ApiKeyNode {
  const { namespace, name, mode, createdAt, deletedAt, isSuspended, ready, status, account, secretName } =
    apiKey;
  const condition = mainCondition(apiKey);
  const subject: Subject = { kind: "ApiKey", namespace, name, account, secretName };
  const isReady = ready?.status === "True";
  return {
    namespace,
    name,
    mode,
    createdAt,
    deletedAt,
    isReady,
    isSuspended,
    reason: condition?.reason ?? "NotObserved",
    keyId: status.keyId,
    hint: status.hint,
    revision: status.revision,
    keyCreatedAt: status.createdAt,
    nextRotationAt: status.nextRotationAt,
    attempt:
      status.attempt === undefined
        ? undefined
        : { id: status.attempt.id, reason: status.attempt.reason, startedAt: status.attempt.startedAt },
    abandoned: status.abandoned?.length ?? 0,
    previous: (status.previous ?? []).map(({ keyId, revokeAt, reason }) => ({
      keyId,
      revokeAt,
      reason,
      heldBy: Date.parse(revokeAt) <= now.getTime() ? (condition?.message ?? "unknown") : undefined,
    })),
    problem: condition === undefined || isFine(condition) ? undefined : problemOf(condition, subject),
    secret: secretNode(apiKey, gathered),
  };
}

function isFine({ type, status, reason }: Condition): boolean {
  return (
    type === "Ready" && status === "True" && (adviceFor(reason) === undefined || reason === "RolloutPending")
  );
}

function problemOf({ reason, message }: Condition, subject: Subject): Problem {
  return { reason, message, advice: adviceFor(reason), command: commandFor(reason, subject) };
}

function secretNode(apiKey: ApiKeyFacts, gathered: Gathered): SecretNode {
  const { namespace, secretName, name } = apiKey;
  const secret = gathered.secrets?.find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === secretName,
  );
  const committedAt = secret?.metadata.annotations?.[SECRET_ANNOTATIONS.committedAt];
  return {
    name: secretName,
    exists: gathered.secrets === undefined ? undefined : secret !== undefined,
    createdAt: secret?.metadata.creationTimestamp,
    committedAt,
    users: usersOf(namespace, secretName, name, committedAt, gathered),
  };
}

function usersOf(
  namespace: string,
  secretName: string,
  apiKeyName: string,
  committedAt: string | undefined,
  { workloads, pods = [] }: Gathered,
): readonly UserNode[] {
  const label = restartName(apiKeyName);
  const users = new Map<string, { node: Omit<UserNode, "pods">; pods: PodNode[] }>();
  for (const workload of workloads) {
    if (workload.metadata.namespace !== namespace) continue;
    const uses = secretUses(templateOf(workload), secretName).map(useText);
    const isRestarted = workload.metadata.labels?.[label] === "true";
    if (uses.length === 0 && !isRestarted) continue;
    const { kind, metadata } = workload;
    const node = { kind, name: metadata.name, uses, isRestarted, rollout: rolloutText(workload) };
    users.set(`${kind}/${metadata.name}`, { node, pods: [] });
  }
  for (const pod of pods) {
    if (pod.metadata.namespace !== namespace) continue;
    const uses = secretUses(pod.spec ?? {}, secretName).map(useText);
    if (uses.length === 0) continue;
    const owner = ownerOf(pod);
    const key = `${owner.kind}/${owner.name}`;
    const user = users.get(key) ?? {
      node: { ...owner, uses, isRestarted: false, rollout: undefined },
      pods: [],
    };
    user.pods.push(podNode(pod, committedAt));
    users.set(key, user);
  }
  return [...users.values()].map(({ node, pods: own }) => ({ ...node, pods: own }));
}

function templateOf({ spec }: Workload): PodSpec {
  const template = spec?.template ?? spec?.jobTemplate?.spec?.template;
  return template?.spec ?? podSpecSchema.parse({});
}

function rolloutText({ kind, spec = {}, status = {} }: Workload): string | undefined {
  if (kind === "CronJob") return undefined;
  const isDaemon = kind === "DaemonSet";
  const wanted = isDaemon ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1);
  const updated = isDaemon ? (status.updatedNumberScheduled ?? 0) : (status.updatedReplicas ?? 0);
  const available = isDaemon ? (status.numberAvailable ?? 0) : (status.availableReplicas ?? 0);
  const paused = spec.paused === true ? ", paused" : "";
  return `${updated}/${wanted} updated, ${available}/${wanted} available${paused}`;
}

/** A ReplicaSet is named after its Deployment and the hash of its template, which spares reading ReplicaSets. */
function ownerOf({ metadata }: Pod): { readonly kind: string; readonly name: string } {
  const owner = metadata.ownerReferences?.find((reference) => reference["controller"] === true);
  if (owner === undefined) return { kind: "Pod", name: metadata.name };
  const suffix = `-${metadata.labels?.["pod-template-hash"] ?? ""}`;
  if (owner.kind === "ReplicaSet" && suffix !== "-" && owner.name.endsWith(suffix))
    return { kind: "Deployment", name: owner.name.slice(0, -suffix.length) };
  return { kind: owner.kind, name: owner.name };
}

function podNode({ metadata, status }: Pod, committedAt: string | undefined): PodNode {
  const made = Date.parse(metadata.creationTimestamp ?? "");
  return {
    name: metadata.name,
    phase: metadata.deletionTimestamp === undefined ? (status?.phase ?? "Unknown") : "Terminating",
    createdAt: metadata.creationTimestamp,
    // A Pod's time has whole seconds: one of the same second counts as newer.
    isOlderThanValue: made < Math.floor(Date.parse(committedAt ?? "") / 1_000) * 1_000,
  };
}

function compare(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0].localeCompare(b[0]) || a[1].localeCompare(b[1]);
}
