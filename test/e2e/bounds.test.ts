import { customResourceDefinitions } from "@signatureapi-keys/controller/resources";
import { stringify } from "yaml";
import { expect, test } from "vitest";
import { OneKey } from "./one-key.ts";
import { World } from "./world.ts";

test("an ApiKey that was stored before durations had bounds is refused, stays delivered, can be edited and deleted", async () => {
  await using world = await World.start({ validation: false });
  await world.startController();
  const key = new OneKey(world, "old");
  await key.ready({ rotation: { every: "24h" } });

  await key.change({ rotation: { every: "87600000h", overlap: "9999999d" } });
  await key.stalled("InvalidSpec");
  const definitions = customResourceDefinitions().map((definition) => stringify(definition));
  await world.cluster.apply(definitions.join("---\n"));
  await key.annotate({ note: "an edit of anything else" });
  expect(await key.authenticates()).toBe(200);
  await key.remove();

  expect(key.keys().map(({ status }) => status)).toEqual(["revoked"]);
});
