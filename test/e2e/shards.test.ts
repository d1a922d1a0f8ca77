import { loadKubeConfig } from "@signatureapi-keys/controller/kube";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requestsOf } from "../chart/audit-log.ts";
import { conditionOf } from "./conditions.ts";
import { namespace } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, MANY_TEST_KEYS, World } from "./world.ts";

/** Two releases that share the namespaces of a cluster, as docs/performance.md describes it. `both` is a mistake. */
const SHARDS = [
  { user: "shard-a", installation: "aaaaaaaaaa", namespaces: ["shard-a-one", "shard-a-two", "both"] },
  { user: "shard-b", installation: "bbbbbbbbbb", namespaces: ["shard-b-one", "both"] },
] as const;
const KEYS = 6;

let world: World;

beforeAll(async () => {
  world = await World.start({ cluster: { audit: "Metadata" }, emulator: MANY_TEST_KEYS });
  // Where the leases are.
  await world.apply(namespace("signatureapi-system"));
});

afterAll(async () => world[Symbol.asyncDispose]());

async function startShard({ user, installation, namespaces }: (typeof SHARDS)[number]): Promise<void> {
  const kubeconfigPath = await world.cluster.userKubeconfig({ user, groups: ["system:masters"] });
  await world.startController({
    access: await loadKubeConfig({ kubeconfigPath }),
    timing: FAST_TIMING,
    identity: user,
    flags: [
      `--namespaces=${namespaces.join(",")}`,
      `--installation=${installation}`,
      "--leader-elect=true",
      `--lease-name=${user}`,
    ],
  });
}

const MUTATING = new Set(["create", "update", "patch", "delete"]);

/** Which objects a shard has changed successfully, dry runs and events aside: `apikeys both/key-1`. */
async function changedBy(user: string): Promise<ReadonlySet<string>> {
  const requests = await requestsOf(world.cluster.auditLogFile, user);
  const changes = requests.filter(
    ({ verb, code, resource, uri }) =>
      MUTATING.has(verb) && code < 300 && /^(apikeys|secrets)/.test(resource) && !uri.includes("dryRun=All"),
  );
  return new Set(
    changes.map(
      ({ resource, namespace: where = "", name = "" }) => `${resource.split("/")[0]} ${where}/${name}`,
    ),
  );
}

describe("two shards", () => {
  test("never change the same ApiKey or Secret, also where both look after a namespace", async () => {
    const namespaces = [...new Set(SHARDS.flatMap((shard) => shard.namespaces))];
    const keys = namespaces.flatMap((each) =>
      Array.from({ length: KEYS }, (_, index) => new OneKey(world, each, { name: `key-${index}` })),
    );
    for (const key of keys) await key.create({ rotation: { overlap: "1s" } });
    await Promise.all(SHARDS.map(startShard));
    await Promise.all(keys.map(async (key) => key.untilReady()));
    // A rotation and a heal, so that whatever a shard may do to an ApiKey that exists is seen too.
    await Promise.all(keys.map(async (key) => key.annotate({ "signatureapi.com/rotate": "once" })));
    await Promise.all(keys.map(async (key) => key.untilStatus(({ revision = 0 }) => revision >= 2)));
    await Promise.all(keys.map(async (key) => key.deleteSecret()));
    await Promise.all(keys.map(async (key) => key.untilStatus(({ revision = 0 }) => revision >= 3)));

    const [a, b] = await Promise.all(SHARDS.map(async ({ user }) => changedBy(user)));
    expect([...(a ?? [])].filter((name) => b?.has(name) === true)).toEqual([]);
    const installations = new Set<string>();
    for (const key of keys) {
      const { installation = "" } = await key.status();
      installations.add(installation);
      const shard = SHARDS.find((each) => each.installation === installation);
      expect(shard?.namespaces).toContain(key.namespace);
      expect(await changedBy(shard?.user ?? "")).toContain(`secrets ${key.namespace}/${key.ref.name}`);
      expect(conditionOf(await key.object(), "Ready")).toMatchObject({ status: "True" });
    }
    expect([...installations].toSorted()).toEqual(["aaaaaaaaaa", "bbbbbbbbbb"]);
  });
});
