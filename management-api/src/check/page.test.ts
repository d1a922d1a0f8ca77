import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readContractMapping } from "../contract/mapping/read.ts";
import { CHECK_HELP } from "./flags.ts";
import { asTable } from "./render.ts";
import { ROWS } from "./rows.ts";
import { checkOf, startBare } from "./test-setup.ts";

const page = readFileSync(new URL("../../../docs/check.md", import.meta.url), "utf8");

/** The text of a block of the page, by the language of its fence. */
function block(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/check.md has no block of ${language}`);
  return found;
}

const timeless = (text: string) => text.replaceAll(/after \d+\.\d s/g, "after 0.0 s");

test("the run on the page is what the check prints against the emulator, but for its times", async () => {
  const emulator = await startBare();
  const printed = asTable(await checkOf(emulator.url));
  expect(timeless(block("console"))).toBe(timeless(printed));
});

test("the mapping on the page can be used", () => {
  expect(readContractMapping(block("yaml mapping"))).toMatchObject({
    values: { status: { active: "on" } },
    fields: { list: { "links.next": "paging.next" } },
  });
});

test("the page has every flag of the help, and no other", () => {
  const flags = [...CHECK_HELP.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag]) => flag);
  const described = [...page.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, flag]) => flag);
  expect(flags).toHaveLength(10);
  expect(described).toEqual(flags);
});

test("rows have IDs that differ, and that a link can have", () => {
  expect(new Set(ROWS.map(({ id }) => id)).size).toBe(ROWS.length);
  for (const { id } of ROWS) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
});
