export { accountStatusSchema } from "./account.ts";
export { apiKeyStatusSchema, type ApiKeyStatus } from "./apikey.ts";
export { customResourceDefinitions, type CrdOptions } from "./crd.ts";
export { CREDENTIAL_LABEL, FINALIZER, GROUP, SECRET_ANNOTATIONS } from "./names.ts";
export { ACCOUNTS, API_KEYS, CLUSTER_ACCOUNTS, SECRETS, type CustomObject, type Secret } from "./types.ts";
