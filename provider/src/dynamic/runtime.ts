import type { Clock, ManagementClient, ManagementClientOptions } from "@signatureapi-keys/management-api";
import type { EngineListens } from "./engine.ts";

/** What the provider asks of the management API. */
export type ManagementApi = Pick<
  ManagementClient,
  | "getAccount"
  | "listAllApiKeys"
  | "getApiKey"
  | "createApiKey"
  | "updateApiKey"
  | "rollApiKey"
  | "revokeApiKey"
>;

/** What the process provides: time, randomness, the engine, a way to warn. Tests put their own in its place. */
export interface Runtime {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly engineListens: EngineListens;
  /** Shows the user something that is no error. */
  readonly warn: (message: string) => void;
  /** Times retries and deadlines of requests; default the process's own. */
  readonly clock?: Clock;
  /** Connects to the management API; default a client over HTTP. */
  readonly connect?: (options: ManagementClientOptions) => ManagementApi;
  readonly env: Readonly<Record<string, string | undefined>>;
}
