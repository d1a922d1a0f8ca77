import { API_KEYS, apiKeyStatusSchema, SECRETS } from "@signatureapi-keys/controller/resources";
import type { LoggedRequest } from "@signatureapi-keys/management-api/emulator";
import { expect } from "vitest";
import { requestsOf, type AuditedRequest } from "../chart/audit-log.ts";
import { SYSTEM, type Installation } from "../chart/installation.ts";
import type { ControllerChild } from "../e2e/controller-child.ts";
import { accountIdOf } from "../e2e/manifests.ts";
import { DELIVERED } from "./scenario.ts";

/** What users of an ApiKey have: the key, and every entry of the Secret. */
export interface Held {
  readonly keyId: string | undefined;
  readonly data: Readonly<Record<string, string>>;
}

function refOf(key: string): { readonly namespace: string; readonly name: string } {
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
}

/** What each delivered ApiKey holds now, by `namespace/name`. */
export async function heldBy(world: Installation): Promise<Readonly<Record<string, Held>>> {
  const held = DELIVERED.map(async (key): Promise<[string, Held]> => {
    const { status } = await world.kube.get(API_KEYS, refOf(key));
    const { data = {} } = await world.kube.get(SECRETS, refOf(key));
    return [key, { keyId: apiKeyStatusSchema.parse(status ?? {}).keyId, data }];
  });
  return Object.fromEntries(await Promise.all(held));
}

/** Each value of an entry that is a key authenticates. */
export async function expectAlive(world: Installation, held: Readonly<Record<string, Held>>): Promise<void> {
  const values = Object.values(held)
    .flatMap(({ data }) => Object.values(data))
    .map((base64) => Buffer.from(base64, "base64").toString("utf8"))
    .filter((value) => /^key_\S+$/.test(value));
  expect(values.length).toBeGreaterThanOrEqual(DELIVERED.length);
  expect(await Promise.all(values.map(async (value) => world.authenticates(value)))).toEqual(
    values.map(() => 200),
  );
}

/** Asks for a look at every delivered ApiKey, and resolves when the controller has taken all of them. */
export async function lookAtAll(world: Installation, text: string): Promise<void> {
  for (const key of DELIVERED) {
    const patch = { metadata: { annotations: { "signatureapi.com/reconcile": text } } };
    await world.kube.patch(API_KEYS, refOf(key), patch, { type: "merge" });
  }
  for (const key of DELIVERED) {
    await world.watcher.until(
      API_KEYS,
      refOf(key),
      (object) => apiKeyStatusSchema.parse(object?.status ?? {}).lastHandledReconcileAt === text,
      300_000,
    );
  }
}

/**
 * Resolves once a controller that logs at the level debug has judged the account of the namespace `shop`. Its status
 * shows a new inventory only now and then.
 */
export async function untilSwept(controller: ControllerChild): Promise<void> {
  const swept = (): boolean =>
    controller.output
      .split("\n")
      .some((line) => line.includes('"msg":"inventory made"') && line.includes('"namespace":"shop"'));
  await expect.poll(swept, { timeout: 300_000, interval: 200 }).toBe(true);
}

const READS = new Set(["getAccount", "getApiKey", "listApiKeys", "listEnvelopes"]);

/** The requests that change something in the vendor accounts of delivered ApiKeys: `account operation`. */
export function vendorChanges({ emulator }: Installation): readonly string[] {
  return changesIn(emulator.admin.requests()).filter(
    (change) => !change.startsWith(accountIdOf("interrupted")),
  );
}

/** The same for the account whose mint was cut off. */
export function changesAfterInterruption({ emulator }: Installation): readonly string[] {
  return changesIn(emulator.admin.requests({ account: accountIdOf("interrupted") }));
}

function changesIn(requests: readonly LoggedRequest[]): readonly string[] {
  return requests
    .filter(({ operation }) => operation !== null && !READS.has(operation))
    .map(({ account, operation }) => `${account} ${operation}`);
}

const WRITES = new Set(["create", "update", "patch", "delete"]);
/** Written however little there is to do. */
const ALWAYS = new Set(["leases", "events"]);

/** What the controllers of an installation have written: `verb resource namespace/name`, each as often as it was done. */
export async function clusterWrites(world: Installation): Promise<readonly string[]> {
  const user = `system:serviceaccount:${SYSTEM}:${world.serviceAccount.name}`;
  const requests = await requestsOf(world.cluster.auditLogFile, user);
  return requests.filter(isWrite).map(textOf).toSorted();
}

/** A conflict has written nothing. */
function isWrite({ verb, resource, uri, code }: AuditedRequest): boolean {
  return WRITES.has(verb) && code < 300 && !ALWAYS.has(resource) && !uri.includes("dryRun");
}

function textOf({ verb, resource, namespace, name }: AuditedRequest): string {
  return `${verb} ${resource} ${[namespace, name].filter((part) => part !== undefined).join("/")}`;
}
