import type { Clock } from "@signatureapi-keys/management-api";
import type { EngineListens } from "./engine.ts";

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
  readonly env: Readonly<Record<string, string | undefined>>;
}
