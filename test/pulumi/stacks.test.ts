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
  expect(await theirs.up(triggered("a"))).toContain(`Key ${our.keyId} ("shop/dev/checkout"), created`);
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

test("a stack that was renamed and a new one of the old name: the advice about each other's keys harms neither", async (context) => {
  const emulator = await startVendor(context);
  const project = await makeProject(context, emulator);
  const world = new StackWorld(emulator, project);
  await world.up({ checkout: { mode: "live" } });
  const renamed = await world.key();
  await project.must("stack", "rename", "prod");
  // The default description names the stack, so it says from now on whose key it is.
  await project.up();
  await project.must("stack", "init", "dev");
  await project.must("config", "set", "signatureapi:baseUrl", emulator.url);
  const warning = await project.up();
  expect(warning).toContain(`Key ${renamed.keyId} ("shop/prod/checkout"), created`);
  expect(warning).toContain("If one of them records the key, do not revoke or adopt it");
  expect(warning).not.toContain("--replace");
  expect((await world.key()).unrecordedKeys).toMatchObject([{ keyId: renamed.keyId }]);

  // The advice, step by step. First the command of the warning, which finds the stack that has the key.
  const [command = ""] = /pulumi stack export --stack <stack> \| grep \S+(?=\.)/.exec(warning) ?? [];
  const look = await project.shell(command.replace("<stack>", "prod"), {});
  expect(look).toMatchObject({ code: 0, stdout: expect.stringContaining(renamed.keyId) as unknown });
  await project.must("config", "set", "signatureapi:installation", "0123456789");
  await project.up("--replace", "**::checkout");
  expect(await project.up()).not.toContain("does not record it");
  const own = await world.key();
  expect(new Set(world.active())).toEqual(new Set([renamed.keyId, own.keyId]));

  await project.must("stack", "select", "prod");
  expect(await project.up()).not.toContain("does not record it");
  expect(await world.key()).toMatchObject({ keyId: renamed.keyId, key: renamed.key });
  await project.must("destroy", "--yes", "--skip-preview", "--stack", "dev");
  expect(world.active()).toEqual([renamed.keyId]);
  expect(await world.works(renamed.key)).toBe(true);
});
