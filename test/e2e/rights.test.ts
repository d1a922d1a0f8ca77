import { loadKubeConfig, type ClusterAccess } from "@signatureapi-keys/controller/kube";
import { ACCOUNTS } from "@signatureapi-keys/controller/resources";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusedFor } from "./conditions.ts";
import { namespace, tokenOf, type Manifest } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

/** A list that was refused is tried again within half a minute. */
const RETRIED_MS = 60_000;
const INSTALLATION = ["--installation", "0123456789"];

let world: World;

beforeAll(async () => {
  world = await World.start();
  await world.apply(namespace("controllers"));
});
afterAll(async () => world[Symbol.asyncDispose]());

/** Everything that a controller needs in a namespace, but for workloads. */
const WITHOUT_WORKLOADS = [
  { apiGroups: ["signatureapi.com", "events.k8s.io"], resources: ["*"], verbs: ["*"] },
  { apiGroups: [""], resources: ["secrets", "events"], verbs: ["*"] },
];
const WORKLOADS = { apiGroups: ["apps"], resources: ["*"], verbs: ["*"] };

/** Lets a service account do this in a namespace. */
function role(inNamespace: string, name: string, rules: readonly object[]): readonly Manifest[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  const metadata = { name, namespace: inNamespace };
  return [
    { apiVersion, kind: "Role", metadata, rules },
    {
      apiVersion,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", namespace: "controllers", name }],
    },
  ];
}

async function accessOf(name: string): Promise<ClusterAccess> {
  const kubeconfigPath = await world.cluster.serviceAccountKubeconfig({ namespace: "controllers", name });
  return loadKubeConfig({ kubeconfigPath });
}

function rotation(trigger: string): Manifest {
  return { rotation: { trigger, overlap: "1s" } };
}

async function keyIn(name: string): Promise<OneKey> {
  await world.addAccount(name);
  return new OneKey(world, name, { token: tokenOf(name) });
}

test(
  "a namespace that may not be read holds up no other one, and is served once it may be",
  { timeout: 2 * RETRIED_MS },
  async () => {
    const [closed, open] = [await keyIn("closed"), await keyIn("open")];
    await world.apply(...role("open", "one-of-two", [...WITHOUT_WORKLOADS, WORKLOADS]));
    await world.apply(closed.manifest(), open.manifest());
    const controller = await world.startController({
      access: await accessOf("one-of-two"),
      flags: [...INSTALLATION, "--namespaces", "closed,open", "--metrics-address", "127.0.0.1:0"],
    });
    await open.untilReady();
    await controller.logged(/"level":"warn".*closed.*forbidden/i);
    const refused = async (): Promise<readonly string[]> =>
      (await controller.metrics()).match(/^signatureapi_watch_refused\{.*$/gm) ?? [];
    await expect.poll(refused).toContain('signatureapi_watch_refused{kind="ApiKey",namespace="closed"} 1');
    expect((await refused()).join("\n")).not.toContain('"open"');
    await world.apply(...role("closed", "one-of-two", [...WITHOUT_WORKLOADS, WORKLOADS]));
    await closed.until((object) => (object?.status === undefined ? undefined : "is served"));
    await closed.untilReady();
    await expect.poll(refused, { timeout: RETRIED_MS }).toEqual([]);
    await controller.stop();
  },
);

test("where workloads may not be listed, a previous key is held, and another namespace's is not", async () => {
  const [blind, seeing] = [await keyIn("blind"), await keyIn("seeing")];
  await world.apply(
    ...role("blind", "half-blind", WITHOUT_WORKLOADS),
    ...role("seeing", "half-blind", [...WITHOUT_WORKLOADS, WORKLOADS]),
  );
  const controller = await world.startController({
    access: await accessOf("half-blind"),
    timing: FAST_TIMING,
    flags: [...INSTALLATION, "--namespaces", "blind,seeing"],
  });
  const first = await Promise.all(
    [blind, seeing].map(async (key) => {
      await world.apply(key.manifest(rotation("1")));
      await key.untilReady();
      return key.delivered();
    }),
  );
  await Promise.all([blind, seeing].map(async (key) => key.declare(rotation("2"))));
  await seeing.untilStatus(({ previous = [], keyId }) => keyId !== first[1]?.keyId && previous.length === 0);
  expect(world.stateOf(first[1]?.keyId)).toBe("revoked");
  expect(await blind.stalled("RestartFailed")).toMatch(/workloads cannot be listed.*forbidden/);
  expect(world.stateOf(first[0]?.keyId)).toBe("active");
  await controller.stop();
});

test("an account whose ConfigMap with CAs may not be read says so", async () => {
  const name = "no-configmaps";
  await world.addAccount(name, { caBundleConfigMapRef: { name: "company-ca" } });
  await world.apply(...role(name, name, WITHOUT_WORKLOADS));
  const controller = await world.startController({
    access: await accessOf(name),
    timing: FAST_TIMING,
    flags: [...INSTALLATION, "--namespaces", name],
  });
  const ref = { namespace: name, name: "default" };
  expect(await world.watcher.until(ACCOUNTS, ref, refusedFor("CABundleNotFound"))).toContain(
    `the controller may not read ConfigMap ${name}/company-ca, which spec.caBundleConfigMapRef names; grant it`,
  );
  await controller.stop();
});
