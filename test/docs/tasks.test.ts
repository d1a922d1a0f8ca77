import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conditionOf } from "../e2e/conditions.ts";
import { apiKey } from "../e2e/manifests.ts";
import { OneKey } from "../e2e/one-key.ts";
import { blocksOf } from "./page.ts";
import { Walk } from "./walk.ts";

/** What a reader has done before, by docs/install.md. */
const INSTALLED = [
  "Install the controller",
  "Store the token",
  "Declare an account and a key",
  "Check the key",
];

/** The sections with blocks of each page, in its order: each one is followed, in this order, by one reader. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  "docs/tasks/test-key.md": ["Declare the key", "Give it to the app", "Prove it"],
  "docs/tasks/live-keys.md": [
    "Share the account",
    "Declare a live key",
    "See what is refused",
    "Close the side door",
  ],
  "docs/tasks/leaked-key.md": [
    "Find the ApiKey",
    "Replace the key",
    "Prove that the old value is refused",
    "Bring the workloads back",
  ],
  "docs/tasks/hand-made-keys.md": [
    "Allow it",
    "Adopt the key",
    "Make the old copies worthless",
    "How many are left",
  ],
  "docs/tasks/several-accounts.md": ["Declare the second account", "Name it"],
  "docs/tasks/many-teams.md": ["Share the account", "Give a team its rights", "What a team does"],
  "docs/backup.md": ["Before you restore anything", "Let it work again"],
};

const SHOP = "shop";
const TIMEOUT = 300_000;

let walk: Walk;

/** Follows a page from its first block to its last. @returns what each section has printed. */
async function follow(page: string): Promise<Readonly<Record<string, string>>> {
  const printed: Record<string, string> = {};
  for (const section of PAGES[page] ?? []) printed[section] = await walk.follow(page, section);
  return printed;
}

function key(name: string, namespace = SHOP): OneKey<Walk> {
  return new OneKey(walk, namespace, { name });
}

function mode(keyId: string | undefined): string | undefined {
  return walk.remote(keyId)?.mode;
}

test("every page for a task is followed, section by section", () => {
  const folder = fileURLToPath(new URL("../../docs/tasks/", import.meta.url));
  const pages = readdirSync(folder).map((file) => `docs/tasks/${file}`);
  expect(Object.keys(PAGES).toSorted()).toEqual([...pages, "docs/backup.md"].toSorted());
  for (const [page, sections] of Object.entries(PAGES))
    expect([...new Set(blocksOf(page).map(({ section }) => section))], page).toEqual(sections);
});

