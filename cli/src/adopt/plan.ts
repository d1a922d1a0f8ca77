import {
  accountKey,
  adoptableKeyIds,
  policyProblem,
  type AccountDocument,
} from "@signatureapi-keys/controller/accounts";
import { nameOf, type ApiKeySummary } from "../doctor/api-key-summary.ts";

/** What the user wants to have adopted, and into what. */
export interface AdoptionWish {
  readonly keyId: string;
  readonly namespace: string;
  readonly name: string;
  readonly mode: "test" | "live";
  readonly accountRef: { readonly kind: "Account" | "ClusterAccount"; readonly name: string };
  readonly secretName: string;
  readonly secretKey: string;
}

/** What is known of the cluster. */
export interface AdoptionFacts {
  /** Undefined where it does not exist. */
  readonly account: AccountDocument | undefined;
  /** Undefined where they may not be read. */
  readonly namespaceLabels: Readonly<Record<string, string>> | undefined;
  /** The ApiKeys that may be seen. */
  readonly apiKeys: readonly ApiKeySummary[];
  /** Whether these are those of all namespaces. */
  readonly complete: boolean;
  /** By its metadata; its entries are not read. */
  readonly secret: "present" | "absent" | "unknown";
}

/** What happens if the manifest is applied. */
export interface AdoptionPlan {
  readonly manifest: Readonly<Record<string, unknown>>;
  /** What keeps the controller from adopting the key. */
  readonly problems: readonly string[];
  /**
   * - `rolled`: the key gets a new value, and the old one stops at once.
   * - `kept`: its value stays, if the Secret holds it; otherwise the adoption is refused.
   * - `unknown`: one of the two; the Secret cannot be looked at.
   */
  readonly value: "rolled" | "kept" | "unknown";
  /** What happens, in sentences. */
  readonly happens: readonly string[];
}

/** Judges an adoption beforehand, by the controller's own rules as far as the cluster shows what they need. */
export function planAdoption(wish: AdoptionWish, facts: AdoptionFacts): AdoptionPlan {
  return {
    manifest: manifestOf(wish),
    problems: problemsOf(wish, facts),
    ...outcomeOf(wish, facts),
  };
}

/** An ApiKey that adopts a key. What is the default is left out. */
export function manifestOf(
  wish: AdoptionWish & { readonly suspend?: boolean },
): Readonly<Record<string, unknown>> {
  const { keyId, namespace, name, mode, accountRef, secretName, secretKey, suspend = false } = wish;
  const isDefault = accountRef.kind === "Account" && accountRef.name === "default";
  const secret = {
    ...(secretName !== name && { name: secretName }),
    ...(secretKey !== DEFAULT_ENTRY && { key: secretKey }),
  };
  return {
    apiVersion: "signatureapi.com/v1",
    kind: "ApiKey",
    metadata: { name, namespace },
    spec: {
      ...(!isDefault && { accountRef }),
      mode,
      ...(Object.keys(secret).length > 0 && { secret }),
      adopt: { keyId },
      ...(suspend && { suspend: true }),
    },
  };
}

/** The entry of the Secret that an ApiKey declares by default. */
export const DEFAULT_ENTRY = "SIGNATUREAPI_KEY";

function problemsOf(wish: AdoptionWish, facts: AdoptionFacts): readonly string[] {
  const { keyId, namespace, name } = wish;
  const claimed = facts.apiKeys.filter(
    (apiKey) =>
      nameOf(apiKey) !== nameOf(wish) && (apiKey.adopts === keyId || apiKey.status?.keyId === keyId),
  );
  const own = facts.apiKeys.find((apiKey) => nameOf(apiKey) === nameOf(wish));
  const has = own?.status?.keyId;
  return [
    ...accountProblems(wish, facts),
    ...claimed.map((apiKey) => `ApiKey ${nameOf(apiKey)} has or adopts key ${keyId} already`),
    ...(has === undefined || own?.adopts === keyId
      ? []
      : [`ApiKey ${namespace}/${name} has key ${has} already, and can adopt no other; use another --name`]),
  ];
}

function accountProblems(wish: AdoptionWish, { account, namespaceLabels }: AdoptionFacts): readonly string[] {
  const { accountRef, namespace, mode, keyId } = wish;
  if (account === undefined) {
    const where =
      accountRef.kind === "Account"
        ? `Account ${namespace}/${accountRef.name}`
        : `ClusterAccount ${accountRef.name}`;
    return [`${where} does not exist; name another with --account`];
  }
  const request = { mode, namespace, namespaceLabels };
  const key = accountKey(account.ref);
  const refused = policyProblem(account.ref, account.policy, request)?.message;
  const listed = adoptableKeyIds(account.policy, request).includes(keyId);
  const ready = account.record.conditions?.find(({ type }) => type === "Ready");
  return [
    ...(refused === undefined ? [] : [refused]),
    ...(listed || refused !== undefined ? [] : [notListed(account, keyId)]),
    ...(ready?.status === "True" ? [] : [`${key} is not ready (${ready?.reason ?? "not looked at yet"})`]),
  ];
}

function notListed({ ref, policy }: AccountDocument, keyId: string): string {
  const key = accountKey(ref);
  if (ref.kind === "ClusterAccount")
    return `no line of spec.allow of ${key} for this namespace and mode lists ${keyId} in adoptKeyIds; ask its administrator`;
  const ids = JSON.stringify([...(policy.adoptKeyIds ?? []), keyId]);
  return `spec.adoptKeyIds of ${key} does not list ${keyId}: kubectl -n ${ref.namespace} patch account ${ref.name} --type merge -p '{"spec": {"adoptKeyIds": ${ids}}}'`;
}

function outcomeOf(
  { keyId, namespace, secretName, secretKey }: AdoptionWish,
  { secret }: AdoptionFacts,
): Pick<AdoptionPlan, "value" | "happens"> {
  const which = `Secret ${namespace}/${secretName}`;
  const tagged = `The controller appends its tag to the description of key ${keyId}, and takes the key over 45 seconds later.`;
  const kept = `If ${which} holds the key's value in its entry ${secretKey}, the value stays. If it holds another, the adoption is refused, and nothing is touched.`;
  const rolled = `There is no ${which}, so the key is rolled: it gets a new value, and its old value stops at once.`;
  switch (secret) {
    case "present":
      return { value: "kept", happens: [tagged, kept] };
    case "absent":
      return { value: "rolled", happens: [tagged, rolled] };
    case "unknown":
      return {
        value: "unknown",
        happens: [
          tagged,
          kept,
          `If there is no ${which}, the key is rolled: its old value stops at once. You may not read whether it exists.`,
        ],
      };
  }
}
