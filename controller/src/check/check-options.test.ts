import { expect, test } from "vitest";
import { OptionsError } from "../options.ts";
import { CHECK_HELP, readCheckOptions } from "./check-options.ts";

test("the flags of check have defaults that suit the controller's own Pod", () => {
  expect(readCheckOptions([])).toEqual({
    kubeconfig: undefined,
    namespaces: undefined,
    healthUrl: "http://127.0.0.1:8081",
    accounts: "all",
    timeout: 60_000,
  });
  expect(readCheckOptions(["--namespaces=a,b", "--accounts=none", "--timeout=5s"])).toMatchObject({
    namespaces: ["a", "b"],
    accounts: "none",
    timeout: 5_000,
  });
});

test("all of them are in check --help", () => {
  expect(readCheckOptions(["--help"])).toBe("help");
  for (const name of ["kubeconfig", "namespaces", "health-url", "accounts", "timeout"])
    expect(CHECK_HELP).toContain(`--${name}`);
});

test.each([
  [["--unknown"], /--unknown.*check --help/],
  [["stray"], /stray/],
  [["--accounts=some"], /--accounts must be all or none/],
  [["--health-url=nowhere"], /--health-url must be a URL/],
  [["--health-url=file:///etc/passwd"], /--health-url must be a URL/],
  [["--timeout=soon"], /--timeout: .*60s/],
  [["--timeout=0s"], /--timeout: .*at least 1s/],
])("%j is refused, and the message says what may be", (args, message) => {
  expect(() => readCheckOptions(args)).toThrow(OptionsError);
  expect(() => readCheckOptions(args)).toThrow(message);
});
