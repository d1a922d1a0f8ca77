import { expect, test } from "vitest";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { callsOf, CommandHelp } from "../docs/command-lines.ts";

test("pulumi knows every command and flag of the pages, and no other", async () => {
  const help = new CommandHelp(await findBinary("pulumi"));
  const calls = callsOf("pulumi");
  expect(calls.length).toBeGreaterThan(10);
  const problems: string[] = [];
  for (const { page, words } of calls) {
    const found = await help.problemOf(words);
    if (found !== undefined) problems.push(`${page}: pulumi ${words.join(" ")}: ${found}`);
  }
  expect(problems).toEqual([]);
  expect(await help.problemOf(["up", "--yess"])).toBe("up has no flag --yess");
});
