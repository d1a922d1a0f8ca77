import {
  accountStatusSchema,
  apiKeyStatusSchema,
  SECRET_ANNOTATIONS as A,
  type CustomObject,
  type Secret,
} from "@signatureapi-keys/controller/resources";
import type { KubeObject } from "@signatureapi-keys/controller/kube";
import { fingerprintOf } from "@signatureapi-keys/management-api";
import type { KeyWithAccount, LoggedRequest } from "@signatureapi-keys/management-api/emulator";
import * as z from "zod";
import { conditionOf, problemOf } from "../e2e/conditions.ts";
import type { Workload } from "../workloads/resources.ts";
import type {
  ApiKeyVersion,
  ObjectVersion,
  SecretVersion,
  SeenInventory,
  SeenStatus,
  SeenWorkload,
  VendorKey,
  VendorRequest,
} from "./history.ts";

/** The entry that holds the value. */
export const ENTRY = "SIGNATUREAPI_KEY";
/** The entry that holds the previous value, where one is asked for. */
export const PREVIOUS_ENTRY = "SIGNATUREAPI_KEY_PREVIOUS";

const previousSchema = z.array(z.object({ keyId: z.string() })).catch([]);
const specSchema = z.looseObject({ mode: z.string() }).catch({ mode: "unknown" });

function seenObject({ metadata }: KubeObject, at: number, gone: boolean): ObjectVersion {
  const { namespace = "", name, uid, resourceVersion } = metadata;
  return { at, namespace, name, uid, resourceVersion, gone };
}

/** Notes an ApiKey as it was seen at a time. */
export function seenApiKey(object: CustomObject, at: number, gone = false): ApiKeyVersion {
  const { generation, deletionTimestamp } = object.metadata;
  const ready = conditionOf(object, "Ready");
  const condition = problemOf(object) ?? conditionOf(object, "Reconciling") ?? ready;
  const status = apiKeyStatusSchema.safeParse(object.status ?? {}).data ?? {};
  return {
    ...seenObject(object, at, gone),
    deleting: deletionTimestamp !== undefined,
    mode: specSchema.parse(object.spec).mode,
    ready: ready?.status === "True",
    upToDate: status.observedGeneration === generation,
    reason: condition?.reason,
    message: condition?.message,
    status: seenStatus(status),
  };
}

function seenStatus(status: z.infer<typeof apiKeyStatusSchema>): SeenStatus {
  const { keyId, fingerprint, hint, revision = 0, attempt, abandoned = [], previous = [] } = status;
  return {
    keyId,
    fingerprint,
    hint,
    revision,
    attempt: attempt === undefined ? undefined : seenAttempt(attempt),
    abandoned: abandoned.map((entry) => ({
      ...seenAttempt(entry),
      abandonedAt: Date.parse(entry.abandonedAt),
      listings: entry.listings,
      ...(entry.refused === true ? { refused: true as const } : {}),
    })),
    previous: previous.map((entry) => ({ keyId: entry.keyId, revokeAt: Date.parse(entry.revokeAt) })),
  };
}

function seenAttempt(entry: { id: string; op: string; startedAt: string; keyId?: string | undefined }) {
  return { id: entry.id, op: entry.op, keyId: entry.keyId, startedAt: Date.parse(entry.startedAt) };
}

/** Notes a Secret as it was seen at a time: nothing of its value but the fingerprint. */
export function seenSecret(secret: Secret, at: number, gone = false): SecretVersion {
  const { annotations = {} } = secret.metadata;
  const value = valueOf(secret);
  const committedAt = Date.parse(annotations[A.committedAt] ?? "");
  return {
    ...seenObject(secret, at, gone),
    owner: annotations[A.owner],
    keyId: annotations[A.keyId],
    attempt: annotations[A.attempt],
    fingerprint: annotations[A.fingerprint],
    committedAt: Number.isNaN(committedAt) ? undefined : committedAt,
    previous: previousSchema.parse(parseJson(annotations[A.previous])).map(({ keyId }) => keyId),
    valueFingerprint: value === undefined ? undefined : fingerprintOf(value),
    keepsPrevious: secret.data?.[PREVIOUS_ENTRY] !== undefined,
  };
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
}

/** The value in a Secret. It must not get into anything that is printed or kept. */
export function valueOf(secret: Secret): string | undefined {
  const base64 = secret.data?.[ENTRY];
  return base64 === undefined ? undefined : Buffer.from(base64, "base64").toString("utf8");
}

/** Notes what an Account says of its last inventory. */
export function seenInventory(object: CustomObject): SeenInventory {
  const {
    accountId = "",
    lastInventoryAt,
    keys = {},
  } = accountStatusSchema.safeParse(object.status ?? {}).data ?? {};
  const { managed = 0, abandoned = 0, unaccounted = 0, foreign = 0 } = keys;
  return {
    account: accountId,
    lastInventoryAt: lastInventoryAt === undefined ? undefined : Date.parse(lastInventoryAt),
    managed,
    abandoned,
    unaccounted,
    foreign,
  };
}

/** Notes a key as the vendor shows it. */
export function seenKey(key: KeyWithAccount): VendorKey {
  return {
    id: key.id,
    account: key.account,
    mode: key.mode,
    description: key.description,
    active: key.status === "active",
    createdAt: Date.parse(key.created_at),
    revokedAt: key.revoked_at === null ? undefined : Date.parse(key.revoked_at),
    hint: key.hint,
  };
}

/** Notes a request of the vendor's log. */
export function seenRequest(entry: LoggedRequest): VendorRequest {
  return {
    at: Date.parse(entry.time),
    operation: entry.operation ?? "unknown",
    account: entry.account ?? undefined,
    keyId: /^\/api-keys\/([^/]+)/.exec(entry.path)?.[1],
    status: entry.status ?? undefined,
    fault: entry.fault ?? undefined,
  };
}

/** Notes for which value a workload was restarted last. */
export function seenWorkload({ metadata: { namespace = "", name }, spec }: Workload): SeenWorkload {
  const { annotations = {} } = spec.template.metadata;
  return { namespace, name, restartedFor: annotations[`restart.signatureapi.com/${name}`] };
}
