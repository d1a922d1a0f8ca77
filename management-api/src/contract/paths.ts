import type { Operation } from "../client/errors.ts";

/** The path of each operation below the base URL; `{id}` is the ID of the key. */
export const OPERATION_PATHS = {
  getAccount: "/account",
  listApiKeys: "/api-keys",
  createApiKey: "/api-keys",
  getApiKey: "/api-keys/{id}",
  updateApiKey: "/api-keys/{id}",
  rollApiKey: "/api-keys/{id}/roll",
  revokeApiKey: "/api-keys/{id}",
} as const satisfies Record<Operation, string>;
