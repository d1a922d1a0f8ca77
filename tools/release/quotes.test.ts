import { describe, expect, test } from "vitest";
import { quotesVersion, replaceLocked, replaceVersion } from "./quotes.ts";
import { versionProblem } from "./version.ts";

test.each([
  ["image:0.1.0", "image:0.2.0"],
  ["/tree/v0.1.0/docs", "/tree/v0.2.0/docs"],
  ['"^0.1.0"', '"^0.2.0"'],
  ["Version 0.1.0.", "Version 0.2.0."],
  ["10.1.0.0/16", "10.1.0.0/16"],
  ["10.1.0", "10.1.0"],
  ["0.1.0-rc.1", "0.1.0-rc.1"],
  ["0.1.0.1", "0.1.0.1"],
  ["0.1.01", "0.1.01"],
  ["0x1x0", "0x1x0"],
])("%s becomes %s", (text, expected) => {
  expect(replaceVersion(text, "0.1.0", "0.2.0")).toBe(expected);
});

test.each([
  ["docs/install.md", true],
  ["charts/signatureapi-controller/Chart.yaml", true],
  ["controller/Dockerfile", true],
  ["provider/package.json", true],
  ["CHANGELOG.md", false],
  ["package-lock.json", false],
  ["management-api/openapi.yaml", false],
  ["tools/binaries/build/etcd/go.mod", false],
  ["docs/adr/0021-the-image-is-distroless-node-with-a-launcher.md", false],
])("%s quotes the version of this project: %s", (path, expected) => {
  expect(quotesVersion(path)).toBe(expected);
});

test("of the lock file, only this repository's packages change", () => {
  const lock = {
    name: "shop",
    version: "0.1.0",
    packages: {
      "": { version: "0.1.0", devDependencies: { other: "0.1.0" } },
      controller: {
        license: "Apache-2.0",
        version: "0.1.0",
        dependencies: { "@own/rules": "0.1.0", other: "0.1.0" },
      },
      "node_modules/@own/rules": { resolved: "rules", link: true },
      "node_modules/other": { version: "0.1.0", dependencies: { "@own/rules": "0.1.0" } },
    },
  };
  const text = JSON.stringify(lock, null, 2);
  const after = replaceLocked(text, ["@own/rules"], "0.2.0");
  // In the order of before, so that a diff has only what has changed.
  const changed = after.split("\n").filter((line, i) => line !== text.split("\n")[i]);
  expect(changed).toHaveLength(5);
  expect(JSON.parse(after)).toEqual({
    name: "shop",
    version: "0.2.0",
    packages: {
      "": { version: "0.2.0", devDependencies: { other: "0.1.0" } },
      controller: {
        license: "Apache-2.0",
        version: "0.2.0",
        dependencies: { "@own/rules": "0.2.0", other: "0.1.0" },
      },
      "node_modules/@own/rules": { resolved: "rules", link: true },
      "node_modules/other": { version: "0.1.0", dependencies: { "@own/rules": "0.1.0" } },
    },
  });
});

describe("a version", () => {
  test.each([
    ["0.1.1", "0.1.0"],
    ["0.2.0-rc.1", "0.1.0"],
    ["0.2.0", "0.2.0-rc.1"],
    ["1.0.0", "0.9.0"],
  ])("%s can follow %s", (next, present) => {
    expect(versionProblem(next, present)).toBeUndefined();
  });

  test.each([
    ["0.1.0", "0.1.0", "is not newer"],
    ["0.2.0-rc.1", "0.2.0", "is not newer"],
    ["0.0.9", "0.1.0", "is not newer"],
    ["v0.2.0", "0.1.0", 'without a "v"'],
    ["0.2", "0.1.0", "no version of Semantic Versioning"],
    ["0.2.0+build", "0.1.0", "no version of Semantic Versioning"],
  ])("%s cannot follow %s: %s", (next, present, problem) => {
    expect(versionProblem(next, present)).toContain(problem);
  });
});
