import { ACCOUNTS, API_KEYS } from "@signatureapi-keys/controller/resources";
import type { ControllerChild } from "../e2e/controller-child.ts";
import { isReady } from "../e2e/conditions.ts";
import {
  account,
  apiKey,
  clusterAccount,
  credentials,
  tokenOf,
  accountIdOf,
  type Manifest,
} from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { SYSTEM, type Installation } from "../chart/installation.ts";
import { workload } from "../workloads/workload.ts";

/** The namespaces of the scenario, each with a vendor account of its name. */
const NAMESPACES = ["shop", "billing", "interrupted"] as const;

/** Their labels. */
export const LABELLED: Readonly<Record<string, Record<string, string>>> = Object.fromEntries(
  NAMESPACES.map((name) => [name, { tier: name }]),
);

/** The accounts of the emulator. */
export const VENDOR_ACCOUNTS = ["shop", "billing", "interrupted"].map((name) => ({
  id: accountIdOf(name),
  token: tokenOf(name),
}));

/** Longer than any of these tests is kept, so that nothing is due when they run: durations are ten years at most. */
const TEN_YEARS = "3660d";
/** What `--allowed-secret-metadata` has to list. */
export const SECRET_METADATA = ["tier", "team.example.com"];
/** A later version allows 32 entries. */
const TOO_MANY = 40;

/** The ApiKeys that have a key in the end, and what each of them shows. */
const SHOP: Readonly<Record<string, Manifest>> = {
  plain: {},
  sandbox: { mode: "test" },
  scheduled: { rotation: { every: TEN_YEARS, overlap: "1h" } },
  rotated: { rotation: { overlap: TEN_YEARS, trigger: "one" }, secret: { previousKey: "PREVIOUS_KEY" } },
  emergency: {},
  refused: {},
  suspended: {},
  kept: { deletionPolicy: "Retain" },
  templated: {
    secret: {
      key: "API_KEY",
      labels: { tier: "web" },
      template: [{ name: ".env", value: "API_KEY={{key}}\nAPI_KEY_ID={{keyId}}\n" }],
    },
  },
  labelled: { secret: { labels: Object.fromEntries(manyLabelNames().map((name) => [name, "set"])) } },
};

/** ApiKeys of ClusterAccounts of the same names. */
const BILLING = ["acme", "wide"] as const;

/** The names of the delivered ApiKeys, as `namespace/name`. */
export const DELIVERED: readonly string[] = [
  ...Object.keys(SHOP).map((name) => `shop/${name}`),
  ...BILLING.map((name) => `billing/${name}`),
];

/** The ApiKey whose mint is cut off between the answer of the vendor and the Secret. */
export const INTERRUPTED = "interrupted/app";

/** More labels than a later version allows. */
export function manyLabelNames(): readonly string[] {
  return Array.from({ length: TOO_MANY }, (_, number) => `team.example.com/label-${number}`);
}

/**
 * Lets ApiKeys come into every state that lasts, and ends the controller in the middle of a mint. Nothing of it is due
 * within ten years.
 */
export async function playScenario(world: Installation, controller: ControllerChild): Promise<void> {
  await declareAccounts(world);
  for (const [name, spec] of Object.entries(SHOP)) await world.apply(apiKey("shop", name, spec));
  for (const name of BILLING)
    await world.apply(apiKey("billing", name, { accountRef: { kind: "ClusterAccount", name } }));
  for (const [namespace, name] of DELIVERED.map((key) => key.split("/")))
    await world.watcher.until(API_KEYS, { namespace: namespace ?? "", name: name ?? "" }, isReady, 60_000);
  await change(world);
  await untilLookedAt(world);
  await interrupt(world, controller);
}

async function declareAccounts(world: Installation): Promise<void> {
  const { url } = world.emulator;
  for (const name of ["shop", "interrupted"]) {
    await world.apply(credentials(name, { token: tokenOf(name) }), account(name, url));
  }
  const allowed = { modes: ["live"], namespaceSelector: { matchLabels: { tier: "billing" } } };
  const absent = manyLabelNames().map((key) => ({ key, operator: "DoesNotExist" }));
  await world.apply(
    credentials(SYSTEM, { token: tokenOf("billing") }),
    clusterAccount("acme", url, { allow: [{ ...allowed, maxKeys: 5 }] }),
    clusterAccount("wide", url, {
      allow: [{ ...allowed, namespaceSelector: { matchExpressions: absent } }],
    }),
  );
}

/** What happened to them after their first key. */
async function change(world: Installation): Promise<void> {
  const key = (name: string): OneKey => new OneKey(world, "shop", { name });
  await world.apply(workload("shop", { restartsFor: ["rotated"] }));
  const rotated = key("rotated");
  const { keyId: first } = await rotated.status();
  await rotated.change({ rotation: { trigger: "two" } });
  await rotated.untilStatus(
    ({ keyId, attempt, restart }) =>
      keyId !== first && attempt === undefined && restart?.restartedAt !== undefined,
  );
  const emergency = key("emergency");
  const { keyId: leaked } = await emergency.status();
  await emergency.annotate({ "signatureapi.com/rotate": "incident-1" });
  await emergency.untilStatus(
    ({ keyId, previous }) => keyId !== undefined && keyId !== leaked && previous === undefined,
  );
  await key("refused").change({ secret: { labels: { "not-allowed.example.com/x": "y" } } });
  await key("refused").stalled("SecretMetadataNotAllowed");
  await key("suspended").suspend(true);
}

/** An inventory has judged an account. */
async function untilLookedAt(world: Installation): Promise<void> {
  await world.watcher.until(
    ACCOUNTS,
    { namespace: "shop", name: "default" },
    (object) => object !== undefined && JSON.stringify(object.status).includes("lastInventoryAt"),
  );
}

/** The vendor has made the key, and the controller dies before it hears of it. */
async function interrupt(world: Installation, controller: ControllerChild): Promise<void> {
  const accountId = accountIdOf("interrupted");
  world.emulator.admin.addFault({
    match: { operation: "createApiKey", account: accountId },
    when: "after",
    fault: { kind: "hold" },
  });
  const [namespace = "", name = ""] = INTERRUPTED.split("/");
  await world.apply(apiKey(namespace, name));
  await world.emulator.admin.waitForRequests({ operation: "createApiKey", account: accountId });
  await controller.end("SIGKILL");
  world.emulator.admin.clearFaults();
}
