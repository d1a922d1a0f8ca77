import { writeFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import { z } from "zod";

/** Stands for the address of the emulator, which has another port in each run. */
const BASE_URL = "https://emulator.invalid/v1";

const storedSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
});

/** An object as an older version has left it in etcd, with its UID. */
export type StoredObject = z.infer<typeof storedSchema>;

const listSchema = z.object({ items: z.array(storedSchema) });

/** Where an object is in etcd: what `/registry` is followed by for its kind. */
const PLACES: Readonly<Record<string, string>> = {
  Namespace: "namespaces",
  Secret: "secrets",
  Deployment: "deployments",
  ApiKey: "signatureapi.com/apikeys",
  Account: "signatureapi.com/accounts",
  ClusterAccount: "signatureapi.com/clusteraccounts",
};

/** The kinds that are recorded, as kubectl names them. */
export const RECORDED_KINDS = "namespaces,secrets,deployments,apikeys,accounts,clusteraccounts";

/** The key of an object in etcd. @throws Error for a kind that is not recorded. */
export function etcdKeyOf({ kind, metadata: { namespace, name } }: StoredObject): string {
  const place = PLACES[kind];
  if (place === undefined) throw new Error(`it is not known where a ${kind} is in etcd: add it to PLACES`);
  return ["/registry", place, ...(namespace === undefined ? [] : [namespace]), name].join("/");
}

/** Objects from what `kubectl get --output=json` prints. */
export function objectsFrom(json: string): readonly StoredObject[] {
  return listSchema.parse(JSON.parse(json)).items.map(withoutRevision);
}

/** The revision belongs to the etcd that it comes from. */
function withoutRevision(object: StoredObject): StoredObject {
  const { resourceVersion, ...metadata } = object.metadata;
  return resourceVersion === undefined ? object : { ...object, metadata };
}

/** Parses recorded objects. @param baseUrl the emulator of this run. */
export function recordedObjects(text: string, baseUrl: string): readonly StoredObject[] {
  return listSchema.parse(parse(text.replaceAll(BASE_URL, baseUrl))).items;
}

/** Writes objects to a file. @param baseUrl the emulator of the recording, which is replaced. */
export async function writeObjects(
  file: string,
  objects: readonly StoredObject[],
  baseUrl: string,
): Promise<void> {
  const text = stringify({ items: objects }, { lineWidth: 0, aliasDuplicateObjects: false });
  await writeFile(file, text.replaceAll(baseUrl, BASE_URL));
}
