import { expect, test } from "vitest";
import { makeProject, StackWorld, startVendor, triggered } from "./world.ts";

test("two stacks of one name on two file backends never revoke each other's keys, and each names the other's", async (context) => {
  const emulator = await startVendor(context);
  const [ours, theirs] = await Promise.all(
    [1, 2].map(async () => new StackWorld(emulator, await makeProject(context, emulator))),
  );
  if (ours === undefined || theirs === undefined) throw new Error("two stages were asked for");
  await ours.up(triggered("a"));
  const our = await ours.key();
  expect(await theirs.up(triggered("a"))).toContain(`Key ${our.keyId}, created`);
  const their = await theirs.key();

  for (const world of [ours, theirs]) world.project.advance(1);
  await ours.up(triggered("b"));
  await theirs.up(triggered("a"), "--replace", "**::checkout");
  await theirs.project.up("--refresh");
  const [ourNew, theirNew] = [await ours.key(), await theirs.key()];
  expect(new Set(ours.active())).toEqual(new Set([ourNew.keyId, theirNew.keyId]));
  expect(theirNew.keyId).not.toBe(their.keyId);
  expect(theirNew.unrecordedKeys).toMatchObject([{ keyId: ourNew.keyId }]);

  await theirs.project.must("destroy", "--yes", "--skip-preview");
  expect(ours.active()).toEqual([ourNew.keyId]);
  expect(await ours.works(ourNew.key)).toBe(true);
});
