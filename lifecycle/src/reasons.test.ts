import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { REASONS } from "./reasons.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** Reasons that are declared before the sources that will give them. */
const RESERVED: ReadonlySet<string> = new Set(["MaxKeysReached", "Abandoned"]);

const SOURCES = globSync("{lifecycle,controller,provider}/src/**/*.ts", { cwd: ROOT })
  .filter((file) => !file.endsWith(".test.ts") && !file.endsWith(path.join("src", "reasons.ts")))
  .map((file) => readFileSync(path.join(ROOT, file), "utf8"))
  .join("\n");

describe.each(Object.entries(REASONS))("the reason %s", (name, { happened, advice }) => {
  it("has a name that Kubernetes takes as a reason", () => {
    expect(name).toMatch(/^[A-Z][A-Za-z]{2,63}$/);
  });

  it("says in whole sentences what happened and what to do", () => {
    for (const sentence of [happened, advice]) expect(sentence).toMatch(/^["A-Za-z].{9,}\.$/);
  });

  it("is given somewhere, or is reserved", () => {
    expect(SOURCES.includes(`"${name}"`) || RESERVED.has(name)).toBe(true);
  });
});
