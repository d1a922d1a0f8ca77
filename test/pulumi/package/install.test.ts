import { copyFile, realpath, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEmulator } from "@signatureapi-keys/management-api/emulator";
import { BOOTSTRAP } from "../../../provider/src/program/bootstrap.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { Project } from "../project.ts";
import { InstalledProject, versionHere } from "./installed.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const { tarball } = inject("toolchain");

/**
 * Registers a key with Pulumi's mocks of the engine, as users' unit tests do, and prints what the engine would have received.
 */
const PROGRAM = `
pulumi.runtime.setMocks({
  newResource: ({ type, inputs }) => {
    console.log(JSON.stringify({ type, mode: inputs.mode, code: inputs.__provider }));
    return { id: "id", state: inputs };
  },
  call: () => ({}),
});
new ApiKey("checkout", { mode: "live" });
`;
const REGISTERED = {
  type: "pulumi-nodejs:dynamic/signatureapi:ApiKey",
  mode: "live",
  code: BOOTSTRAP,
};

describe("npm installs it into an empty project", () => {
  let project: InstalledProject;

  beforeAll(async () => {
    project = await InstalledProject.empty(tarball);
    const wanted = [
      `./${basename(tarball)}`,
      `@pulumi/pulumi@${await versionHere("@pulumi/pulumi")}`,
      `@types/node@${await versionHere("@types/node")}`,
      `typescript@${await versionHere("typescript")}`,
      "typescript-5@npm:typescript@5.9.3",
      "typescript-7@npm:typescript@7.0.2",
    ];
    const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
    await project.command("npm", ["install", ...quiet, ...wanted]);
  });
  afterAll(() => project.remove());

  test("with one SDK for the program and the package", async () => {
    const tree = await project.command("npm", ["ls", "@pulumi/pulumi", "--parseable"]);
    expect(tree.trim().split("\n")).toEqual([
      join(await realpath(project.folder), "node_modules/@pulumi/pulumi"),
    ]);
  });

  test("a CommonJS program runs", async () => {
    const head =
      'const pulumi = require("@pulumi/pulumi");\nconst { ApiKey } = require("pulumi-signatureapi");\n';
    await project.write("program.cjs", head + PROGRAM);
    expect(JSON.parse(await project.node("program.cjs"))).toEqual(REGISTERED);
  });

  test("an ES module runs", async () => {
    const head = 'import * as pulumi from "@pulumi/pulumi";\nimport { ApiKey } from "pulumi-signatureapi";\n';
    await project.write("program.mjs", head + PROGRAM);
    expect(JSON.parse(await project.node("program.mjs"))).toEqual(REGISTERED);
  });

  test.each([
    ["typescript-5", "nodenext", "nodenext", ["consumer.mts", "consumer.cts"]],
    ["typescript-5", "commonjs", "node10", ["consumer.ts"]],
    ["typescript", "nodenext", "nodenext", ["consumer.mts", "consumer.cts"]],
    ["typescript", "esnext", "bundler", ["consumer.ts"]],
    ["typescript-7", "nodenext", "nodenext", ["consumer.mts", "consumer.cts"]],
    ["typescript-7", "esnext", "bundler", ["consumer.ts"]],
  ])("%s compiles a program, module %s, resolution %s", async (compiler, module, resolution, files) => {
    for (const file of files) {
      await copyFile(new URL("consumer.ts", import.meta.url), join(project.folder, file));
    }
    const options = [
      "--noEmit",
      "--strict",
      "--exactOptionalPropertyTypes",
      "--target",
      "es2022",
      "--types",
      "node",
    ];
    const modules = ["--module", module, "--moduleResolution", resolution];
    await project.node(`node_modules/${compiler}/bin/tsc`, ...options, ...modules, ...files);
  });
});

test("pnpm installs it into an empty project, and the engine's host finds it there", async () => {
  const installed = await InstalledProject.empty(tarball);
  const emulator = await startEmulator();
  try {
    const sdk = join(ROOT, "node_modules/@pulumi/pulumi");
    const dependencies = {
      "pulumi-signatureapi": `file:${basename(tarball)}`,
      "@pulumi/pulumi": `link:${sdk}`,
    };
    await installed.write("package.json", JSON.stringify({ name: "shop", private: true, dependencies }));
    await installed.node(
      join(ROOT, "node_modules/pnpm/bin/pnpm.mjs"),
      "install",
      "--prefer-offline",
      "--ignore-scripts",
    );
    const inside = await realpath(join(installed.folder, "node_modules/pulumi-signatureapi"));
    expect(inside).toContain("/node_modules/.pnpm/");
    const program =
      'import { ApiKey } from "pulumi-signatureapi";\nexport const key = new ApiKey("checkout", { mode: "live" }).key;\n';
    const project = await Project.create({
      toolchain: inject("toolchain"),
      baseUrl: emulator.url,
      token: "emulator-token",
      program: { text: program },
    });
    try {
      const modules = join(project.program, "node_modules");
      await rm(modules);
      await symlink(join(installed.folder, "node_modules"), modules);
      await project.up();
      expect((await project.outputs())["key"]).toMatch(/^key_live_/);
    } finally {
      await project.remove();
    }
  } finally {
    await emulator.close();
    await installed.remove();
  }
});
