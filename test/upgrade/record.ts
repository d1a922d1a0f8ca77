/** `npm run record:upgrade -- --ref COMMIT`: records what an earlier version leaves behind, for the test of upgrades. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { Installation, SYSTEM } from "../chart/installation.ts";
import { writeObjects, objectsFrom, RECORDED_KINDS, type StoredObject } from "./older-objects.ts";
import { FIXTURE } from "./older-cluster.ts";
import { requireCommit, withOlderRelease, type OlderRelease } from "./older-source.ts";
import { LABELLED, playScenario, SECRET_METADATA, VENDOR_ACCOUNTS } from "./scenario.ts";

/** Where the objects of the scenario are. */
const NAMESPACES = new Set([...Object.keys(LABELLED), SYSTEM]);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { ref: { type: "string" } } });
  if (values.ref === undefined) throw new Error("--ref names the commit to record");
  const commit = await requireCommit(values.ref);
  await withOlderRelease(commit, async (release) => record(commit, release));
}

async function record(commit: string, { chart, controller }: OlderRelease): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-record-"));
  const persistFile = join(folder, "vendor.json");
  try {
    await using world = await Installation.install({
      release: { chart },
      namespaces: LABELLED,
      emulator: { accounts: VENDOR_ACCOUNTS, persistFile, newValue: fakeValues() },
    });
    const flags = [`--allowed-secret-metadata=${SECRET_METADATA.join(",")}`];
    const child = await world.startReplica(controller, flags);
    await playScenario(world, child).catch((error: unknown) => {
      throw new Error(`${String(error)}\nThe controller said:\n${child.output.slice(-4_000)}`);
    });
    await mkdir(FIXTURE.folder, { recursive: true });
    await copyFile(chart, FIXTURE.chart);
    await writeFile(
      FIXTURE.vendor,
      `${JSON.stringify(JSON.parse(await readFile(persistFile, "utf8")), null, 1)}\n`,
    );
    await writeFile(FIXTURE.commit, `${commit}\n`);
    await writeObjects(FIXTURE.objects, await storedObjects(world), world.emulator.url);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Values of the right form that nobody takes for real ones. */
function fakeValues(): (mode: "test" | "live") => string {
  let made = 0;
  return (mode) => `key_${mode}_fakeValueOfATestFixture${String((made += 1)).padStart(17, "0")}`;
}

/** What an upgrade finds. The namespace `kube-system` is among it: its UID names the installation. */
async function storedObjects(world: Installation): Promise<readonly StoredObject[]> {
  const { stdout } = await world.cluster.kubectl([
    "get",
    RECORDED_KINDS,
    "--all-namespaces",
    "--show-managed-fields",
    "--output=json",
  ]);
  return objectsFrom(stdout).filter(
    ({ kind, type, metadata: { name, namespace = name } }) =>
      type !== "helm.sh/release.v1" &&
      (kind === "ClusterAccount" ||
        (kind === "Namespace"
          ? name === "kube-system" || (name !== SYSTEM && NAMESPACES.has(name))
          : NAMESPACES.has(namespace) && !name.includes("signatureapi-controller"))),
  );
}

await main();
process.exit();
