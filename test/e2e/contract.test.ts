import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import {
  OTHER_NAMES,
  startRenamingProxy,
  type RenamingProxy,
} from "../../management-api/src/contract/mapping/test-renaming-proxy.ts";
import { readyNamespace } from "./manifests.ts";
import { OneKey } from "./one-key.ts";
import { FAST_TIMING, World } from "./world.ts";

let world: World;
let proxy: RenamingProxy;
let folder: string;

beforeAll(async () => {
  world = await World.start();
  proxy = await startRenamingProxy(world.emulator.url);
  folder = await mkdtemp(join(tmpdir(), "contract-"));
  const file = join(folder, "contract.yaml");
  await writeFile(file, stringify(OTHER_NAMES));
  const flags = ["--contract", file, "--allowed-base-urls", proxy.url];
  await world.startController({ timing: FAST_TIMING, flags });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await proxy.close();
  await rm(folder, { recursive: true });
});

test.each(["live", "test"] as const)(
  "behind other names, a %s key is minted, replaced and revoked",
  async (mode) => {
    const key = new OneKey(world, `named-${mode}`);
    await world.apply(...readyNamespace(key.namespace, proxy.url), key.manifest({ mode }));
    await key.untilReady();
    const first = await key.delivered();
    expect(await world.authenticate(first.value)).toEqual({ status: 200, mode });

    await key.annotate({ "signatureapi.com/emergency-rotate": "leaked" });
    const second = await key.newValue(first.value);
    expect(await world.authenticate(second)).toEqual({ status: 200, mode });
    await key.untilStatus(({ attempt, previous = [] }) => attempt === undefined && previous.length === 0);
    expect(await world.authenticates(first.value)).toBe(401);

    await key.remove();
    expect(await world.authenticates(second)).toBe(401);
    expect(key.keys().map(({ status }) => status)).toEqual(
      Array.from({ length: mode === "live" ? 2 : 1 }, () => "revoked"),
    );
    expect(proxy.strangers).toEqual([]);
  },
);
