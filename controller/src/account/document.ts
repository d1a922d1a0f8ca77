import type { Problem } from "@signatureapi-keys/lifecycle";
import type { ResourceKind, ResourceType } from "../kube/index.ts";
import {
  accountSpecSchema,
  accountStatusSchema,
  clusterAccountSpecSchema,
  type AccountSpec,
  type AccountStatus,
  type ClusterAccountSpec,
} from "../resources/account.ts";
import { documentMeta, type DocumentMeta } from "../resources/document-meta.ts";
import { readLenientSpec, specIssue } from "../resources/lenient.ts";

import { ACCOUNTS, CLUSTER_ACCOUNTS, type CustomObject } from "../resources/types.ts";
import type { AccountRef } from "./account-ref.ts";
import { ALLOWS_NOTHING, type AccountPolicy } from "./mint-policy.ts";

/** What an account's spec declares besides its policy. */
type AccountDeclaration = Pick<
  AccountSpec,
  "baseUrl" | "credentials" | "rateLimit" | "caBundle" | "caBundleConfigMapRef"
>;

/**
 * An Account or ClusterAccount as this process knows it. It is parsed once, when it arrives from the API server;
 * nothing else reads `spec` or `status`.
 */
export type AccountDocument = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: DocumentMeta;
  readonly ref: AccountRef;
  readonly declaration: AccountDeclaration | Problem;
  /** Of a spec that is invalid: one that allows nothing. */
  readonly policy: AccountPolicy;
  /** The name of the Secret with the token, also where the rest of the spec is invalid. */
  readonly credentialsName: string | undefined;
  /** What the status says; a status that cannot be read counts as lost. */
  readonly record: AccountStatus;
};

function documentsOf(type: ResourceKind<CustomObject>): ResourceType<AccountDocument> {
  return { ...type, schema: type.schema.transform(accountDocument) };
}

/** Accounts and ClusterAccounts as they are taken from the API server, by their kind. */
export const ACCOUNT_DOCUMENTS = {
  Account: documentsOf(ACCOUNTS),
  ClusterAccount: documentsOf(CLUSTER_ACCOUNTS),
} as const;

/** Parses an Account or ClusterAccount. */
function accountDocument(object: CustomObject): AccountDocument {
  const { apiVersion, kind, metadata } = object;
  const ref = refOf(object);
  const schema = ref.kind === "Account" ? accountSpecSchema : clusterAccountSpecSchema;
  const spec = schema.safeParse(object.spec);
  const status = accountStatusSchema.safeParse(object.status ?? {});
  return {
    apiVersion,
    kind,
    metadata: documentMeta(metadata),
    ref,
    declaration: spec.success ? declared(spec.data) : invalid(specIssue(spec.error)),
    policy: policyOf(ref, spec.data),
    credentialsName: spec.success
      ? spec.data.credentials.name
      : readLenientSpec(object.spec).credentials?.name,
    record: status.success ? status.data : {},
  };
}

/** A status with its fields in the schema's order, so that equal statuses are equal texts. */
export function orderedStatus(status: AccountStatus): AccountStatus {
  return accountStatusSchema.parse(status);
}

function refOf({ kind, metadata: { name, namespace = "" } }: CustomObject): AccountRef {
  return kind === "ClusterAccount" ? { kind, name } : { kind: "Account", namespace, name };
}

function declared(spec: AccountSpec): AccountDeclaration | Problem {
  const { baseUrl, credentials, rateLimit, caBundle, caBundleConfigMapRef } = spec;
  if (caBundle !== undefined && caBundleConfigMapRef !== undefined)
    return invalid("spec.caBundle and spec.caBundleConfigMapRef exclude each other: keep one of them");
  return { baseUrl, credentials, rateLimit, caBundle, caBundleConfigMapRef };
}

function policyOf(ref: AccountRef, spec: AccountSpec | ClusterAccountSpec | undefined): AccountPolicy {
  const allowed = ref.kind === "Account" ? { ...ALLOWS_NOTHING, allow: undefined } : ALLOWS_NOTHING;
  if (spec === undefined) return allowed;
  const { suspend } = spec;
  if ("allow" in spec) return { allow: spec.allow, suspend, orphans: spec.orphans };
  return { ...allowed, suspend, ...("adoptKeyIds" in spec ? { adoptKeyIds: spec.adoptKeyIds } : {}) };
}

function invalid(message: string): Problem {
  return { reason: "InvalidSpec", message, transient: false };
}
