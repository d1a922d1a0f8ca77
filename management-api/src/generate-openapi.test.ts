import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { openApiYaml, OPENAPI_FILE } from "./generate-openapi.ts";

test("the committed openapi.yaml is what the schemas generate", () => {
  expect(readFileSync(OPENAPI_FILE, "utf8"), "run `npm run generate` and commit the result").toBe(
    openApiYaml(),
  );
});

test("no example in openapi.yaml looks like a real key", () => {
  expect(openApiYaml()).not.toMatch(/key_(test|live)_\w/);
});
