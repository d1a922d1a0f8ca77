import type { CustomObject } from "@signatureapi-keys/controller/resources";
import type { KubeObject } from "@signatureapi-keys/controller/kube";
import { redactMetadata } from "./metadata.ts";
import { redactObject, type Fields } from "./object.ts";

/** Of a status: what the controller has written, without the texts of users that it repeats. */
const STATUS: Fields = [
  "status.conditions[].**",
  ...["installation", "accountId", "keyId", "keyAttempt", "mode", "fingerprint", "hint", "createdAt"].map(
    inStatus,
  ),
  ...["lastRotatedAt", "recordedAt", "nextRotationAt", "secretName", "liveMode", "lastInventoryAt"].map(
    inStatus,
  ),
  ...["restart.**", "previous[].**", "leftKeys[].**", "unaccountedKeys[].**"].map(inStatus),
  ...["attempt", "abandoned[]"].flatMap((attempt) =>
    ["id", "op", "keyId", "startedAt", "reason", "taggedAt", "abandonedAt", "listedAt", "hints[]"].map(
      (field) => inStatus(`${attempt}.${field}`),
    ),
  ),
];

function inStatus(field: string): string {
  return `status.${field}`;
}

/** Of the specs of our kinds: names, modes, times. No description, template, trigger or certificate. */
const SPECS: Readonly<Record<string, Fields>> = {
  ApiKey: [
    "spec.accountRef.**",
    "spec.mode",
    "spec.secret.name",
    "spec.secret.key",
    "spec.secret.type",
    "spec.secret.previousKey",
    "spec.secret.template[].name",
    "spec.rotation.every",
    "spec.rotation.overlap",
    "spec.rotation.window.**",
    "spec.adopt.keyId",
    "spec.deletionPolicy",
  ],
  Account: accountFields(),
  ClusterAccount: [
    ...accountFields(),
    "spec.allow[].modes[]",
    "spec.allow[].namespaceSelector.**",
    "spec.allow[].adoptKeyIds[]",
    "spec.orphans",
  ],
};

function accountFields(): Fields {
  return ["spec.baseUrl", "spec.credentials.**", "spec.caBundleConfigMapRef.**", "spec.adoptKeyIds[]"];
}

/** An ApiKey, Account or ClusterAccount without what a user has written into it as text. */
export function redactResource(object: CustomObject): unknown {
  const { apiVersion, kind, spec, status } = object;
  const fields = [...(SPECS[kind] ?? []), ...STATUS];
  const rest = redactObject({ spec: spec ?? {}, status: status ?? {} }, fields);
  return { apiVersion, kind, metadata: redactMetadata(object), ...asRecord(rest) };
}

/** Of a Secret: its metadata, and where they were read the names of its entries. */
export function redactSecret(secret: KubeObject, entries: readonly string[] | undefined): unknown {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: redactMetadata(secret),
    ...(entries !== undefined && { entries }),
  };
}

function asRecord(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
