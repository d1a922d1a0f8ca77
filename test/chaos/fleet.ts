import { newAttemptId, ownerOf, withTag } from "@signatureapi-keys/lifecycle";
import {
  account,
  accountIdOf,
  clusterAccount,
  credentials,
  namespace,
  tokenOf,
  type Manifest,
} from "../e2e/manifests.ts";
import type { World } from "../e2e/world.ts";
import type { AdoptableKey, OtherKey } from "./history.ts";
import { usesClusterAccount } from "./places.ts";
import { Random } from "./random.ts";
import { ADOPTABLES } from "./schedule.ts";

/** Where the lease stands. */
export const LEASE_NAMESPACE = "signatureapi-system";
const OTHERS_PER_ACCOUNT = 4;

/** What the ApiKeys of a namespace refer to. */
export function accountRefOf(name: string): { readonly kind: string; readonly name: string } {
  return usesClusterAccount(name) ? { kind: "ClusterAccount", name } : { kind: "Account", name: "default" };
}

/** A name for the installation under test, and one for another cluster's. */
export function installationsOf(seed: number): { readonly ours: string; readonly theirs: string } {
  const random = new Random(seed, "installations");
  const draw = (): string => Array.from({ length: 10 }, () => random.int(0, 15).toString(16)).join("");
  return { ours: draw(), theirs: draw() };
}

/** A key that may be adopted, with its value: it must not get into anything that is printed or kept. */
export interface Adoptable extends AdoptableKey {
  readonly value: string;
}

/** Keys that are in the accounts before any ApiKey is. */
interface Prepared {
  readonly others: readonly OtherKey[];
  readonly adoptables: readonly Adoptable[];
}

/**
 * Makes namespaces and accounts, and in each account keys that are none of the controller's business, and keys that
 * ApiKeys may adopt.
 */
export async function prepareFleet(
  world: World,
  seed: number,
  namespaces: readonly string[],
): Promise<Prepared> {
  const { url } = world.emulator;
  for (const name of namespaces) world.addVendorAccount(name);
  const adoptables = namespaces.flatMap((name) => adoptablesIn(world, name));
  await world.apply(
    namespace(LEASE_NAMESPACE),
    ...namespaces.flatMap((name) => [
      namespace(name),
      ...accountOf(
        name,
        url,
        adoptables.filter((key) => key.account === accountIdOf(name)).map(({ id }) => id),
      ),
    ]),
  );
  return { others: othersIn(world, seed, namespaces), adoptables };
}

function adoptablesIn({ emulator }: World, name: string): readonly Adoptable[] {
  if (usesClusterAccount(name)) return [];
  const owner = accountIdOf(name);
  return Array.from({ length: ADOPTABLES }, (_, number) => {
    const description = `To be adopted ${number}`;
    const { id, key } = emulator.admin.createKey(owner, { mode: "live", description });
    return { id, account: owner, description, value: key };
  });
}

function othersIn({ emulator }: World, seed: number, namespaces: readonly string[]): readonly OtherKey[] {
  const { admin } = emulator;
  const random = new Random(seed, "others");
  return namespaces.flatMap((name) => {
    return Array.from({ length: OTHERS_PER_ACCOUNT }, (_, index) => {
      const kind = index % 2 === 0 ? "foreign" : "hand-made";
      const description = kind === "foreign" ? foreignDescription(seed, random) : `Made by hand ${index}`;
      const { id } = admin.createKey(accountIdOf(name), { mode: "live", description });
      return { id, account: accountIdOf(name), description, kind } as const;
    });
  });
}

function accountOf(name: string, url: string, adoptKeyIds: readonly string[]): readonly Manifest[] {
  const spec = { rateLimit: { requestsPerSecond: 1_000, burst: 1_000 } };
  const token = tokenOf(name);
  if (!usesClusterAccount(name))
    return [credentials(name, { token }), account(name, url, { ...spec, adoptKeyIds })];
  const allow = [{ modes: ["test", "live"], namespaceSelector: {}, retain: true }];
  const more = { credentials: { name }, orphans: "Revoke", allow };
  return [credentials(LEASE_NAMESPACE, { token, name }), clusterAccount(name, url, { ...spec, ...more })];
}

/** As another installation of the controller would describe its key. */
function foreignDescription(seed: number, random: Random): string {
  const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => random.int(0, 255));
  return withTag("Of another cluster", {
    installation: installationsOf(seed).theirs,
    owner: ownerOf(`owner ${random.int(1, 1_000_000)}`),
    revision: random.int(1, 9),
    attempt: newAttemptId(bytes),
  });
}
