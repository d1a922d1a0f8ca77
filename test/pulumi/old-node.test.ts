import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, inject, test, type TestContext } from "vitest";
import { run } from "../../tools/binaries/run.ts";
import { startWorld } from "./world.ts";

/** The folders of two old versions of Node, from npm's registry or its cache. */
async function oldNodes(context: TestContext): Promise<{ node16: string; node18: string }> {
  const folder = await mkdtemp(join(tmpdir(), "pulumi-old-node-"));
  context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  const name = `node-${process.platform}-${process.arch}`;
  const wanted = [`node16@npm:${name}@16.20.2`, `node18@npm:${name}@18.20.8`];
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  const { code, stderr } = await run("npm", ["install", ...options, ...wanted], { cwd: folder });
  if (code !== 0) throw new Error(`npm install of ${wanted.join(", ")} ended with ${code}:\n${stderr}`);
  const bin = (alias: string): string => join(folder, "node_modules", alias, "bin");
  return { node16: bin("node16"), node18: bin("node18") };
}

test("a Node that is too old is named, with the one that is needed, and nothing is minted or revoked", async (context) => {
  const world = await startWorld(context);
  const { project } = world;
  const { node16, node18 } = await oldNodes(context);
  const refused = async (script: string, version: string, folder: string): Promise<void> => {
    const PATH = [join(inject("toolchain").packages, "bin"), folder, process.env["PATH"] ?? ""];
    const { code, text } = await project.shell(script, { PATH: PATH.join(delimiter) });
    expect(code).not.toBe(0);
    expect(text).toContain(
      `pulumi-signatureapi needs Node >= 22.19, and Pulumi runs it with Node ${version} (${join(folder, "node")})`,
    );
    expect(text).not.toMatch(/SyntaxError|undici|\.cjs/);
  };

  await world.declare({ checkout: { mode: "live" } });
  await refused("pulumi preview", "16.20.2", node16);
  expect(world.emulator.admin.requests()).toEqual([]);

  await project.up();
  const before = world.emulator.admin.requests().length;
  // Without the program: only the line in the state leads to the package. Pulumi's own host does not start in Node 16.
  await refused("pulumi destroy --yes --skip-preview", "18.20.8", node18);
  expect(world.emulator.admin.requests()).toHaveLength(before);
  expect(world.active()).toEqual([(await world.key()).keyId]);

  const program =
    'exports.ids = new (require("pulumi-signatureapi").ApiKey)("checkout", { mode: "live" }).keyId;\n';
  await project.write("index.js", program);
  await project.write("package.json", JSON.stringify({ name: "shop", main: "index.js" }));
  await refused("pulumi preview", "16.20.2", node16);
});
