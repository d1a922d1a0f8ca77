import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { API_KEYS } from "@signatureapi-keys/controller/resources";
import { readyNamespace } from "../../test/e2e/manifests.ts";
import { KEY_SPEC, keyNames, tokenFor, BENCH, type Ground } from "./ground.ts";
import { Recorder } from "./recorder.ts";
import { templateOf, type Exchange, type TemplateRequest } from "./template.ts";

/** As long as the name of the namespace that is measured. */
const RECORDED = "recor";
/** The first keys of an account cost more: they prove that the API keeps tags. */
const KEYS = 6;

/**
 * Lets the controller make a few keys through proxies, and keeps what it sends for the last one of them.
 *
 * @returns the requests for one key, in their order. The API server is empty again afterwards.
 */
export async function recordTemplate(ground: Ground): Promise<readonly TemplateRequest[]> {
  const exchanges: Exchange[] = [];
  const { cluster, emulator } = ground;
  await using kube = await Recorder.start("kube", cluster.url, { ca: await ground.ca(), exchanges });
  await using management = await Recorder.start("management", new URL(emulator.url).origin, { exchanges });
  const baseUrl = `${management.url}/v1`;
  const rateLimit = { requestsPerSecond: 1_000, burst: 1_000 };
  await ground.apply(...readyNamespace(RECORDED, baseUrl, tokenFor(BENCH), { rateLimit }));
  const flags = [`--allowed-base-urls=${emulator.url},${baseUrl}`];
  const kubeconfig = await kubeconfigThrough(ground, kube.url);
  await using controller = await ground.startController({ kubeconfig, flags });
  await controller.untilReady();
  const names = keyNames(KEYS, 900_000);
  let first = {};
  // One after another, so that nothing is shared between two of them.
  for (const [index, name] of names.entries()) {
    const metadata = { namespace: RECORDED, name };
    const { uid, resourceVersion } = (await ground.kube.create(API_KEYS, { metadata, spec: KEY_SPEC }))
      .metadata;
    first = { namespace: RECORDED, name, uid, resourceVersion };
    await ground.untilKeys(RECORDED, index + 1);
  }
  await controller.end();
  await ground.restore();
  return templateOf(exchanges, first);
}

/** client-node accepts plain HTTP only with TLS verification off. */
async function kubeconfigThrough({ cluster, folder }: Ground, server: string): Promise<string> {
  const file = join(folder, "through-recorder.kubeconfig");
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "recorder",
    clusters: [{ name: "recorder", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "recorder", user: { token: cluster.adminToken } }],
    contexts: [{ name: "recorder", context: { cluster: "recorder", user: "recorder" } }],
  };
  await writeFile(file, JSON.stringify(kubeconfig), { mode: 0o600 });
  return file;
}
