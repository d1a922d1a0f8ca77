import type { Step, Timing } from "@signatureapi-keys/lifecycle";
import type { MintLedger } from "../allowance/ledger.ts";
import type { LeftKeys } from "../allowance/left-keys.ts";
import type { AccountRegistry } from "../account/registry.ts";
import type { Fence, KubeClient, ReadonlyStore, ResourceType } from "../kube/index.ts";
import type { Namespace } from "../resources/types.ts";
import type { FindingsMemory } from "../inventory/findings.ts";
import type { CachedSecret } from "./cached-secrets.ts";
import type { ApiKeyDocument, ApiKeyRef } from "./document.ts";
import type { ChangedEmergencies } from "./emergencies.ts";
import type { ApiKeyJournal } from "./journal.ts";
import type { AlteredMemory } from "./altered.ts";
import type { FightMemory } from "./fights.ts";
import type { LatestSeen } from "./latest.ts";
import type { LiveClaims } from "./live-claims.ts";
import type { LostEntries } from "./lost-entries.ts";

/** Called around every step; tests stop the process in them. */
export interface StepHooks {
  before?(step: Step, ref: ApiKeyRef): void | Promise<void>;
  after?(step: Step, ref: ApiKeyRef): void | Promise<void>;
}

/** What the reconciliation of ApiKeys asks of the API server. */
type KubeApi = Pick<
  KubeClient,
  "find" | "listAll" | "create" | "update" | "updateStatus" | "patch" | "apply" | "delete"
>;

/** Everything the reconciliation of ApiKeys works with. */
export interface ApiKeyEnvironment {
  readonly kube: KubeApi;
  /** How ApiKeys are read: every answer about one is parsed here. */
  readonly apiKeyType: ResourceType<ApiKeyDocument>;
  /** With the indexes `bySecret`, `byAccount`, `byOwner`, `byKeyId` and `byNamespace`. */
  readonly apiKeys: ReadonlyStore<ApiKeyDocument>;
  /** Undefined with `--secret-access get`: then Secrets are read one by one. */
  readonly secrets: ReadonlyStore<CachedSecret> | undefined;
  /** Undefined without the right to read namespaces. */
  readonly namespaces: ReadonlyStore<Namespace> | undefined;
  /** The namespaces that are looked after; undefined for all. What lies outside of them is never called deleted. */
  readonly scope: readonly string[] | undefined;
  readonly accounts: AccountRegistry;
  readonly installation: string;
  /** Installations that this one takes over from. */
  readonly previousInstallations: readonly string[];
  readonly readOnly: boolean;
  /** Closed when the lease is lost: then nothing is changed any more, except that a pending commit is committed. */
  readonly fence: Fence;
  readonly timing: Timing;
  /** Whether workloads are restarted, and waited for. */
  readonly restartsWorkloads: boolean;
  /** Whether Pods may be seen. */
  readonly seesPods: boolean;
  readonly claims: LiveClaims;
  readonly ledger: MintLedger;
  readonly leftKeys: LeftKeys;
  readonly latest: LatestSeen;
  readonly emergencies: ChangedEmergencies;
  readonly lostEntries: LostEntries;
  readonly fights: FightMemory;
  readonly altered: AlteredMemory;
  readonly findings: FindingsMemory;
  readonly journal: ApiKeyJournal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Waits for so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly hooks?: StepHooks;
}
