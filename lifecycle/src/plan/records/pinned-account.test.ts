import { describe, expect, it } from "vitest";
import { live, wiped } from "../testing/plan-table.ts";
import { buildPresent, RECORD, type ViewChanges } from "../testing/view-builder.ts";
import { pinnedAccount } from "./pinned-account.ts";

describe("the account of an ApiKey", () => {
  const other = { record: { ...RECORD, accountId: "acc_2" } };
  it.each([
    ["is the one that the status names", { ...live, secretFields: other }, "acc_1"],
    [
      "is the one that its own Secret names where the status was lost",
      { ...live, status: wiped, secretFields: other },
      "acc_2",
    ],
    [
      "is not the one that the Secret of another ApiKey names",
      { ...live, status: wiped, secretFields: { ...other, owner: "other" } },
      undefined,
    ],
    ["is unknown without a Secret", { status: wiped }, undefined],
  ] satisfies (readonly [string, ViewChanges, string | undefined])[])("%s", (_name, changes, account) => {
    expect(pinnedAccount(buildPresent(changes))).toBe(account);
  });
});
