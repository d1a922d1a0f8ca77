/** The API group of every kind and annotation of ours. */
export const GROUP = "signatureapi.com";
/** The one version of the kinds. */
export const VERSION = "v1";

/** Who has written, as `managedFields` of objects names it. */
export const FIELD_MANAGER = "signatureapi-controller";

/** What keeps an ApiKey until its keys are revoked, and an account until its last ApiKey is gone. */
export const FINALIZER = `${GROUP}/revoke`;
/** What keeps an account that ApiKeys still need. */
export const ACCOUNT_FINALIZER = `${GROUP}/in-use`;

/** The label that allows a Secret to be sent to the management API as a token. */
export const CREDENTIAL_LABEL = `${GROUP}/credential`;
/** Labels of the Secrets that the controller writes. */
export const MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
export const MANAGED_BY = "signatureapi-controller";
export const APIKEY_LABEL = `${GROUP}/apikey`;

/** An annotation of a user on an ApiKey: gives it up without revoking anything. */
export const ABANDON_ANNOTATION = `${GROUP}/abandon`;

/** An annotation of a user on an ApiKey: any new text in it asks for a look now. */
export const RECONCILE_ANNOTATION = `${GROUP}/reconcile`;

/** An annotation of a user on an ApiKey: any new text in it replaces the key once, as a trigger does. */
export const ROTATE_ANNOTATION = `${GROUP}/rotate`;

/** An annotation of a user on an ApiKey: any new text in it replaces the key at once, and revokes the old ones. */
export const EMERGENCY_ANNOTATION = `${GROUP}/emergency-rotate`;

/**
 * The label by which a workload asks to be restarted with an ApiKey's value; also the annotation on its Pod template
 * that names the value, and the field manager that sets it.
 */
export function restartName(apiKeyName: string): string {
  return `restart.${GROUP}/${apiKeyName}`;
}

/** The annotations next to a value: what was committed, in the one write that committed it. */
export const SECRET_ANNOTATIONS = {
  owner: `${GROUP}/owner-uid`,
  keyId: `${GROUP}/key-id`,
  account: `${GROUP}/account-id`,
  revision: `${GROUP}/revision`,
  attempt: `${GROUP}/attempt`,
  fingerprint: `${GROUP}/fingerprint`,
  createdAt: `${GROUP}/created-at`,
  committedAt: `${GROUP}/committed-at`,
  previous: `${GROUP}/previous`,
  trigger: `${GROUP}/obeyed-trigger`,
  rotate: `${GROUP}/obeyed-rotate`,
  emergency: `${GROUP}/obeyed-emergency-rotate`,
  adopt: `${GROUP}/obeyed-adopt`,
  entry: `${GROUP}/entry`,
  written: `${GROUP}/written`,
  touched: `${GROUP}/touched-for`,
} as const;
