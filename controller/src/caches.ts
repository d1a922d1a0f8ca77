import { ownerOf } from "@signatureapi-keys/lifecycle";
import { accountRefOf } from "./apikey/account-ref.ts";
import { secretKeyOf } from "./apikey/desired.ts";
import { accountKey } from "./account/runtime.ts";
import {
  createReflector,
  type KubeClient,
  type KubeObject,
  type ObjectCache,
  type ReflectorProblem,
} from "./kube/index.ts";
import { SECRET_FACTS, type SecretFacts } from "./apikey/secret-facts.ts";
import { CREDENTIAL_LABEL, MANAGED_BY, MANAGED_BY_LABEL } from "./resources/names.ts";
import {
  ACCOUNTS,
  API_KEYS,
  CLUSTER_ACCOUNTS,
  NAMESPACES,
  type CustomObject,
  type Namespace,
} from "./resources/types.ts";

/** What the controller watches. */
export interface Caches {
  readonly apiKeys: ObjectCache<CustomObject>;
  readonly accounts: ObjectCache<CustomObject>;
  readonly clusterAccounts: ObjectCache<CustomObject> | undefined;
  readonly namespaces: ObjectCache<Namespace> | undefined;
  /** The Secrets that we write, without their values. */
  readonly secrets: ObjectCache<SecretFacts> | undefined;
  /** The Secrets with tokens, without their values: only that they change matters. */
  readonly credentials: ObjectCache<SecretFacts> | undefined;
}

/** What decides which caches there are. */
export interface CacheOptions {
  readonly client: KubeClient;
  readonly namespaces: readonly string[] | undefined;
  readonly clusterScoped: boolean;
  readonly secretAccess: "watch" | "get";
  /** Where credentials of ClusterAccounts stand. */
  readonly ownNamespace: string;
  readonly onError: (kind: string, problem: ReflectorProblem) => void;
}

const API_KEY_INDEXES = {
  bySecret: (apiKey: CustomObject) => [secretKeyOf(apiKey)],
  byAccount: (apiKey: CustomObject) => [accountKey(accountRefOf(apiKey))],
  byOwner: (apiKey: CustomObject) => [ownerOf(apiKey.metadata.uid)],
};

/** Makes the reflectors; none is started. */
export function createCaches(options: CacheOptions): Caches {
  const { client, namespaces, clusterScoped } = options;
  const onError = (kind: string) => (problem: ReflectorProblem) => options.onError(kind, problem);
  const watchesSecrets = options.secretAccess === "watch";
  const credentialNamespaces =
    namespaces === undefined ? undefined : [...namespaces, ...(clusterScoped ? [options.ownNamespace] : [])];
  return {
    apiKeys: createReflector({
      client,
      type: API_KEYS,
      namespaces,
      indexers: API_KEY_INDEXES,
      onError: onError("ApiKey"),
    }),
    accounts: createReflector({ client, type: ACCOUNTS, namespaces, onError: onError("Account") }),
    clusterAccounts: clusterScoped
      ? createReflector({ client, type: CLUSTER_ACCOUNTS, onError: onError("ClusterAccount") })
      : undefined,
    namespaces: clusterScoped
      ? createReflector({ client, type: NAMESPACES, onError: onError("Namespace") })
      : undefined,
    secrets: watchesSecrets
      ? createReflector({
          client,
          type: SECRET_FACTS,
          namespaces,
          labelSelector: `${MANAGED_BY_LABEL}=${MANAGED_BY}`,
          onError: onError("Secret"),
        })
      : undefined,
    credentials: watchesSecrets
      ? createReflector({
          client,
          type: SECRET_FACTS,
          namespaces: credentialNamespaces,
          labelSelector: `${CREDENTIAL_LABEL}=true`,
          onError: onError("Secret"),
        })
      : undefined,
  };
}

/** What can be done with a cache whatever it holds. */
type AnyCache = Pick<ObjectCache<KubeObject>, "synced" | "lastActivity" | "start" | "stop" | "hasSynced">;

/** The caches that there are. */
export function cachesOf(caches: Caches): readonly AnyCache[] {
  const { apiKeys, accounts, clusterAccounts, namespaces, secrets, credentials } = caches;
  const all: (AnyCache | undefined)[] = [
    apiKeys,
    accounts,
    clusterAccounts,
    namespaces,
    secrets,
    credentials,
  ];
  return all.filter((cache) => cache !== undefined);
}
