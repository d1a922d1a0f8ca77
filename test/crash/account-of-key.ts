import {
  ACCOUNTS,
  CLUSTER_ACCOUNTS,
  CREDENTIAL_LABEL,
  SECRETS,
} from "@signatureapi-keys/controller/resources";
import { isReady } from "../e2e/conditions.ts";
import { tokenOf, type Manifest } from "../e2e/manifests.ts";
import type { World } from "../e2e/world.ts";

/** Where the credentials of ClusterAccounts are. Controllers of all rows see all ClusterAccounts, and agree on them. */
export const CLUSTER_NAMESPACE = "crash-accounts";

/** Rows run beside each other and beside other tests. */
const PATIENCE_MS = 60_000;

/** What stands for a key's vendor account in the cluster. */
export interface AccountOfKey {
  /** What ApiKeys refer to; nothing for the namespace's own account. */
  readonly spec: Manifest;
  /** Resolves once a controller has verified it. */
  untilReady(world: World): Promise<void>;
  /** Deletes what is not in the key's namespace. */
  remove(world: World): Promise<void>;
}

/** Makes an Account in a namespace, whose ApiKeys may adopt one key. */
export async function makeAccount(world: World, namespace: string, adoptable: string): Promise<AccountOfKey> {
  await makeCredentials(world, namespace, { namespace, name: "credentials" });
  const ref = { namespace, name: "default" };
  const spec = {
    baseUrl: world.emulator.url,
    credentials: { name: "credentials" },
    adoptKeyIds: [adoptable],
  };
  await world.kube.create(ACCOUNTS, { metadata: ref, spec });
  return {
    spec: {},
    untilReady: async ({ watcher }) => void (await watcher.until(ACCOUNTS, ref, isReady, PATIENCE_MS)),
    remove: async () => undefined,
  };
}

/** Makes a ClusterAccount that revokes keys which no record knows; its credentials are in {@link CLUSTER_NAMESPACE}. */
export async function makeRevokingAccount(world: World, namespace: string): Promise<AccountOfKey> {
  await makeCredentials(world, namespace, { namespace: CLUSTER_NAMESPACE, name: namespace });
  const ref = { name: namespace };
  const spec = {
    baseUrl: world.emulator.url,
    credentials: ref,
    allow: [{ modes: ["test", "live"], namespaceSelector: {}, retain: true }],
    orphans: "Revoke",
  };
  await world.kube.create(CLUSTER_ACCOUNTS, { metadata: ref, spec });
  return {
    spec: { accountRef: { kind: "ClusterAccount", name: namespace } },
    untilReady: async ({ watcher }) =>
      void (await watcher.until(CLUSTER_ACCOUNTS, ref, isReady, PATIENCE_MS)),
    remove: async ({ kube }) => void (await kube.delete(CLUSTER_ACCOUNTS, ref)),
  };
}

// Without kubectl, whose start takes longer than all of this.
async function makeCredentials(
  { kube }: World,
  tokenOfNamespace: string,
  metadata: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const labels = { [CREDENTIAL_LABEL]: "true" };
  const data = { token: Buffer.from(tokenOf(tokenOfNamespace)).toString("base64") };
  await kube.create(SECRETS, { metadata: { ...metadata, labels }, data });
}