describe("a reader with nothing but the pages", () => {
  beforeAll(async () => {
    walk = await Walk.begin();
    for (const section of INSTALLED) await walk.follow("docs/install.md", section);
    await walk.shell("for name in staging team-a team-b; do kubectl create namespace $name; done");
  }, TIMEOUT);

  afterAll(async () => walk[Symbol.asyncDispose]());

  test("gets a test key into an app, and sees that it works", { timeout: TIMEOUT }, async () => {
    const printed = await follow("docs/tasks/test-key.md");
    expect(printed["Prove it"]).toBe("200\n");
    expect(mode((await key("checkout").status()).keyId)).toBe("test");
  });

  test("has a key looked at that was revoked in the dashboard", { timeout: TIMEOUT }, async () => {
    const { keyId = "" } = await key("checkout").status();
    walk.emulator.admin.revokeKey("acc_emulator", keyId);
    await walk.follow("docs/troubleshooting.md", "A key was revoked in the vendor's dashboard");
    const next = await key("checkout").untilStatus(
      (status) => status.keyId !== undefined && status.keyId !== keyId && status.attempt === undefined,
    );
    expect(walk.stateOf(next.keyId)).toBe("active");
    expect(await key("checkout").authenticates()).toBe(200);
  });

  test("allows live keys in one namespace, and in no other", { timeout: TIMEOUT }, async () => {
    await follow("docs/tasks/live-keys.md");
    expect(mode((await key("invoices").status()).keyId)).toBe("live");
    // A policy takes effect some moments after it was made.
    const declare = `kubectl apply --dry-run=server -f - 2>&1 <<'YAML' || true
apiVersion: signatureapi.com/v1
kind: ApiKey
metadata: {name: hidden, namespace: staging}
spec: {mode: live}
YAML`;
    await expect
      .poll(async () => walk.shell(declare), { timeout: 30_000 })
      .toContain("live keys need a namespace with the label signatureapi.com/live=true");
    expect(await walk.shell(declare.replace("staging", SHOP))).toContain("created (server dry run)");
    expect(await walk.shell(declare.replace("live}", "test}"))).toContain("created (server dry run)");
  });

  test("finds the ApiKey of a leaked value, and ends it", { timeout: TIMEOUT }, async () => {
    const { keyId, value } = await key("invoices").delivered();
    await walk.write("leaked.txt", `${value}\n`);
    const printed = await follow("docs/tasks/leaked-key.md");
    expect(printed["Find the ApiKey"]).toMatch(/^shop +invoices +\w{12} /);
    expect(printed["Prove that the old value is refused"]).toBe("401\n");
    expect(walk.stateOf(keyId)).toBe("revoked");
    expect(await key("invoices").authenticates()).toBe(200);
    expect(Object.values(printed).join("")).not.toContain(value);
  });

  test("hands a key that was made by hand to the controller", { timeout: TIMEOUT }, async () => {
    const made = walk.emulator.admin.createKey("acc_emulator", { mode: "live", description: "by hand" });
    walk.replace("ak_123", made.id);
    await walk.write("payments.txt", made.key);
    await walk.shell(
      `kubectl --namespace ${SHOP} create secret generic payments --from-file=SIGNATUREAPI_KEY=payments.txt`,
    );
    const printed = await follow("docs/tasks/hand-made-keys.md");
    expect(printed["Adopt the key"]?.trim().split("\n").at(-1)).toBe(made.id);
    const { keyId, previous } = await key("payments").status();
    expect(keyId).not.toBe(made.id);
    expect(previous?.map((retiring) => retiring.keyId)).toEqual([made.id]);
    expect(printed["How many are left"]).toContain('"foreign"');
  });

  test("uses a second account", { timeout: TIMEOUT }, async () => {
    walk.addVendorAccount("sales");
    await walk.write("sales-token.txt", "token-of-sales");
    const printed = await follow("docs/tasks/several-accounts.md");
    expect(printed["Declare the second account"]).toContain("acc_sales");
    expect(walk.remote((await key("offers").status()).keyId)).toMatchObject({
      account: "acc_sales",
      mode: "test",
    });
  });

  test("serves two teams, each within its limit", { timeout: TIMEOUT }, async () => {
    const printed = await follow("docs/tasks/many-teams.md");
    expect(printed["Give a team its rights"]).toContain("yes");
    const third = key("third", "team-a");
    await walk.apply(apiKey("team-a", "third", { accountRef: { kind: "ClusterAccount", name: "company" } }));
    await third.until((object) => conditionOf(object, "Ready")?.reason === "KeyLimitReached" || undefined);
    const { keyId } = await key("orders", "team-b").status();
    expect(walk.stateOf(keyId)).toBe("active");
  });

  test("sees what a read-only controller would do, and lets it do it", { timeout: TIMEOUT }, async () => {
    const [readOnly = "", working = ""] = PAGES["docs/backup.md"] ?? [];
    await walk.follow("docs/backup.md", readOnly);
    const before = await key("checkout").status();
    const mints = walk.mints();
    await walk.shell(`kubectl --namespace ${SHOP} delete secret checkout`);
    const reported = /"name":"checkout"[^\n]*"reason":"ReadOnly"/;
    await expect.poll(() => walk.controllerOutput, { timeout: TIMEOUT / 2 }).toMatch(reported);
    expect(await key("checkout").value()).toBeUndefined();
    expect(walk.mints()).toBe(mints);
    await walk.follow("docs/backup.md", working);
    await key("checkout").untilStatus(({ fingerprint }) => fingerprint !== before.fingerprint);
    expect(await key("checkout").authenticates()).toBe(200);
    expect(walk.controllerOutput).not.toMatch(/key_(live|test)_\w{8}/);
  });
});
