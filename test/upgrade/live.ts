import { API_KEYS, apiKeyStatusSchema, type CustomObject } from "@signatureapi-keys/controller/resources";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { Installation } from "../chart/installation.ts";
import { conditionOf } from "../e2e/conditions.ts";
import { OneKey } from "../e2e/one-key.ts";
import { expectAlive, heldBy, lookAtAll, untilSwept, vendorChanges } from "./observed.ts";
import { FIXTURE, rollBack, upgrade } from "./older-cluster.ts";
import { withOlderRelease, type OlderRelease } from "./older-source.ts";
import { LABELLED, playScenario, SECRET_METADATA, VENDOR_ACCOUNTS } from "./scenario.ts";

const METADATA = [`--allowed-secret-metadata=${SECRET_METADATA.join(",")}`];

test("the older controller, today's, the older one again, and today's again leave every key alone", async () => {
  const commit = (await readFile(FIXTURE.commit, "utf8")).trim();
  await withOlderRelease(commit, walk);
});

async function walk({ chart, controller }: OlderRelease): Promise<void> {
  await using world = await Installation.install({
    release: { chart },
    namespaces: LABELLED,
    emulator: { accounts: VENDOR_ACCOUNTS },
  });
  await playScenario(world, await world.startReplica(controller, METADATA));

  const recorded = await heldBy(world);
  world.emulator.admin.clearRequests();

  await upgrade(world);
  const first = await world.startReplica(undefined, METADATA);
  await lookAtAll(world, "after the upgrade");
  expect(await heldBy(world)).toEqual(recorded);
  expect(vendorChanges(world)).toEqual([]);
  // A rotation that an annotation of today's version asks for. To the older one its text is an emergency.
  const scheduled = new OneKey(world, "shop", { name: "scheduled" });
  const { keyId: before } = await scheduled.status();
  await scheduled.annotate({ "signatureapi.com/rotate": "monday" });
  await scheduled.replaced(before);
  await scheduled.patch({ metadata: { annotations: { "signatureapi.com/rotate": null } } });
  await lookAtAll(world, "before the rollback");
  const held = await heldBy(world);
  world.emulator.admin.clearRequests();
  expect(await first.end()).toBe(0);

  await rollBack(world);
  const older = await world.startReplica(controller, [...METADATA, "--log-level=debug"]);
  await untilSwept(older);
  const plain = new OneKey(world, "shop", { name: "plain" });
  await plain.change({ suspend: true });
  await plain.until((object) => statusOf(object).observedGeneration === object?.metadata.generation);
  const refused = await world.kube.get(API_KEYS, { namespace: "shop", name: "refused" });
  expect(conditionOf(refused, "Stalled")).toMatchObject({ reason: "SecretMetadataNotAllowed" });
  expect(conditionOf(refused, "Degraded")).toMatchObject({ reason: "SecretMetadataNotAllowed" });
  expect(await older.end()).toBe(0);

  await upgrade(world);
  const second = await world.startReplica(undefined, METADATA);
  await lookAtAll(world, "after the second upgrade");
  expect(await heldBy(world)).toEqual(held);
  await expectAlive(world, held);
  expect(vendorChanges(world)).toEqual([]);
  expect(await second.end()).toBe(0);
}

function statusOf(object: CustomObject | undefined): ReturnType<typeof apiKeyStatusSchema.parse> {
  return apiKeyStatusSchema.parse(object?.status ?? {});
}
