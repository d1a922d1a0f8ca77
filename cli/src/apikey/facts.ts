import {
  apiKeyStatusSchema,
  EMERGENCY_ANNOTATION,
  readLenientSpec,
  ROTATE_ANNOTATION,
  type ApiKeyStatus,
  type Condition,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import * as z from "zod";

/** What the plugin shows of an ApiKey. An object that does not fit its schema is shown as far as it can be read. */
export interface ApiKeyFacts {
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: string | undefined;
  readonly deletedAt: string | undefined;
  readonly account: { readonly kind: "Account" | "ClusterAccount"; readonly name: string };
  readonly secretName: string;
  readonly mode: string | undefined;
  readonly isSuspended: boolean;
  readonly isProtected: boolean;
  /** Whether the conditions describe the spec as it is now. */
  readonly isObserved: boolean;
  /** What annotations of the user ask for. */
  readonly asked: { readonly rotate?: string; readonly emergency?: string; readonly trigger?: string };
  readonly ready: Condition | undefined;
  /** Reconciling, Stalled and Degraded, as far as they are present. */
  readonly more: readonly Condition[];
  /** Without what cannot be read. */
  readonly status: ApiKeyStatus;
}

const extraSpecSchema = z
  .looseObject({
    suspend: z.boolean().optional().catch(undefined),
    rotation: z
      .looseObject({ trigger: z.string().optional().catch(undefined) })
      .optional()
      .catch(undefined),
  })
  .catch({});

/** Reads an ApiKey as the API server returned it. */
export function apiKeyFacts(object: CustomObject): ApiKeyFacts {
  const { metadata } = object;
  const spec = readLenientSpec(object.spec);
  const { suspend, rotation } = extraSpecSchema.parse(object.spec);
  const status = apiKeyStatusSchema.safeParse(object.status ?? {}).data ?? {};
  const conditions = status.conditions ?? [];
  const { [ROTATE_ANNOTATION]: rotate, [EMERGENCY_ANNOTATION]: emergency } = metadata.annotations ?? {};
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    createdAt: metadata.creationTimestamp,
    deletedAt: metadata.deletionTimestamp,
    account: {
      kind: spec.accountRef?.kind === "ClusterAccount" ? "ClusterAccount" : "Account",
      name: spec.accountRef?.name ?? "default",
    },
    secretName: spec.secret?.name ?? metadata.name,
    mode: status.mode ?? spec.mode,
    isSuspended: suspend === true,
    isProtected: spec.deletionProtection === true,
    isObserved: status.observedGeneration === metadata.generation,
    asked: {
      ...(rotate !== undefined && { rotate }),
      ...(emergency !== undefined && { emergency }),
      ...(rotation?.trigger !== undefined && { trigger: rotation.trigger }),
    },
    ready: conditions.find(({ type }) => type === "Ready"),
    more: conditions.filter(({ type, status: holds }) => type !== "Ready" && holds === "True"),
    status,
  };
}

/** The condition that says most about an ApiKey: what is wrong or under way comes before that it is ready. */
export function mainCondition({ more, ready }: Pick<ApiKeyFacts, "more" | "ready">): Condition | undefined {
  return more[0] ?? ready;
}
