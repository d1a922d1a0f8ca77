import { Argument, Command } from "commander";
import { expect, test } from "vitest";
import { run } from "../run.ts";
import { testIo } from "../testing/test-io.ts";
import { complete } from "./candidates.ts";

function program(): Command {
  const root = new Command("p").option("-n, --namespace <name>").option("--no-color");
  root
    .command("rotate")
    .summary("Replace")
    .argument("<name>")
    .option("--emergency")
    .option("--timeout <duration>");
  root.command("retire").argument("<what>");
  root.command("completion").addArgument(new Argument("<shell>").choices(["bash", "fish"]));
  return root;
}

test.each([
  [[""], ["rotate", "retire", "completion"]],
  [["ro"], ["rotate"]],
  [["-n", "shop", "ro"], ["rotate"]],
  [["--na"], ["--namespace"]],
  [
    ["rotate", "--"],
    ["--namespace", "--no-color", "--emergency", "--timeout"],
  ],
  [["rotate", "--em"], ["--emergency"]],
  [
    ["completion", ""],
    ["bash", "fish"],
  ],
  [["completion", "f"], ["fish"]],
  [["-n", ""], []],
  [["rotate", "--timeout", ""], []],
  [["nope", ""], []],
])("after %j come %j", (words, expected) => {
  const { candidates, apiKeys } = complete(program(), words);
  expect(candidates.map(({ word }) => word)).toEqual(expected);
  expect(apiKeys).toBe(false);
});

test.each([
  [["rotate", ""], true],
  [["rotate", "--emergency", "che"], true],
  [["rotate", "--timeout", "5m", "che"], true],
  [["-n", "rotate", "rotate", "che"], true],
  [["rotate", "checkout", ""], false],
  [["retire", ""], false],
])("after %j, an ApiKey's name may come: %s", (words, expected) => {
  expect(complete(program(), words).apiKeys).toBe(expected);
});

test("a shell is answered with candidates and kubectl's directive, and with no error", async () => {
  const io = testIo({ env: { HOME: "/nonexistent" } });
  expect(await run(["__complete", "sus"], io)).toBe(0);
  expect(io.out()).toBe("suspend\tMint nothing for an ApiKey or an account until it is resumed\n:4\n");
  const unreachable = testIo({ env: { HOME: "/nonexistent", KUBECONFIG: "/nonexistent/config" } });
  expect(await run(["__complete", "rotate", ""], unreachable)).toBe(0);
  expect([unreachable.out(), unreachable.err()]).toEqual([":4\n", ""]);
});

test.each(["bash", "zsh", "fish", "powershell", "kubectl"])(
  "the script for %s calls the plugin",
  async (shell) => {
    const io = testIo();
    expect(await run(["completion", shell], io)).toBe(0);
    expect(io.out()).toContain("kubectl-signatureapi __complete");
  },
);
