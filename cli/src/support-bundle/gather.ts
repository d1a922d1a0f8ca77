import {
  kubeObjectSchema,
  metadataOf,
  type KubeClient,
  type KubeObject,
  type ResourceKind,
} from "@signatureapi-keys/controller/kube";
import {
  ACCOUNTS,
  API_KEYS,
  CLUSTER_ACCOUNTS,
  SECRETS,
  type CustomObject,
} from "@signatureapi-keys/controller/resources";
import { stringify } from "yaml";
import * as z from "zod";
import type { ControllerPod } from "../doctor/cluster-objects.ts";
import { controllerContainer } from "../doctor/cluster-objects.ts";
import type { Facts, InstalledController } from "../doctor/facts.ts";
import { attempt, valueOf, type Read } from "../doctor/read.ts";
import { summarize } from "../doctor/api-key-summary.ts";
import { redactDeployment, redactPod } from "../redaction/pods.ts";
import { redactResource, redactSecret } from "../redaction/resources.ts";
import { redactText } from "../redaction/text.ts";
import type { Part } from "./contents.ts";
import { redactEvent } from "./events.ts";

/** A log of one container, at most so large. */
const LOG_BYTES = 5 * 1024 * 1024;
const LOG_LINES = 20_000;

const SECRET_METADATA = metadataOf(SECRETS);

/** Of a Secret, the names of its entries: the values are dropped while it is parsed. */
const entryNamesSchema = kubeObjectSchema
  .extend({ data: z.record(z.string(), z.unknown()).optional() })
  .transform(({ apiVersion, kind, metadata, data }) => ({
    apiVersion,
    kind,
    metadata,
    entries: Object.keys(data ?? {}).toSorted(),
  }));

const SECRET_ENTRIES: ResourceKind<z.output<typeof entryNamesSchema>> = {
  ...SECRETS,
  schema: entryNamesSchema,
};

const EVENTS: ResourceKind = {
  group: "events.k8s.io",
  version: "v1",
  plural: "events",
  kind: "Event",
  namespaced: true,
  schema: kubeObjectSchema,
};

/** Where to look. */
export interface BundleScope {
  /** Of resources, events and Secrets; undefined for all. */
  readonly namespace: string | undefined;
  /** Whether Secrets are read for the names of their entries. */
  readonly secretEntries: boolean;
}

/** Reads all parts of a bundle besides the findings, each redacted as soon as it is there. */
export async function gatherParts(
  kube: KubeClient,
  scope: BundleScope,
  facts: Facts,
): Promise<readonly Part[]> {
  const controllers = valueOf(facts.controllers) ?? [];
  const apiKeys = await resources(kube, API_KEYS, scope);
  const accounts = await resources(kube, ACCOUNTS, scope);
  const clusterAccounts = await resources(kube, CLUSTER_ACCOUNTS, { ...scope, namespace: undefined });
  return [
    listPart("ApiKeys", "resources/apikeys.yaml", apiKeys, redactResource),
    listPart("Accounts", "resources/accounts.yaml", accounts, redactResource),
    listPart("ClusterAccounts", "resources/clusteraccounts.yaml", clusterAccounts, redactResource),
    await secretsPart(kube, scope, { apiKeys, facts }),
    await eventsPart(kube, scope, controllers),
    ...deploymentParts(facts.controllers),
    ...(await Promise.all(controllers.map(async (controller) => logsPart(kube, controller)))),
    ...(await Promise.all(controllers.map(async (controller) => metricsPart(kube, controller)))),
  ];
}

async function resources(
  kube: KubeClient,
  kind: ResourceKind<CustomObject>,
  { namespace }: BundleScope,
): Promise<Read<readonly CustomObject[]>> {
  return attempt(async () => (await kube.listAll(kind, { namespace })).items);
}

function listPart<T>(
  what: string,
  name: string,
  read: Read<readonly T[]>,
  redact: (item: T) => unknown,
): Part {
  if (!("value" in read)) return { what, missing: redactText(read.message) };
  const text = read.value.map((item) => stringify(redact(item), { lineWidth: 0 })).join("---\n");
  return { what, files: [{ name, text }] };
}

/** The Secrets that ApiKeys and accounts name, and no others. */
async function secretsPart(
  kube: KubeClient,
  { secretEntries }: BundleScope,
  { apiKeys, facts }: { readonly apiKeys: Read<readonly CustomObject[]>; readonly facts: Facts },
): Promise<Part> {
  const named = [
    ...(valueOf(apiKeys) ?? [])
      .map(summarize)
      .map(({ namespace, secretName }) => ({ namespace, name: secretName })),
    ...facts.credentials.map(({ namespace, name }) => ({ namespace, name })),
  ];
  const unique = new Map(named.map((ref) => [`${ref.namespace}/${ref.name}`, ref]));
  const read = await attempt(async () => {
    const found = await Promise.all(
      [...unique.values()].map(async (ref) => readSecret(kube, ref, secretEntries)),
    );
    return found.filter((secret) => secret !== undefined);
  });
  const what = secretEntries ? "Secrets (metadata, and names of entries)" : "Secrets (metadata only)";
  return listPart(what, "secrets.yaml", read, ({ secret, entries }) => redactSecret(secret, entries));
}

