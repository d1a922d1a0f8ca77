import { describe, expect, test } from "vitest";
import { startSecretStack } from "./secret-stack.ts";

const YES = ["--yes", "--skip-preview"];

describe.concurrent("no value and no token is printed or written", () => {
  test("by up, preview, diff, refresh and export, through create, update, rotation and a partial failure", async (context) => {
    const stack = await startSecretStack(context);
    const succeeds = async (...args: readonly string[]): Promise<string> => {
      const { code, text } = await stack.run(...args);
      expect(code, text).toBe(0);
      return text;
    };
    await succeeds("preview", "--diff");
    expect(await succeeds("up", "--diff", ...YES)).toContain("[secret]");
    await stack.collect();
    await stack.declare("Two", "a");
    await succeeds("preview", "--json");
    await succeeds("preview", "--save-plan", "plan.json");
    await succeeds("up", ...YES);
    await stack.declare("Two", "b");
    await succeeds("preview", "--diff");
    stack.emulator.admin.addFault({
      match: { operation: "revokeApiKey" },
      fault: { kind: "status", status: 422 },
    });
    const failed = await stack.run("up", ...YES);
    expect(failed.code).not.toBe(0);
    expect(failed.text).toContain("revokeApiKey");
    await stack.collect();
    await succeeds("refresh", "--diff", ...YES);
    await succeeds("up", "--diff", ...YES);
    await succeeds("stack");
    await succeeds("stack", "output", "--json");
    expect(await succeeds("stack", "export")).toContain("ciphertext");
    await stack.collect();
    await stack.expectSilence();
  });

  test("by --json and --debug, where the SDK itself reports every resource", async (context) => {
    const stack = await startSecretStack(context);
    for (const [trigger, ...args] of [
      ["a", "up", "--json", ...YES],
      ["b", "up", "--debug", ...YES],
      ["b", "up", "--json", ...YES],
      ["b", "refresh", "--json", "--debug", ...YES],
    ] as const) {
      await stack.declare("One", trigger);
      const { code, text } = await stack.run(...args);
      expect(code, text).toBe(0);
      await stack.collect();
      if (args[0] !== "up") continue;
      // It is said, and what it says of ours is taken out, and nothing else.
      expect(text).toContain("RegisterResource RPC finished");
      expect(text).toContain("[redacted]");
      expect(text).toContain("ak_");
    }
    await stack.run("destroy", "--json", "--debug", ...YES);
    await stack.expectSilence();
  });

  test("except by the engine's own log, which no package can mend: SECURITY.md warns of its flags", async (context) => {
    const stack = await startSecretStack(context);
    const { project } = stack;
    await project.up();
    await stack.collect();
    const leaks = (text: string): boolean => stack.secrets.some((secret) => text.includes(secret));
    expect(leaks(await project.allFiles())).toBe(false);
    // At any verbosity, all of it is printed, or written to a file in the folder for temporary files.
    const printed = await project.pulumi("up", ...YES, "--logtostderr");
    expect(leaks(printed.text)).toBe(true);
    expect(leaks(await project.allFiles())).toBe(false);
    const quiet = await project.pulumi("up", ...YES, "-v=1");
    expect(leaks(quiet.text)).toBe(false);
    expect(leaks(await project.allFiles())).toBe(true);
  });
});
