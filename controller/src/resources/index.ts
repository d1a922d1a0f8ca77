export { accountStatusSchema, DEFAULT_BASE_URL } from "./account.ts";
export { apiKeyStatusSchema, type ApiKeyStatus } from "./apikey.ts";
export { customResourceDefinitions } from "./crd.ts";
export { CREDENTIAL_LABEL, SECRET_ANNOTATIONS } from "./names.ts";
export {
  ACCOUNTS,
  API_KEYS,
  CLUSTER_ACCOUNTS,
  NAMESPACES,
  SECRETS,
  type CustomObject,
  type Secret,
} from "./types.ts";