async function readSecret(
  kube: KubeClient,
  ref: { readonly namespace: string; readonly name: string },
  secretEntries: boolean,
): Promise<{ readonly secret: KubeObject; readonly entries: readonly string[] | undefined } | undefined> {
  if (secretEntries) {
    const found = await kube.find(SECRET_ENTRIES, ref);
    return found === undefined ? undefined : { secret: found, entries: found.entries };
  }
  const found = await kube.find(SECRET_METADATA, ref);
  return found === undefined ? undefined : { secret: found, entries: undefined };
}

async function eventsPart(
  kube: KubeClient,
  { namespace }: BundleScope,
  controllers: readonly InstalledController[],
): Promise<Part> {
  const own = new Set(controllers.map(({ deployment }) => deployment.metadata.namespace));
  const read = await attempt(async () =>
    (await kube.listAll(EVENTS, { namespace })).items.flatMap((event) => redactEvent(event, own) ?? []),
  );
  return listPart("Events", "events.yaml", read, (event) => event);
}

function deploymentParts(controllers: Facts["controllers"]): readonly Part[] {
  const deployments: Read<readonly KubeObject[]> =
    "value" in controllers ? { value: controllers.value.map(({ deployment }) => deployment) } : controllers;
  const pods = valueOf(controllers)?.map((controller) => controller.pods) ?? [];
  const refused = pods.find((read) => !("value" in read));
  const read = refused ?? { value: pods.flatMap((some) => valueOf(some) ?? []) };
  return [
    listPart("Deployments of the controller", "controller/deployments.yaml", deployments, redactDeployment),
    listPart("Pods of the controller", "controller/pods.yaml", read, redactPod),
  ];
}

async function logsPart(kube: KubeClient, controller: InstalledController): Promise<Part> {
  const { metadata } = controller.deployment;
  const what = `Logs of Deployment ${metadata.namespace ?? ""}/${metadata.name}`;
  const container = controllerContainer(controller.deployment)?.name;
  const read = await attempt(async () => {
    const pods = valueOf(controller.pods) ?? [];
    return (await Promise.all(pods.map(async (pod) => logsOf(kube, pod, container)))).flat();
  });
  if (!("value" in read)) return { what, missing: redactText(read.message) };
  const files = read.value.map(({ name, text }) => ({ name: `log/${name}.log`, text: redactText(text) }));
  return { what, files };
}

async function logsOf(
  kube: KubeClient,
  { metadata, status }: ControllerPod,
  container: string | undefined,
): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const { namespace = "", name } = metadata;
  const restarted = status?.containerStatuses?.some(({ restartCount = 0 }) => restartCount > 0) === true;
  const log = async (previous: boolean): Promise<{ readonly name: string; readonly text: string }> => {
    const { body } = await kube.raw({
      method: "GET",
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log`,
      query: {
        container,
        previous: previous || undefined,
        tailLines: LOG_LINES,
        limitBytes: LOG_BYTES,
        timestamps: true,
      },
    });
    return { name: `${namespace}-${name}${previous ? "-previous" : ""}`, text: body };
  };
  return Promise.all(restarted ? [log(false), log(true)] : [log(false)]);
}

async function metricsPart(
  kube: KubeClient,
  { deployment, pods, options }: InstalledController,
): Promise<Part> {
  const { namespace = "", name } = deployment.metadata;
  const what = `Metrics of Deployment ${namespace}/${name}`;
  if ("problem" in options || options.metricsAddress === undefined)
    return { what, missing: "they are not served" };
  if (options.metricsSecure)
    return { what, missing: "they are served over TLS, and only to scrapers (--metrics-secure)" };
  const port = options.metricsAddress.split(":").at(-1) ?? "";
  const read = await attempt(async () =>
    Promise.all(
      (valueOf(pods) ?? []).map(async ({ metadata }) => {
        const pod = `${encodeURIComponent(metadata.name)}:${port}`;
        const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${pod}/proxy/metrics`;
        const { body } = await kube.raw({ method: "GET", path });
        return { name: `metrics/${namespace}-${metadata.name}.txt`, text: redactText(body) };
      }),
    ),
  );
  return "value" in read ? { what, files: read.value } : { what, missing: redactText(read.message) };
}
