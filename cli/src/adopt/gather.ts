import { ACCOUNT_DOCUMENTS, type AccountDocument } from "@signatureapi-keys/controller/accounts";
import { isKubeError, metadataOf, type KubeClient } from "@signatureapi-keys/controller/kube";
import { NAMESPACES, SECRETS } from "@signatureapi-keys/controller/resources";
import type { AccountRefFlag } from "../account-flag.ts";
import { readApiKeys } from "../orphans/gather.ts";
import type { AdoptionFacts, AdoptionWish } from "./plan.ts";

type Kube = Pick<KubeClient, "find" | "listAll">;

const SECRET_METADATA = metadataOf(SECRETS);

/** Reads what an adoption is judged by. Of the Secret, only its metadata is read. */
export async function gatherAdoption(kube: Kube, wish: AdoptionWish): Promise<AdoptionFacts> {
  const { namespace, accountRef, secretName } = wish;
  const { apiKeys, complete } = await readApiKeys(kube, namespace);
  return {
    account: await findAccount(kube, namespace, accountRef),
    namespaceLabels: await labelsOf(kube, namespace),
    apiKeys,
    complete,
    secret: await secretState(kube, namespace, secretName),
  };
}

/** The account that a reference of a namespace means. @throws KubeError */
export async function findAccount(
  kube: Pick<KubeClient, "find">,
  namespace: string,
  { kind, name }: AccountRefFlag,
): Promise<AccountDocument | undefined> {
  return kube.find(ACCOUNT_DOCUMENTS[kind], kind === "Account" ? { namespace, name } : { name });
}

async function labelsOf(
  kube: Kube,
  namespace: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const found = await kube.find(NAMESPACES, { name: namespace });
    return found === undefined ? undefined : (found.metadata.labels ?? {});
  } catch (error) {
    if (isKubeError(error, "forbidden")) return undefined;
    throw error;
  }
}

async function secretState(kube: Kube, namespace: string, name: string): Promise<AdoptionFacts["secret"]> {
  try {
    return (await kube.find(SECRET_METADATA, { namespace, name })) === undefined ? "absent" : "present";
  } catch (error) {
    if (isKubeError(error, "forbidden")) return "unknown";
    throw error;
  }
}
