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
import type { OtherKey } from "./history.ts";
import { Random } from "./random.ts";

/** Where the lease stands. */
export const LEASE_NAMESPACE = "signatureapi-system";
const OTHERS_PER_ACCOUNT = 4;

/** Every third namespace uses a ClusterAccount of its own, which revokes keys that no record knows. */
export function usesClusterAccount(name: string): boolean {
  return Number(name.split("-").at(-1)) % 3 === 0;
}

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

/** Makes namespaces and accounts, and in each account keys that are none of the controller's business. */
export async function prepareFleet(
  world: World,
  seed: number,
  namespaces: readonly string[],
): Promise<readonly OtherKey[]> {
  const { admin, url } = world.emulator;
  await world.apply(
    namespace(LEASE_NAMESPACE),
    ...namespaces.flatMap((name) => [namespace(name), ...accountOf(name, url)]),
  );
  const random = new Random(seed, "others");
  return namespaces.flatMap((name) => {
    world.addVendorAccount(name);
    return Array.from({ length: OTHERS_PER_ACCOUNT }, (_, index) => {
      const kind = index % 2 === 0 ? "foreign" : "hand-made";
      const description = kind === "foreign" ? foreignDescription(seed, random) : `Made by hand ${index}`;
      const { id } = admin.createKey(accountIdOf(name), { mode: "live", description });
      return { id, account: accountIdOf(name), description, kind } as const;
    });
  });
}

function accountOf(name: string, url: string): readonly Manifest[] {
  const spec = { rateLimit: { requestsPerSecond: 1_000, burst: 1_000 } };
  const token = tokenOf(name);
  if (!usesClusterAccount(name)) return [credentials(name, { token }), account(name, url, spec)];
  const allow = [{ modes: ["test", "live"], namespaceSelector: {} }];
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
