import {
  eventType,
  isKubeError,
  metadataOf,
  resourceName,
  type KubeClient,
  type KubeEvent,
  type KubeObject,
  type ListOptions,
  type ResourceKind,
} from "@signatureapi-keys/controller/kube";
import {
  ACCOUNTS,
  API_KEYS,
  CLUSTER_ACCOUNTS,
  GROUP,
  SECRETS,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import { PODS, WORKLOADS, type Pod, type Workload } from "./kinds.ts";

/** What was read of the cluster for the tree. Undefined is what the user may not read. */
export interface Gathered {
  readonly apiKeys: readonly CustomObject[];
  readonly accounts: readonly CustomObject[] | undefined;
  readonly clusterAccounts: readonly CustomObject[] | undefined;
  /** Metadata only. */
  readonly secrets: readonly KubeObject[] | undefined;
  readonly workloads: readonly Workload[];
  readonly pods: readonly Pod[] | undefined;
  readonly events: readonly KubeEvent[] | undefined;
  /** Why a part is missing, one line for each. */
  readonly missing: readonly string[];
}

/** Which ApiKeys the tree is about. */
export interface Scope {
  /** Undefined for all namespaces. */
  readonly namespace: string | undefined;
  /** One ApiKey; undefined for all. */
  readonly name: string | undefined;
}

/**
 * Reads everything that the tree shows, at once. What the user may not read is left out, and named; only ApiKeys are
 * indispensable.
 * @throws KubeError if ApiKeys cannot be read, or a read fails in another way
 */
export async function gather(client: KubeClient, scope: Scope, signal: AbortSignal): Promise<Gathered> {
  const missing: string[] = [];
  const { namespace, name } = scope;
  const listed = async <T extends KubeObject>(
    type: ResourceKind<T>,
    options: ListOptions = { namespace },
  ): Promise<readonly T[] | undefined> => {
    try {
      return (await client.listAll(type, { ...options, signal })).items;
    } catch (error) {
      if (!isKubeError(error, "forbidden")) throw error;
      missing.push(missingLine(resourceName(type), options.namespace));
      return undefined;
    }
  };
  const apiKeys =
    name === undefined
      ? (await client.listAll(API_KEYS, { namespace, signal })).items
      : [await client.get(API_KEYS, { namespace, name }, { signal })];
  const [accounts, clusterAccounts, secrets, pods, events, ...workloads] = await Promise.all([
    listed(ACCOUNTS),
    listed(CLUSTER_ACCOUNTS, {}),
    listed(metadataOf(SECRETS)),
    listed(PODS),
    listed(eventType, { namespace, fieldSelector: `regarding.apiVersion=${GROUP}/v1` }),
    ...WORKLOADS.map(async (type) => listed(type)),
  ]);
  return {
    apiKeys,
    accounts,
    clusterAccounts,
    secrets,
    pods,
    events,
    workloads: workloads.flatMap((list) => list ?? []),
    missing,
  };
}

function missingLine(resource: string, namespace: string | undefined): string {
  const where = namespace === undefined ? "in the whole cluster" : `in namespace ${namespace}`;
  return `you may not list ${resource} ${where}, so they are not shown`;
}
