import {
  apiKeyStatusSchema,
  type ApiKeyStatus,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import * as z from "zod";

const text = z.string().min(1).optional().catch(undefined);

// An ApiKey that older rules let in is looked at all the same.
const specSchema = z
  .looseObject({
    accountRef: z.looseObject({ kind: text, name: text }).optional().catch(undefined),
    secret: z.looseObject({ name: text }).optional().catch(undefined),
    adopt: z.looseObject({ keyId: text }).optional().catch(undefined),
    suspend: z.boolean().optional().catch(undefined),
  })
  .catch({});

/** An ApiKey as the commands of diagnosis look at it. It holds no value, and no text of a user. */
export interface ApiKeySummary {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly deletedAt: number | undefined;
  /** `Account default`, or `ClusterAccount acme`. */
  readonly accountRef: { readonly kind: string; readonly name: string };
  /** The key that `spec.adopt` names. */
  readonly adopts: string | undefined;
  readonly suspended: boolean;
  readonly secretName: string;
  /** Undefined where it cannot be read. */
  readonly status: ApiKeyStatus | undefined;
}

/** Takes from an ApiKey what is looked at. */
export function summarize({ metadata, spec, status }: CustomObject): ApiKeySummary {
  const parsed = apiKeyStatusSchema.safeParse(status ?? {});
  const { accountRef, adopt, suspend, secret } = specSchema.parse(spec);
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    uid: metadata.uid,
    generation: metadata.generation,
    createdAt: Date.parse(metadata.creationTimestamp ?? ""),
    deletedAt: metadata.deletionTimestamp === undefined ? undefined : Date.parse(metadata.deletionTimestamp),
    accountRef: { kind: accountRef?.kind ?? "Account", name: accountRef?.name ?? "default" },
    adopts: adopt?.keyId,
    suspended: suspend === true,
    secretName: secret?.name ?? metadata.name,
    status: parsed.success ? parsed.data : undefined,
  };
}

/** `shop/checkout`. */
export function nameOf({ namespace, name }: Pick<ApiKeySummary, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}
