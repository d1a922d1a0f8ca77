export { accountStatusSchema, DEFAULT_BASE_URL } from "./account.ts";
export { apiKeyStatusSchema, type ApiKeyStatus } from "./apikey.ts";
export { customResourceDefinitions } from "./crd.ts";
export { readLenientSpec } from "./lenient.ts";
export {
  ABANDON_ANNOTATION,
  APIKEY_LABEL,
  CREDENTIAL_LABEL,
  EMERGENCY_ANNOTATION,
  GROUP,
  RECONCILE_ANNOTATION,
  restartName,
  ROTATE_ANNOTATION,
  SECRET_ANNOTATIONS,
} from "./names.ts";
export type { Condition } from "./schema.ts";
export {
  ACCOUNTS,
  API_KEYS,
  CLUSTER_ACCOUNTS,
  NAMESPACES,
  SECRETS,
  type CustomObject,
  type Secret,
} from "./types.ts";
