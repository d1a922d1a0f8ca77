import { ACCOUNT_DOCUMENTS, type AccountDocument } from "@signatureapi-keys/controller/accounts";
import { metadataOf, type KubeClient } from "@signatureapi-keys/controller/kube";
import { SECRETS } from "@signatureapi-keys/controller/resources";
import type { CredentialSecret } from "../facts.ts";
import { attempt } from "../read.ts";

/** Of a Secret, only its metadata leaves the API server. */
const SECRET_METADATA = metadataOf(SECRETS);

/**
 * The Accounts of a namespace, or of all, and the ClusterAccounts.
 *
 * @throws KubeError
 */
export async function listAccounts(
  kube: Pick<KubeClient, "listAll">,
  namespace: string | undefined,
): Promise<readonly AccountDocument[]> {
  const lists = await Promise.all([
    kube.listAll(ACCOUNT_DOCUMENTS.ClusterAccount),
    kube.listAll(ACCOUNT_DOCUMENTS.Account, { namespace }),
  ]);
  return lists.flatMap(({ items }) => items);
}

/** The metadata of the Secrets that accounts name. @param own the namespace of those of ClusterAccounts */
export async function readCredentials(
  kube: Pick<KubeClient, "find">,
  accounts: readonly AccountDocument[],
  own: string | undefined,
): Promise<readonly CredentialSecret[]> {
  const named = accounts.flatMap(({ ref, credentialsName: name }) => {
    const namespace = ref.kind === "Account" ? ref.namespace : own;
    return name === undefined || namespace === undefined ? [] : [{ namespace, name }];
  });
  const unique = new Map(named.map((ref) => [`${ref.namespace}/${ref.name}`, ref]));
  return Promise.all(
    [...unique.values()].map(async (ref) => ({
      ...ref,
      secret: await attempt(async () => kube.find(SECRET_METADATA, ref)),
    })),
  );
}
