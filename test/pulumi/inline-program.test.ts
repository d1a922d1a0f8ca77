import { expect, test } from "vitest";
import { run } from "../../tools/binaries/run.ts";
import { startWorld } from "./world.ts";

/** An inline program of the Automation API; its one argument is the folder that Pulumi is told about. */
const program = (baseUrl: string): string => `
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { ApiKey } from "pulumi-signatureapi";
const [main] = process.argv.slice(2);
const stack = await LocalWorkspace.createOrSelectStack(
  {
    stackName: "inline",
    projectName: "automated",
    program: async () => ({ keyId: new ApiKey("checkout", { mode: "live" }).keyId }),
  },
  main === undefined ? {} : { projectSettings: { name: "automated", runtime: "nodejs", main } },
);
await stack.setConfig("signatureapi:baseUrl", { value: ${JSON.stringify(baseUrl)} });
const { outputs } = await stack.up();
console.log("made " + outputs.keyId.value);
`;

test("an inline program works in the folder of its packages, or in another one with projectSettings.main", async (context) => {
  const world = await startWorld(context);
  const { project, emulator } = world;
  await project.write("automation.mjs", program(emulator.url));
  const start = async (cwd: string, ...args: readonly string[]): Promise<string> => {
    const script = `${project.program}/automation.mjs`;
    const { stdout, stderr } = await run(process.execPath, [script, ...args], { cwd, env: project.env() });
    return stdout + stderr;
  };

  // What docs/pulumi.md says of it: Pulumi's host is not found, so nothing of this package can run.
  expect(await start("/")).toContain("Cannot find module '@pulumi/pulumi/cmd/dynamic-provider'");
  expect(emulator.admin.requests()).toEqual([]);

  expect(await start("/", project.program)).toContain(`made ${world.active()[0]}`);
  expect(world.active()).toHaveLength(1);
  expect(await start(project.program)).toContain(`made ${world.active()[0]}`);
  expect(world.active()).toHaveLength(1);
});
