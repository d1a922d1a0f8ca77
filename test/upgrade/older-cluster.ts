import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { helm, install } from "../chart/helm.ts";
import { Installation, SYSTEM } from "../chart/installation.ts";
import { asOfNow, recordedAt } from "./as-of-now.ts";
import { putIntoEtcd } from "./etcd.ts";
import { etcdKeyOf, recordedObjects } from "./older-objects.ts";
import { LABELLED } from "./scenario.ts";

const folder = fileURLToPath(new URL("fixtures/before-degraded/", import.meta.url));

/** What `record.ts` has recorded of the last version before the condition `Degraded`. */
export const FIXTURE = {
  folder,
  /** The packaged chart. */
  chart: join(folder, "chart.tgz"),
  /** The objects of the cluster. */
  objects: join(folder, "objects.yaml"),
  /** The state of the emulator. */
  vendor: join(folder, "vendor.json"),
  /** The commit's ID. */
  commit: join(folder, "commit"),
} as const;

/** A cluster with the older chart installed, and everything that the older version has left in cluster and vendor account. */
export async function startOlderCluster(): Promise<Installation> {
  const temporaryFolder = await mkdtemp(join(tmpdir(), "signatureapi-keys-vendor-"));
  const persistFile = join(temporaryFolder, "vendor.json");
  const vendor = await readFile(FIXTURE.vendor, "utf8");
  const objects = await readFile(FIXTURE.objects, "utf8");
  const now = Date.now();
  const recorded = recordedAt(vendor);
  await writeFile(persistFile, asOfNow(vendor, recorded, now));
  const world = await Installation.install({
    release: { chart: FIXTURE.chart },
    namespaces: LABELLED,
    emulator: { accounts: [], persistFile },
    temporaryFolder,
  });
  await seed(world, asOfNow(objects, recorded, now));
  return world;
}

async function seed({ cluster, emulator }: Installation, objects: string): Promise<void> {
  await cluster.stopApiServer();
  for (const object of recordedObjects(objects, emulator.url))
    await putIntoEtcd(cluster.folder, etcdKeyOf(object), object);
  await cluster.startApiServer();
}

/** Upgrades the release to the chart of this checkout, with Helm. */
export async function upgrade({ cluster }: Installation): Promise<void> {
  await install(cluster.kubeconfigFile, {}, "upgrade");
  await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
}

/** Rolls the release back to the older chart, with Helm. */
export async function rollBack({ cluster }: Installation): Promise<void> {
  const { code, stderr } = await helm(
    ["rollback", "keys", "1", `--namespace=${SYSTEM}`],
    cluster.kubeconfigFile,
  );
  if (code !== 0) throw new Error(`helm rollback failed: ${stderr}`);
  await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
}
