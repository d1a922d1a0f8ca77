import type { Timing } from "@signatureapi-keys/lifecycle";
import type { AccountRegistry } from "../account/registry.ts";
import type { Fence, KubeClient, ObjectRef, ReadonlyStore } from "../kube/index.ts";
import type { CustomObject, Namespace } from "../resources/types.ts";
import type { FindingsMemory } from "../inventory/findings.ts";
import type { Allowances } from "./allowances.ts";
import type { BoundedMints } from "./bounded-mints.ts";
import type { DeclarationRules } from "./desired.ts";
import type { ApiKeyJournal } from "./journal.ts";
import type { LatestSeen } from "./latest.ts";
import type { MintPauses } from "./mint-pauses.ts";
import type { SecretFacts } from "./secret-facts.ts";
import type { StepHooks } from "./steps/context.ts";

/** Everything the reconciliation of ApiKeys works with. */
export interface ApiKeyEnvironment {
  readonly kube: KubeClient;
  /** With the indexes `bySecret`, `byAccount` and `byOwner`. */
  readonly apiKeys: ReadonlyStore<CustomObject>;
  /** Undefined with `--secret-access get`: then Secrets are read one by one. */
  readonly secrets: ReadonlyStore<SecretFacts> | undefined;
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
  readonly rules: DeclarationRules;
  /** Whether workloads are restarted, and waited for. */
  readonly restartsWorkloads: boolean;
  readonly pauses: MintPauses;
  readonly mints: BoundedMints;
  readonly allowances: Allowances;
  readonly latest: LatestSeen;
  readonly findings: FindingsMemory;
  readonly journal: ApiKeyJournal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Waits for so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly hooks?: StepHooks;
}

/** The namespace and name of an ApiKey. */
export type ApiKeyRef = ObjectRef & { readonly namespace: string };
