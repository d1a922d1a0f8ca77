import { expect, test } from "vitest";
import { isAtLeast, parseVersion } from "./version.ts";

test.each([
  ["Kubernetes v1.36.3", [1, 36, 3]],
  ["Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", [1, 32, 4]],
  ["etcd Version: 3.6.5\nGit SHA: Not provided\nGo Version: go1.26.8", [3, 6, 5]],
  ["v4.3.1+g1234567", [4, 3, 1]],
  ["1.24", [1, 24, 0]],
  ["no version here, only 7", undefined],
])("the version in %j is %j", (text, version) => {
  expect(parseVersion(text)).toEqual(version);
});

test.each([
  ["1.30.0", "1.30.0", true],
  ["1.29.9", "1.30.0", false],
  ["1.100.0", "1.30.0", true],
  ["2.0.0", "1.30.5", true],
  ["1.30.4", "1.30.5", false],
])("%s against a minimum of %s: %s", (version, minimum, expected) => {
  const [present, wanted] = [parseVersion(version), parseVersion(minimum)];
  if (present === undefined || wanted === undefined) throw new Error("not a version");
  expect(isAtLeast(present, wanted)).toBe(expected);
});
