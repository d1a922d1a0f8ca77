/** Another token of an account, as a user with another role has it. */
interface EmulatorRole {
  /** How the request log and faults name it. */
  readonly name: string;
  /** The management token: only its SHA-256 is kept. */
  readonly token: string;
  /** Default `["manage_api_keys"]`. */
  readonly permissions?: readonly string[];
}

/** How one account of the emulator starts. */
export interface EmulatorAccount {
  /** `acc_…` */
  readonly id: string;
  /** The management token: only its SHA-256 is kept. */
  readonly token: string;
  readonly name?: string;
  /** Default `enabled`. */
  readonly liveMode?: "enabled" | "disabled" | "paused";
  /** Default `["manage_api_keys"]`. */
  readonly permissions?: readonly string[];
  /** How many test keys the account may have; default 1, the vendor's limit. */
  readonly testKeys?: number;
  /** More tokens of the account; default none. */
  readonly roles?: readonly EmulatorRole[];
}

export interface EmulatorOptions {
  /** Default: `acc_emulator` with the token `emulator-token`. */
  readonly accounts?: readonly EmulatorAccount[];
  /** The address both servers bind to; default 127.0.0.1. */
  readonly host?: string;
  /** The address of the admin API; default `host`. It has no password. */
  readonly adminHost?: string;
  /** The port of the API; 0, the default, takes a free one. */
  readonly port?: number;
  /** The port of the admin API; 0, the default, takes a free one. */
  readonly adminPort?: number;
  /** Requests per second and account; default 10. */
  readonly rateLimit?: number;
  /** Default 10. */
  readonly burst?: number;
  /** How long every answer is held back, in milliseconds; default 0. */
  readonly latencyMs?: number;
  /** How long a new key is missing from lists, in milliseconds; default 0. */
  readonly listLagMs?: number;
  /** The largest page of a list; default 20. */
  readonly pageSize?: number;
  /** Keeps accounts and keys in this file over restarts: SHA-256 of values and tokens only. */
  readonly persistFile?: string;
  /** Makes the values of keys; random ones by default. For recordings, in which a value must look like none. */
  readonly newValue?: (mode: "test" | "live") => string;
}

/** What can be changed while it runs. */
export interface EmulatorConfig {
  latencyMs: number;
  listLagMs: number;
  pageSize: number;
  rateLimit: number;
  burst: number;
}

export const DEFAULT_ACCOUNT: EmulatorAccount = {
  id: "acc_emulator",
  token: "emulator-token",
  name: "Emulator",
};

export const DEFAULT_CONFIG: Readonly<EmulatorConfig> = {
  latencyMs: 0,
  listLagMs: 0,
  pageSize: 20,
  rateLimit: 10,
  burst: 10,
};
