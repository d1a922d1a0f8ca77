import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { startEmulator } from "./index.ts";
import { ACCOUNT, start, TOKEN } from "./test-setup.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "emulator-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test("accounts and keys survive a restart, and values go on working", async () => {
  const persistFile = join(await folder(), "state.json");
  const before = await start({ persistFile });
  const kept = before.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "kept" });
  const revoked = before.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "revoked" });
  before.emulator.admin.revokeKey(ACCOUNT, revoked.id);
  await before.emulator.close();

  const after = await start({ persistFile, accounts: [] });
  expect(after.emulator.admin.keys().map(({ description, status }) => [description, status])).toEqual([
    ["revoked", "revoked"],
    ["kept", "active"],
  ]);
  expect((await after.api("GET", "/account")).body).toMatchObject({ id: ACCOUNT, name: "Test" });
  const use = await after.api("GET", "/envelopes", undefined, { "x-api-key": kept.key });
  expect(use.status).toBe(200);
  after.emulator.admin.createKey(ACCOUNT, { mode: "live", description: "newest" });
  expect(after.emulator.admin.keys()[0]?.description).toBe("newest");
});

test("the file holds neither values nor tokens, is for its owner alone, and nothing is left beside it", async () => {
  const path = await folder();
  const persistFile = join(path, "state.json");
  const { emulator } = await start({ persistFile });
  const { key } = emulator.admin.createKey(ACCOUNT, { mode: "live", description: "x" });
  const text = readFileSync(persistFile, "utf8");
  expect(text).not.toContain(key);
  expect(text).not.toContain(TOKEN);
  expect(readdirSync(path)).toEqual(["state.json"]);
  expect(statSync(persistFile).mode & 0o777).toBe(0o600);
});

test("a file that is none of ours is refused by name and left alone", async () => {
  const persistFile = join(await folder(), "notes.txt");
  writeFileSync(persistFile, "my notes");
  await expect(startEmulator({ persistFile })).rejects.toThrow(persistFile);
  expect(readFileSync(persistFile, "utf8")).toBe("my notes");
});

function described(keys: readonly { readonly description: string }[]): readonly string[] {
  return keys.map(({ description }) => description);
}

test("the newest key comes first, also after an older one was changed, and whatever the order in a file", async () => {
  const persistFile = join(await folder(), "state.json");
  const { emulator, api } = await start({ persistFile });
  const create = (description: string): string =>
    emulator.admin.createKey(ACCOUNT, { mode: "live", description }).id;
  const [first] = ["first", "second", "third"].map((description) => create(description));
  await api("PATCH", `/api-keys/${first}`, { description: "changed" });
  expect(described(emulator.admin.keys())).toEqual(["third", "second", "changed"]);
  await emulator.close();

  const state: unknown = JSON.parse(readFileSync(persistFile, "utf8"));
  const { keys, ...rest } = z.looseObject({ keys: z.array(z.unknown()) }).parse(state);
  writeFileSync(persistFile, JSON.stringify({ ...rest, keys: keys.toReversed() }));
  const after = await start({ persistFile, accounts: [] });
  expect(described(after.emulator.admin.keys())).toEqual(["third", "second", "changed"]);
});
