import type {
  ManagementClient,
  ManagementToken,
  RequestLimiter,
  RequestInfo,
} from "@signatureapi-keys/management-api";
import type { KubeClient } from "../kube/index.ts";
import type { BaseUrlPolicy } from "../validation/base-url.ts";
import type { LeftKeys } from "../allowance/left-keys.ts";
import type { AccountRef } from "./account-ref.ts";
import type { AccountDocument } from "./document.ts";
import type { AccountJournal } from "./journal.ts";
import type { AccountRegistry } from "./registry.ts";
import type { AccountLimiters } from "./limiters.ts";

/** How a client of the management API is made for an account. */
export type MakeClient = (options: {
  readonly baseUrl: string;
  readonly token: () => ManagementToken;
  readonly limiter: RequestLimiter;
  readonly allowPrivateAddresses: boolean;
  /** CAs that count besides those that the process trusts, as PEM. */
  readonly ca: readonly string[];
  /** How often a failed read is sent again; by default as the client has it. */
  readonly retries?: number;
  readonly onRequest?: (info: RequestInfo) => void;
}) => ManagementClient;

/** Everything the reconciliation of accounts works with. */
export interface AccountEnvironment {
  readonly kube: Pick<KubeClient, "find" | "patch" | "updateStatus">;
  /** The Account or ClusterAccount as a reflector has seen it. */
  readonly findAccount: (ref: AccountRef) => AccountDocument | undefined;
  /** How many ApiKeys still need the account. */
  readonly countUsers: (ref: AccountRef) => number;
  readonly registry: AccountRegistry;
  readonly limiters: AccountLimiters;
  readonly baseUrls: BaseUrlPolicy;
  /** The namespace of the credentials of ClusterAccounts. */
  readonly clusterResourceNamespace: string;
  readonly readOnly: boolean;
  readonly makeClient: MakeClient;
  readonly leftKeys: LeftKeys;
  readonly journal: AccountJournal;
  /** Called when what an account allows has changed, so that its ApiKeys are looked at again. */
  readonly onChange: (ref: AccountRef) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborts when the process stops working: nothing that is only looked at is waited for then. */
  readonly stopping: AbortSignal;
  /** How often a ready account is looked at again, in milliseconds. */
  readonly resyncMs: number;
  /** How often an inventory is made, in milliseconds. */
  readonly inventoryMs: number;
  /** How long after a failure that can pass, and after one that an administrator must mend, in milliseconds. */
  readonly retryMs: { readonly failure: number; readonly refusal: number };
}
