import { DEFAULT_TIMING } from "@signatureapi-keys/lifecycle";
import { ManagementClient } from "@signatureapi-keys/management-api";
import { startEmulator, type Emulator } from "@signatureapi-keys/management-api/emulator";
import { pino } from "pino";
import { ACCOUNT_DOCUMENTS, type AccountDocument } from "../account/document.ts";
import type { AccountEnvironment } from "../account/environment.ts";
import { AccountJournal } from "../account/journal.ts";
import { AccountLimiters } from "../account/limiters.ts";
import { LeftKeys } from "../allowance/left-keys.ts";
import type { ControllerMetrics } from "../metrics.ts";
import { CREDENTIAL_LABEL } from "../resources/names.ts";
import { SECRETS } from "../resources/types.ts";
import { BaseUrlPolicy } from "../validation/base-url.ts";
import type { MemoryApiServer } from "./memory-api-server.ts";

const TOKEN = "token-of-the-test-account";

/** The object that stands for the account of {@link startAccountEmulator}. */
export const TEST_ACCOUNT = { kind: "Account", namespace: "shop", name: "default" } as const;

/** The vendor's service with one account. */
export async function startAccountEmulator(): Promise<Emulator> {
  return startEmulator({
    accounts: [{ id: "acc_test", token: TOKEN, name: "Test", liveMode: "enabled" }],
  });
}

/** Stores the account and its credentials. @param status what the object says of an earlier look. */
export function declareTestAccount(
  server: MemoryApiServer,
  baseUrl: string,
  { generation = 1, status = {} }: { readonly generation?: number; readonly status?: object } = {},
): AccountDocument {
  const { kind, namespace, name } = TEST_ACCOUNT;
  const labels = { [CREDENTIAL_LABEL]: "true" };
  server.put(SECRETS, {
    metadata: { namespace, name: "token", uid: "s", resourceVersion: "", labels },
    data: { token: Buffer.from(TOKEN).toString("base64") },
  });
  return server.put(ACCOUNT_DOCUMENTS.Account, {
    kind,
    metadata: { namespace, name, uid: "uid-a", resourceVersion: "", generation },
    spec: { baseUrl, credentials: { name: "token" } },
    status,
  });
}

/** What a reconciler of the account needs besides its objects. */
export function accountEnvironment(
  baseUrl: string,
  metrics: ControllerMetrics,
): Omit<AccountEnvironment, "kube" | "findAccount" | "registry" | "onChange"> {
  return {
    countUsers: () => 0,
    limiters: new AccountLimiters(metrics),
    baseUrls: new BaseUrlPolicy([baseUrl]),
    clusterResourceNamespace: "system",
    readOnly: false,
    makeClient: (options) => new ManagementClient(options),
    leftKeys: new LeftKeys({
      installation: "0123456789",
      previousInstallations: [],
      timing: DEFAULT_TIMING,
    }),
    journal: new AccountJournal(pino({ enabled: false }), { record: () => undefined }, metrics),
    now: Date.now,
    stopping: new AbortController().signal,
    resyncMs: 1_000,
    inventoryMs: 1_000,
    retryMs: { failure: 1_000, refusal: 1_000 },
  };
}
