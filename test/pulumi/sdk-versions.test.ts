import { readFile } from "node:fs/promises";
import { expect, inject, test } from "vitest";
import * as z from "zod";
import { packagesWithSdk } from "./sdk.ts";
import { startSecretStack } from "./secret-stack.ts";
import { ACCOUNT } from "./world.ts";

/** The oldest version that the package says it works with. The newest is the one of this repository: all other tests have it. */
async function oldest(): Promise<string> {
  const text = await readFile(new URL("../../provider/package.json", import.meta.url), "utf8");
  const { peerDependencies } = z
    .object({ peerDependencies: z.object({ "@pulumi/pulumi": z.string().startsWith("^") }) })
    .parse(JSON.parse(text));
  return peerDependencies["@pulumi/pulumi"].slice(1);
}

const YES = ["--yes", "--skip-preview"];

test("with the oldest supported SDK keys are made, rotated, looked up and revoked, and nothing leaks", async (context) => {
  const packages = await packagesWithSdk(context, inject("toolchain"), await oldest());
  const stack = await startSecretStack(context, { toolchain: { ...inject("toolchain"), packages } });
  const { admin } = stack.emulator;
  const active = () => admin.keys().filter(({ status }) => status === "active").length;
  for (const [trigger, ...args] of [
    ["a", "up", "--json", ...YES],
    ["b", "up", "--debug", ...YES],
    ["b", "refresh", "--diff", ...YES],
  ] as const) {
    await stack.declare("One", trigger);
    const { code, text } = await stack.run(...args);
    expect(code, text).toBe(0);
    await stack.collect();
    if (args[0] === "up") expect(text).toMatch(/RegisterResource RPC finished[\s\S]*\[redacted\]/);
    expect(active()).toBe(3);
  }
  await stack.expectSilence();
  await stack.project.must("destroy", ...YES);
  expect(active()).toBe(0);

  const byHand = admin.createKey(ACCOUNT, { mode: "live", description: "Made by hand" });
  await stack.project.write(
    "index.js",
    `import { ApiKey } from "pulumi-signatureapi";\nexport const { hint } = ApiKey.get("found", "${byHand.id}");\n`,
  );
  await stack.project.up();
  expect(await stack.project.outputs()).toEqual({ hint: byHand.hint });
});
