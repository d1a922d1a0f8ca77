import { newAttemptId, ownerOf } from "@signatureapi-keys/lifecycle";
import { ACCOUNTS, API_KEYS, accountStatusSchema } from "@signatureapi-keys/controller/resources";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import * as z from "zod";
import { EXIT } from "../../cli/src/exit-codes.ts";
import { credentials, tokenOf } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { FAST_TIMING, World } from "../e2e/world.ts";
import { compareScreens } from "./compare-screens.ts";
import { runCli, type CliResult } from "./run-cli.ts";

let world: World;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signatureapi-keys-cli-"));
  world = await World.start();
  await world.startController({ timing: FAST_TIMING, flags: ["--inventory-interval", "1s"] });
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function kubectl(namespace: string, ...args: readonly string[]): Promise<CliResult> {
  return runCli([...args, "-n", namespace], { kubeconfig: world.cluster.kubeconfigFile });
}

/** A file with the token of an account. */
async function tokenFile(name: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `${tokenOf(name)}\n`, { mode: 0o600 });
  return file;
}

/** A live key in the vendor account, with a tag of the installation in this world. @returns its ID. */
async function taggedKey(name: string, owner: string, revision = 1): Promise<string> {
  const { items } = await world.kube.listAll(API_KEYS);
  const installation = items
    .map(({ status }) => z.looseObject({ installation: z.string() }).safeParse(status).data?.installation)
    .find((found) => found !== undefined);
  const tag = `[ak:${installation ?? ""}.${owner}:${revision}:${newAttemptId(randomBytes)}]`;
  return world.emulator.admin.createKey(`acc_${name}`, { mode: "live", description: `Checkout ${tag}` }).id;
}

/** Resolves once the status of the Account of a namespace names so many unaccounted keys. */
async function untilNamed(namespace: string, count: number): Promise<void> {
  await world.watcher.until(ACCOUNTS, { namespace, name: "default" }, (object) => {
    const { unaccountedKeys = [] } = accountStatusSchema.parse(object?.status ?? {});
    return unaccountedKeys.length === count;
  });
}

describe("orphans", () => {
  const GONE = "00000000deadbeef";

  test("revokes exactly the keys that no record of the cluster knows, with the token of their account", async () => {
    await world.addAccount("orphans", {}, { testKeys: 5 });
    world.addVendorAccount("stranger");
    const key = new OneKey(world, "orphans");
    await world.apply(key.manifest());
    await key.untilReady();
    const ownerless = await taggedKey("orphans", GONE);
    const owned = await taggedKey("orphans", ownerOf((await key.object()).metadata.uid), 7);
    const adopted = await taggedKey("orphans", GONE, 0);
    await untilNamed("orphans", 3);

    const { code, out } = await kubectl("orphans", "orphans", "-o", "json");
    const shown = z
      .object({
        accounts: z.array(
          z.object({ keys: z.array(z.object({ keyId: z.string(), kept: z.string().optional() })) }),
        ),
      })
      .parse(JSON.parse(out));
    const kept = new Map(shown.accounts[0]?.keys.map((one) => [one.keyId, one.kept]));
    expect([kept.size, code]).toEqual([3, EXIT.problem]);
    expect(kept.get(ownerless)).toBeUndefined();
    expect(kept.get(owned)).toMatch(/ApiKey orphans\/app exists/);
    expect(kept.get(adopted)).toMatch(/adopted/);

    const revoke = async (token: string, ...more: readonly string[]): Promise<CliResult> =>
      runCli(["orphans", "-n", "orphans", "--revoke", "--token-file", token, ...more], {
        kubeconfig: world.cluster.kubeconfigFile,
        // The second listing comes a settle time after the inventory.
        now: () => new Date(Date.now() + 46_000),
      });
    const right = await tokenFile("orphans");
    const url = ["--base-url", world.emulator.url];
    const elsewhere = await revoke(right, "--yes");
    expect([elsewhere.code, elsewhere.err]).toEqual([
      EXIT.usage,
      expect.stringMatching(/name it with --base-url/),
    ]);
    const wrong = await revoke(await tokenFile("stranger"), "--yes", ...url);
    expect([wrong.code, wrong.err]).toEqual([
      EXIT.failed,
      expect.stringMatching(/acc_stranger.*acc_orphans/),
    ]);
    const unasked = await revoke(right, ...url);
    expect([unasked.code, unasked.err]).toEqual([
      EXIT.usage,
      expect.stringMatching(/Checkout[\s\S]*Add --yes/),
    ]);
    expect([ownerless, owned, adopted].map((id) => world.stateOf(id))).toEqual([
      "active",
      "active",
      "active",
    ]);

    const done = await revoke(right, "--yes", ...url);
    expect([done.code, done.out]).toEqual([EXIT.problem, expect.stringContaining(`revoked ${ownerless}\n`)]);
    expect([ownerless, owned, adopted].map((id) => world.stateOf(id))).toEqual([
      "revoked",
      "active",
      "active",
    ]);
    expect(world.stateOf((await key.status()).keyId)).toBe("active");
    for (const { out: text, err } of [elsewhere, wrong, unasked, done])
      expect(text + err).not.toMatch(new RegExp(`${tokenOf("orphans")}|${tokenOf("stranger")}|key_live_`));
  });
});

