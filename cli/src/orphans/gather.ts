import type { AccountDocument } from "@signatureapi-keys/controller/accounts";
import { isKubeError, metadataOf, type KubeClient } from "@signatureapi-keys/controller/kube";
import { API_KEYS, NAMESPACES, SECRETS } from "@signatureapi-keys/controller/resources";
import { installationOf } from "@signatureapi-keys/lifecycle";
import { summarize, type ApiKeySummary } from "../doctor/api-key-summary.ts";
import { findDeployments, optionsOf } from "../doctor/gather/controllers.ts";
import { USUAL_NAMESPACE } from "../doctor/gather/gather.ts";
import type { ClusterRecords } from "./orphan.ts";
import { secretRecordOf, type SecretRecord } from "./secret-record.ts";

type Kube = Pick<KubeClient, "listAll" | "find">;

const SECRET_METADATA = metadataOf(SECRETS);

/**
 * Reads what the cluster records of keys, live. What the user may not list in all namespaces is not taken for absent.
 *
 * @param namespace of the ApiKeys, where the user may not list those of all namespaces
 */
export async function readRecords(kube: Kube, namespace: string): Promise<ClusterRecords> {
  const { apiKeys, complete } = await readApiKeys(kube, namespace);
  const secrets = await readSecrets(kube);
  const installations = new Set([
    ...apiKeys.flatMap(({ status }) => status?.installation ?? []),
    ...(await configuredInstallations(kube)),
  ]);
  return { apiKeys, secrets, complete, installations };
}

/** The ApiKeys of all namespaces, or of one where the user may not list those. */
export async function readApiKeys(
  kube: Pick<KubeClient, "listAll">,
  namespace: string,
): Promise<{ readonly apiKeys: readonly ApiKeySummary[]; readonly complete: boolean }> {
  const all = await unlessForbidden(async () => kube.listAll(API_KEYS));
  const list = all ?? (await kube.listAll(API_KEYS, { namespace }));
  const complete = all !== undefined && list.malformed.length === 0;
  return { apiKeys: list.items.map(summarize), complete };
}

async function readSecrets(kube: Kube): Promise<readonly SecretRecord[] | undefined> {
  const all = await unlessForbidden(async () => kube.listAll(SECRET_METADATA));
  if (all === undefined || all.malformed.length > 0) return undefined;
  return all.items.flatMap((secret) => secretRecordOf(secret) ?? []);
}

/** What the controllers of this cluster call themselves, by their flags as the controller reads them. */
async function configuredInstallations(kube: Kube): Promise<readonly string[]> {
  const deployments = await unlessForbidden(async () => findDeployments(kube, undefined, USUAL_NAMESPACE));
  const system = await unlessForbidden(async () => kube.find(NAMESPACES, { name: "kube-system" }));
  return (deployments ?? []).flatMap((deployment) => {
    const options = optionsOf(deployment);
    if ("problem" in options) return [];
    const own = options.clusterResourceNamespace ?? deployment.metadata.namespace ?? "";
    const derived =
      system === undefined ? undefined : installationOf(system.metadata.uid, own, options.leaseName);
    return [options.installation ?? derived ?? [], options.previousInstallations].flat();
  });
}

async function unlessForbidden<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isKubeError(error, "forbidden")) return undefined;
    throw error;
  }
}

/** The account that the user names as `Account/namespace/name`, `ClusterAccount/name`, or either with a space. */
export function matchesAccount({ ref }: AccountDocument, text: string): boolean {
  const [kind, ...rest] = text.split(/[ /]/u);
  const own = ref.kind === "Account" ? [ref.namespace, ref.name] : [ref.name];
  return kind?.toLowerCase() === ref.kind.toLowerCase() && rest.join("/") === own.join("/");
}
