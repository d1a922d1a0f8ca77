import { describe, expect, test } from "vitest";
import { findBinary } from "../../tools/binaries/find-binary.ts";
import { callsOf, CommandHelp, commandsIn } from "./command-lines.ts";

const TIMEOUT = 120_000;

/** A plugin of kubectl that is ours is not in kubectl's help. */
const PLUGIN = "signatureapi";

describe.each([
  ["kubectl", ["options"], 60, ["get", "--namespaces", "shop"], "get has no flag --namespaces"],
  ["helm", [], 12, ["upgrade", "--reuse", "x"], "upgrade has no flag --reuse"],
] as const)("%s", (program, everywhere, least, wrong, problem) => {
  test("knows every command and flag of the pages", { timeout: TIMEOUT }, async () => {
    const help = new CommandHelp(await findBinary(program), everywhere);
    const calls = callsOf(program).filter(({ words: [first] }) => first !== PLUGIN);
    expect(calls.length).toBeGreaterThan(least);
    const problems: string[] = [];
    for (const { page, words } of calls) {
      const found = await help.problemOf(words);
      if (found !== undefined) problems.push(`${page}: ${program} ${words.join(" ")}: ${found}`);
    }
    expect(problems).toEqual([]);
  });

  test("does not know others", { timeout: TIMEOUT }, async () => {
    const help = new CommandHelp(await findBinary(program), everywhere);
    expect(await help.problemOf(wrong)).toBe(problem);
    expect(await help.problemOf(["aplly", "x"])).toBe("no command aplly");
  });
});

test("a script is taken apart into its commands", () => {
  const script = [
    "installation=$(kubectl get apikeys \\",
    "  --output=jsonpath='{.items[0].status}')",
    "for name in a b; do kubectl create namespace $name; done   # a comment",
    `A=1 helm list | grep "x | y" > out.txt && kubectl get pods || true`,
  ].join("\n");
  expect(commandsIn(script).map((words) => words.join(" "))).toEqual(
    expect.arrayContaining([
      "kubectl get apikeys --output=jsonpath='{.items[0].status}'",
      "kubectl create namespace $name",
      "helm list",
      "kubectl get pods",
    ]),
  );
});
