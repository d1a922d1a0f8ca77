import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isAllowed } from "./licences.ts";
import { productionPackages } from "./production-packages.ts";

const LOCK = readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8");

test("the lock file's production dependencies are those of others that are not for development", () => {
  const lock = {
    packages: {
      "": { version: "0.1.0" },
      controller: { version: "0.1.0" },
      "node_modules/@own/controller": { link: true },
      "node_modules/tool": { version: "1.0.0", license: "GPL-3.0-only", dev: true },
      "node_modules/either": { version: "1.0.0", license: "GPL-3.0-only", devOptional: true },
      "node_modules/used": { version: "2.0.0", license: "MIT" },
      "node_modules/used/node_modules/@a/inner": { version: "3.0.0" },
    },
  };
  expect(productionPackages(JSON.stringify(lock))).toEqual([
    { name: "@a/inner", version: "3.0.0", license: "" },
    { name: "used", version: "2.0.0", license: "MIT" },
  ]);
});

test("each production dependency of this repository has a licence of the list", () => {
  const packages = productionPackages(LOCK);
  const names = packages.map(({ name }) => name);
  // What all three products are built on.
  expect(names).toEqual(expect.arrayContaining(["undici", "zod", "croner", "pino"]));
  expect(names).not.toContain("vitest");
  expect(packages.filter(({ license }) => !isAllowed(license))).toEqual([]);
});
