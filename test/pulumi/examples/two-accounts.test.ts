import { expect, test } from "vitest";
import { Example } from "./example.ts";

const SALES = { id: "acc_sales", token: "token-of-sales" };
const LEGAL = { id: "acc_legal", token: "token-of-legal" };

test("two accounts: each key belongs to its account, and is rotated and revoked there", async () => {
  await using example = await Example.start("two-accounts", {
    emulator: { accounts: [SALES, LEGAL] },
    token: null,
    config: { salesToken: `secret:${SALES.token}`, legalToken: `secret:${LEGAL.token}` },
  });
  for (const { token } of [SALES, LEGAL]) example.noteValue(token);
  await example.up();
  const [offers, contracts] = [await example.value("offersKey"), await example.value("contractsKey")];
  expect(accounts(example)).toEqual({ acc_sales: ["Offers"], acc_legal: ["Contracts"] });
  expect(await example.output("offersAccount")).toBe(SALES.id);
  expect(await example.output("contractsAccount")).toBe(LEGAL.id);

  await example.edit("Contracts of employment", "Contracts with suppliers");
  expect(await example.preview()).toMatch(/Contracts of employment" => "Contracts with suppliers/);
  example.project.advance(84 * 24);
  expect((await example.preview()).match(/~ generation +: 1 => 2/g)).toHaveLength(2);
  await example.up();
  expect(accounts(example)).toEqual({
    acc_sales: ["Offers", "Offers"],
    acc_legal: ["Contracts", "Contracts"],
  });
  expect(await example.value("offersKey")).not.toBe(offers);
  expect(await example.value("contractsKey")).not.toBe(contracts);
  for (const value of [offers, contracts]) expect(await example.answerTo(value)).toBe("200 live");

  await example.edit("{ provider: sales }", "{ provider: legal }");
  await example.up();
  expect(accounts(example)).toEqual({ acc_legal: ["Contracts", "Contracts", "Offers"] });
  expect(await example.answerTo(await example.value("offersKey"))).toBe("200 live");
  await example.expectNoValueShown();

  await example.destroy();
  expect(accounts(example)).toEqual({});
});

/** The first words of the descriptions of all unrevoked keys, by account. */
function accounts(example: Example): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { account, description, status } of example.emulator.admin.keys()) {
    if (status === "active") (found[account] ??= []).push(description.split(" ")[0] ?? "");
  }
  for (const words of Object.values(found)) words.sort();
  return found;
}
