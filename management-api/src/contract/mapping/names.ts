/** Everything of the contract that has a name, and so can have another one. `links.next` is `next` inside of `links`. */

/** The fields of each object of the contract. */
export const FIELDS = {
  account: ["id", "name", "live_mode", "permissions"],
  key: ["id", "description", "mode", "status", "created_at", "revoked_at", "hint", "key"],
  list: ["data", "links.next", "links.previous"],
  problem: ["type", "title", "status", "detail", "errors"],
  create: ["mode", "description"],
  update: ["description"],
  query: ["limit", "mode"],
} as const;
export type MappedObject = keyof typeof FIELDS;

/** The values that decisions rest on. */
export const VALUES = {
  mode: ["test", "live"],
  status: ["active", "revoked"],
  live_mode: ["enabled", "disabled", "paused"],
  permissions: ["manage_api_keys"],
} as const;
export type MappedEnum = keyof typeof VALUES;

/** The slugs of problems that the client distinguishes. */
export const PROBLEM_SLUGS = [
  "invalid-token",
  "live-mode-disabled",
  "live-mode-paused",
  "forbidden",
  "not-found",
  "test-key-exists",
  "validation-error",
  "too-many-requests",
] as const;
