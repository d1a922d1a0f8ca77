import type { Problem } from "@signatureapi-keys/lifecycle";
import { readCaBundle } from "@signatureapi-keys/management-api";
import { isKubeError, type KubeClient } from "../kube/index.ts";
import { CONFIG_MAPS, type ConfigMap } from "../resources/types.ts";

/** Where an account's own CAs are declared. */
export interface CaDeclaration {
  readonly caBundle?: string | undefined;
  readonly caBundleConfigMapRef?: { readonly name: string; readonly key: string } | undefined;
}

/**
 * The CAs that count for an account's connections besides those that the process trusts, as PEM.
 *
 * @param namespace of the ConfigMap.
 * @returns the problem where they cannot be used: then nothing is sent.
 * @throws KubeError where the ConfigMap could not be read for another reason than that it is missing or forbidden.
 */
export async function trustedCa(
  kube: Pick<KubeClient, "find">,
  { caBundle, caBundleConfigMapRef: ref }: CaDeclaration,
  namespace: string,
): Promise<readonly string[] | Problem> {
  if (caBundle !== undefined) return read(caBundle, "spec.caBundle");
  if (ref === undefined) return [];
  const where = `ConfigMap ${namespace}/${ref.name}`;
  const configMap = await find(kube, namespace, ref.name);
  if (configMap === "forbidden") {
    return notFound(
      `the controller may not read ${where}, which spec.caBundleConfigMapRef names; grant it the right to get ConfigMaps there`,
    );
  }
  if (configMap === undefined) {
    return notFound(
      `${where}, which spec.caBundleConfigMapRef names, does not exist; create it with the CA certificates in the entry ${JSON.stringify(ref.key)}`,
    );
  }
  const text = configMap.data?.[ref.key];
  const entry = `the entry ${JSON.stringify(ref.key)} of ${where}`;
  if (text === undefined) {
    return notFound(`${entry} does not exist; add it, or correct spec.caBundleConfigMapRef.key`);
  }
  return read(text, entry);
}

async function find(
  kube: Pick<KubeClient, "find">,
  namespace: string,
  name: string,
): Promise<ConfigMap | "forbidden" | undefined> {
  try {
    return await kube.find(CONFIG_MAPS, { namespace, name });
  } catch (error) {
    if (isKubeError(error, "forbidden")) return "forbidden";
    throw error;
  }
}

function read(text: string, where: string): readonly string[] | Problem {
  try {
    return readCaBundle(text);
  } catch (error) {
    const why = error instanceof TypeError ? error.message : "it cannot be read";
    const message = `${where} cannot be used as a bundle of CA certificates: ${why}; write certificates as PEM, one after the other`;
    return { reason: "InvalidCABundle", message, transient: false };
  }
}

/** Nothing watches ConfigMaps, so it is looked for again soon. */
function notFound(message: string): Problem {
  return { reason: "CABundleNotFound", message, transient: true };
}
