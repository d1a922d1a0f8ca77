/**
 * API keys of SignatureAPI as Pulumi resources.
 *
 * @packageDocumentation
 */
export { ApiKey } from "./program/api-key.ts";
export type {
  AdoptArgs,
  ApiKeyArgs,
  DeletionPolicy,
  Mode,
  PreviousKey,
  RotationArgs,
  UnrecordedKey,
} from "./program/args.ts";
export { Provider, type ContractNames, type ProviderArgs } from "./program/provider.ts";