/** A live key that a person has made in the vendor's dashboard. */
function made(): { readonly id: string; readonly key: string } {
  return world.emulator.admin.createKey("acc_adopt", { mode: "live", description: "by hand" });
}

describe("adopt", () => {
  test("says what is missing, and then takes a key over with its value", async () => {
    await world.addAccount("adopt", {});
    const { id, key: value } = made();
    await world.apply({
      ...credentials("adopt", { name: "kept", labelled: false, entry: "SIGNATUREAPI_KEY", token: value }),
    });
    const args = ["adopt", id, "--mode", "live", "--name", "kept"];
    const refused = await kubectl("adopt", ...args, "--apply");
    expect([refused.code, refused.err]).toEqual([EXIT.problem, expect.stringMatching(/does not list/)]);
    const command = /-p '([^']+)'/.exec(refused.err)?.[1] ?? "";
    await world.kube.patch(ACCOUNTS, { namespace: "adopt", name: "default" }, JSON.parse(command), {
      type: "merge",
    });

    const dry = await kubectl("adopt", ...args);
    expect([dry.code, parseAllDocuments(dry.out)[0]?.toJS()]).toEqual([
      EXIT.ok,
      {
        apiVersion: "signatureapi.com/v1",
        kind: "ApiKey",
        metadata: { name: "kept", namespace: "adopt" },
        spec: { mode: "live", adopt: { keyId: id } },
      },
    ]);
    expect((await kubectl("adopt", ...args, "--apply")).code).toBe(EXIT.ok);
    const key = new OneKey(world, "adopt", { name: "kept" });
    await key.untilReady();
    expect(await key.delivered()).toEqual({ keyId: id, value });
  });

  test("asks before a key is rolled, and takes no value for an ID", async () => {
    const { id, key: value } = made();
    await world.kube.patch(
      ACCOUNTS,
      { namespace: "adopt", name: "default" },
      { spec: { adoptKeyIds: [id] } },
      { type: "merge" },
    );
    const args = ["adopt", id, "--mode", "live", "--name", "rolled", "--apply"];
    const unasked = await kubectl("adopt", ...args);
    expect([unasked.code, unasked.err]).toEqual([
      EXIT.usage,
      expect.stringMatching(/old value stops at once[\s\S]*Add --yes/),
    ]);
    expect((await kubectl("adopt", ...args, "--yes")).code).toBe(EXIT.ok);
    const key = new OneKey(world, "adopt", { name: "rolled" });
    await key.untilReady();
    expect(await world.authenticates(value)).toBe(401);

    const pasted = await kubectl("adopt", "adopt", value, "--mode", "live");
    expect([pasted.code, pasted.out + pasted.err]).toEqual([EXIT.usage, expect.not.stringContaining(value)]);
  });
});

describe("import", () => {
  test("writes suspended ApiKeys for the keys that none declares, and nothing secret", async () => {
    await world.addAccount("import", {});
    const key = new OneKey(world, "import");
    await world.apply(key.manifest());
    await key.untilReady();
    const description = `of another cluster [ak:0123456789.0123456789abcdef:1:abcdefgh]`;
    const byHand = world.emulator.admin.createKey("acc_import", { mode: "live", description: "Invoices" });
    const foreign = world.emulator.admin.createKey("acc_import", { mode: "live", description });
    const token = await tokenFile("import");
    const { code, out, err } = await kubectl(
      "import",
      "import",
      "--token-file",
      token,
      "--base-url",
      world.emulator.url,
    );
    expect(code).toBe(EXIT.ok);
    const documents = parseAllDocuments(out).map((document) => z.unknown().parse(document.toJS()));
    expect(documents).toEqual([
      {
        apiVersion: "signatureapi.com/v1",
        kind: "ApiKey",
        metadata: { name: "invoices", namespace: "import" },
        spec: { mode: "live", adopt: { keyId: byHand.id }, suspend: true },
      },
    ]);
    expect(err).toContain(`skipped ${foreign.id}: it is managed by another installation (0123456789)`);
    expect(err).toContain(`skipped ${(await key.status()).keyId}: ApiKey import/app has or adopts it`);
    expect(err).toContain(JSON.stringify([byHand.id]));
    expect(out + err).not.toMatch(new RegExp(`${tokenOf("import")}|${byHand.key}|key_live_`));
    // The API server takes them as they are.
    await world.cluster.apply(out);
    expect(world.stateOf(byHand.id)).toBe("active");
  });
});

test("the commands print what their page shows", async () => {
  await world.addAccount("shop", { adoptKeyIds: ["ak_123"] });
  const key = new OneKey(world, "shop", { name: "invoices" });
  await world.apply(key.manifest());
  await key.untilReady();
  await taggedKey("shop", "00000000deadbeef");
  await taggedKey("shop", ownerOf((await key.object()).metadata.uid), 2);
  await untilNamed("shop", 2);
  const { shown, printed } = await compareScreens("docs/kubectl-keys.md", async (args) =>
    runCli(args, { kubeconfig: world.cluster.kubeconfigFile }),
  );
  expect(shown).toHaveLength(2);
  expect(shown).toEqual(printed);
});
