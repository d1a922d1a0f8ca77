import { accountKey } from "./account/account-ref.ts";
import { ACCOUNT_DOCUMENTS, type AccountDocument } from "./account/document.ts";
import {
  CREDENTIAL_SECRETS,
  SECRET_FACTS,
  type CachedSecret,
  type LargeSecret,
} from "./apikey/cached-secrets.ts";
import { heldKeyIndex, secretKeyOf, type ApiKeyDocument } from "./apikey/document.ts";
import {
  createReflector,
  type KubeClient,
  type KubeObject,
  type ObjectCache,
  type ReflectorProblem,
  type ResourceType,
} from "./kube/index.ts";
import { APIKEY_LABEL, CREDENTIAL_LABEL } from "./resources/names.ts";
import { NAMESPACES, type Namespace } from "./resources/types.ts";

/** What the controller watches. */
export interface Caches {
  readonly apiKeys: ObjectCache<ApiKeyDocument>;
  readonly accounts: ObjectCache<AccountDocument>;
  readonly clusterAccounts: ObjectCache<AccountDocument> | undefined;
  readonly namespaces: ObjectCache<Namespace> | undefined;
  /** The Secrets that we write, without their values. */
  readonly secrets: ObjectCache<CachedSecret> | undefined;
  /** The Secrets with tokens: only that they change matters. */
  readonly credentials: ObjectCache<LargeSecret> | undefined;
}

/** What decides which caches there are. */
export interface CacheOptions {
  readonly client: KubeClient;
  /** How ApiKeys are parsed. */
  readonly apiKeyType: ResourceType<ApiKeyDocument>;
  readonly namespaces: readonly string[] | undefined;
  readonly clusterScoped: boolean;
  readonly secretAccess: "watch" | "get";
  /** The namespace of the credentials of ClusterAccounts. */
  readonly ownNamespace: string;
  readonly onError: (kind: string, problem: ReflectorProblem) => void;
}

/** How ApiKeys are looked up. @internal */
export const API_KEY_INDEXES = {
  bySecret: (apiKey: ApiKeyDocument) => [secretKeyOf(apiKey)],
  byAccount: ({ account }: ApiKeyDocument) => [accountKey(account)],
  byOwner: ({ owner }: ApiKeyDocument) => [owner],
  /** By each key that the status records. */
  byKeyId: ({ record: { keyId, previous, attempt } }: ApiKeyDocument) =>
    [keyId, ...previous.map((retiring) => retiring.keyId), attempt?.keyId].flatMap((id) => id ?? []),
  byNamespace: ({ metadata: { namespace } }: ApiKeyDocument) => [namespace],
  byHeldKey: ({ record: { keyId }, account, metadata: { namespace } }: ApiKeyDocument) =>
    keyId === undefined ? [] : [heldKeyIndex(account, namespace)],
  /** Those that wait for a key of their namespace to go, by namespace. */
  atLimit: ({ verdict, metadata: { namespace } }: ApiKeyDocument) =>
    verdict?.reason === "KeyLimitReached" ? [namespace] : [],
};

/** How accounts are looked up. */
function accountIndexes(ownNamespace: string) {
  return {
    byCredentials: ({ credentialsName, metadata: { namespace = ownNamespace } }: AccountDocument) =>
      credentialsName === undefined ? [] : [`${namespace}/${credentialsName}`],
  };
}

/** What is asked for of a namespace; the rest may be large. */
function slimNamespace({ apiVersion, kind, metadata }: Namespace): Namespace {
  const { managedFields: _managed, annotations: _annotations, ...kept } = metadata;
  return { apiVersion, kind, metadata: kept };
}

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
      type: options.apiKeyType,
      namespaces,
      indexers: API_KEY_INDEXES,
      onError: onError("ApiKey"),
    }),
    accounts: createReflector({
      client,
      type: ACCOUNT_DOCUMENTS.Account,
      namespaces,
      indexers: accountIndexes(options.ownNamespace),
      onError: onError("Account"),
    }),
    clusterAccounts: clusterScoped
      ? createReflector({
          client,
          type: ACCOUNT_DOCUMENTS.ClusterAccount,
          indexers: accountIndexes(options.ownNamespace),
          onError: onError("ClusterAccount"),
        })
      : undefined,
    namespaces: clusterScoped
      ? createReflector({
          client,
          type: NAMESPACES,
          transform: slimNamespace,
          onError: onError("Namespace"),
        })
      : undefined,
    secrets: watchesSecrets
      ? createReflector({
          client,
          type: SECRET_FACTS,
          namespaces,
          // Our own label: policies overwrite the one that names the manager.
          labelSelector: APIKEY_LABEL,
          onError: onError("Secret"),
        })
      : undefined,
    credentials: watchesSecrets
      ? createReflector({
          client,
          type: CREDENTIAL_SECRETS,
          namespaces: credentialNamespaces,
          labelSelector: `${CREDENTIAL_LABEL}=true`,
          onError: onError("Secret"),
        })
      : undefined,
  };
}

/** What can be done with a cache whatever it holds. */
type AnyCache = Pick<
  ObjectCache<KubeObject>,
  "synced" | "lastActivity" | "skipped" | "refusedIn" | "start" | "stop" | "hasSynced"
>;

/** The caches that there are, with the kind that each holds; two hold Secrets. */
export function cachesByKind(caches: Caches): readonly (readonly [kind: string, cache: AnyCache])[] {
  const { apiKeys, accounts, clusterAccounts, namespaces, secrets, credentials } = caches;
  const all: (readonly [string, AnyCache | undefined])[] = [
    ["ApiKey", apiKeys],
    ["Account", accounts],
    ["ClusterAccount", clusterAccounts],
    ["Namespace", namespaces],
    ["Secret", secrets],
    ["Secret", credentials],
  ];
  return all.flatMap(([kind, cache]) => (cache === undefined ? [] : [[kind, cache] as const]));
}

/** The caches that there are. */
export function cachesOf(caches: Caches): readonly AnyCache[] {
  return cachesByKind(caches).map(([, cache]) => cache);
}
