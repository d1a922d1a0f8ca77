import type { Problem } from "@signatureapi-keys/lifecycle";
import { expect, test } from "vitest";
import { ALLOWS_NOTHING } from "./mint-policy.ts";
import { AccountRegistry } from "./registry.ts";
import type { VerifiedAccount } from "./verified-account.ts";

const ACME = { kind: "ClusterAccount", name: "acme" } as const;
const OTHER = { kind: "ClusterAccount", name: "other" } as const;
const SHOP = { kind: "Account", namespace: "shop", name: "default" } as const;
const VENDOR = "https://api.example.com acc_1";
const READY: VerifiedAccount = {
  accountId: "acc_1",
  liveMode: "enabled",
  origin: "https://api.example.com",
};
const REFUSED: Problem = { reason: "InvalidToken", message: "refused", transient: false };

function registry(): AccountRegistry {
  return new AccountRegistry({ now: () => 7, onDoubt: () => {} });
}

test("a ClusterAccount governs its vendor account once it was verified, and while its token is refused", () => {
  const accounts = registry();
  const account = accounts.ensure(ACME);
  expect(accounts.governorsOf(VENDOR)).toEqual([]);
  account.update(READY, ALLOWS_NOTHING);
  account.update(REFUSED, ALLOWS_NOTHING);
  expect(accounts.governorsOf(VENDOR)).toEqual([account]);
  expect(accounts.governorsOf(undefined)).toEqual([]);
});

test("one whose status names the vendor account governs it before it was looked at, and with its limits", () => {
  const accounts = registry();
  const policy = { ...ALLOWS_NOTHING, suspend: true };
  accounts.ensure(ACME).recall({ policy, vendorAccount: VENDOR, distrust: undefined });
  expect(accounts.governorsOf(VENDOR).map((each) => each.policy.suspend)).toEqual([true]);
});

test("an Account governs nothing, and is governed by the ClusterAccounts of its vendor account", async () => {
  const accounts = registry();
  for (const ref of [SHOP, OTHER, ACME]) accounts.ensure(ref).update(READY, ALLOWS_NOTHING);
  expect(accounts.governorsOf(VENDOR).map(({ ref }) => ref)).toEqual([ACME, OTHER]);
  expect([accounts.governedBy(ACME), accounts.governedBy(SHOP)]).toEqual([[SHOP], []]);
  accounts.ensure(ACME).update({ ...READY, accountId: "acc_2" }, ALLOWS_NOTHING);
  expect(accounts.governedBy(ACME)).toEqual([]);
  await accounts.remove(OTHER);
  expect(accounts.governorsOf(VENDOR)).toEqual([]);
});
