import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readContractFile } from "./contract-file.ts";
import { OptionsError, readOptions } from "./options.ts";

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "contract-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "names.yaml"), text);
  return join(folder, "names.yaml");
}

test("the flag names a file, which is read as a mapping; without it there is none", () => {
  const path = file("paths: {getAccount: /me}");
  expect(readOptions(["--contract", path], {})).toMatchObject({ contractFile: path });
  expect(readContractFile(path)).toEqual({ paths: { getAccount: "/me" } });
  expect(readOptions([], {})).toMatchObject({ contractFile: undefined });
});

test.each([
  [
    "a file that is not there",
    () => "/nowhere/names.yaml",
    "--contract /nowhere/names.yaml: the file cannot be read",
  ],
  ["a folder", () => tmpdir(), "the file cannot be read"],
  [
    "a path upwards",
    () => file("paths: {getAccount: /../x}"),
    "paths.getAccount: must be a path below the base URL",
  ],
  ["a header of the client's own", () => file("authentication: {header: Host}"), "in a header named"],
  ["a token", () => file("SENTINEL"), "It is no mapping of names"],
])("%s is refused, by the flag and without its text", (_what, path, message) => {
  const named = path();
  expect(() => readContractFile(named)).toThrow(OptionsError);
  expect(() => readContractFile(named)).toThrow(message);
  expect(() => readContractFile(named)).not.toThrow("SENTINEL");
});
