/** @internal */
export { systemClock } from "./client/clock.ts";
export type { Clock } from "./client/clock.ts";
export { allowedAddressRanges } from "./client/address-guard.ts";
export type { AddressRanges } from "./client/address-ranges.ts";
export { BaseUrl } from "./client/base-url.ts";
export { readCaBundle } from "./client/ca-bundle.ts";
export type { CallOptions, RequestInfo } from "./client/call.ts";
export {
  ManagementClient,
  type ApiKeyPage,
  type ManagementClientOptions,
  type MintedApiKey,
} from "./client/client.ts";
export type { Authentication } from "./client/credential.ts";
export {
  ManagementApiError,
  type Effect,
  type ManagementApiErrorKind,
  type Operation,
} from "./client/errors.ts";
export { ProxyRules } from "./client/proxy-rules.ts";
export type { Account, ApiKey, UnknownValue } from "./client/model.ts";
export {
  RateLimiter,
  type Priority,
  type RateLimit,
  type RateLimiterOptions,
  type Pace,
  type RequestLimiter,
} from "./client/rate-limiter.ts";
export type { ContractMapping } from "./contract/mapping/schema.ts";
export { LONGEST_ID, LONGEST_VALUE, VALUE_CHARACTERS, type Mode } from "./contract/schemas.ts";
export { KeyValue } from "./key-value.ts";
export { ManagementToken } from "./management-token.ts";
export { fingerprintOf } from "./secret-value.ts";
