import { isKubeError, type KubeClient } from "@signatureapi-keys/controller/kube";
import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { RehearsedWrite } from "../facts.ts";

const texts = z.record(z.string(), z.string()).optional();

/** What a dry run answers: an object that is not stored, so that it has no version. */
const admittedSchema = z.looseObject({
  metadata: z.looseObject({ labels: texts, annotations: texts }),
  data: texts,
  type: z.string().optional(),
});

/** What a Secret of the controller looks like; its value is none. */
function dummySecret(namespace: string) {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: "signatureapi-dry-run",
      namespace,
      labels: {
        "app.kubernetes.io/managed-by": "signatureapi-controller",
        "signatureapi.com/apikey": "signatureapi-dry-run",
      },
      annotations: { "signatureapi.com/fingerprint": "000000000000" },
    },
    type: "Opaque",
    data: { SIGNATUREAPI_KEY: Buffer.from("dry-run").toString("base64") },
  };
}

/**
 * Sends the write of a Secret as a dry run, so that nothing is stored, and says what admission does with it.
 *
 * @param as the user to impersonate; undefined for the user of the plugin.
 */
export async function rehearseSecret(
  kube: Pick<KubeClient, "raw">,
  namespace: string,
  as: string | undefined,
): Promise<RehearsedWrite> {
  const who = { namespace, as: as ?? "your own user" };
  const body = dummySecret(namespace);
  try {
    const answer = await kube.raw({
      method: "POST",
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`,
      query: { dryRun: "All", fieldManager: "signatureapi-controller" },
      ...(as !== undefined && { headers: { "impersonate-user": as } }),
      body,
    });
    const { metadata, data, type } = admittedSchema.parse(JSON.parse(answer.body));
    const altered = [
      ...(isDeepStrictEqual(metadata.labels, body.metadata.labels) ? [] : ["metadata.labels"]),
      ...(isDeepStrictEqual(metadata.annotations, body.metadata.annotations) ? [] : ["metadata.annotations"]),
      ...(isDeepStrictEqual(data, body.data) ? [] : ["data"]),
      ...(type === body.type ? [] : ["type"]),
    ];
    return { ...who, outcome: { altered } };
  } catch (error) {
    if (!isKubeError(error)) throw error;
    return { ...who, outcome: { refused: error.kind, message: error.detail } };
  }
}
