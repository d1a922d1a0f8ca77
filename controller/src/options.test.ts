import { describe, expect, test } from "vitest";
import { helpText, OptionsError, readOptions } from "./options.ts";

describe("the flags", () => {
  test("have defaults that suit a cluster", () => {
    expect(readOptions([], {})).toMatchObject({
      namespaces: undefined,
      allowedBaseUrls: ["https://api.signatureapi.com/v1"],
      secretAccess: "watch",
      leaderElect: false,
      readOnly: false,
      resync: 600_000,
      metricsAddress: ":8080",
      healthAddress: ":8081",
    });
  });

  test("can be given as environment variables, and win over them", () => {
    const env = { SIGNATUREAPI_CONTROLLER_LOG_LEVEL: "debug", SIGNATUREAPI_CONTROLLER_NAMESPACES: "a, b" };
    expect(readOptions(["--log-level", "warn"], env)).toMatchObject({
      logLevel: "warn",
      namespaces: ["a", "b"],
    });
  });

  test("of kind boolean need no value", () => {
    expect(readOptions(["--read-only", "--leader-elect=false"], {})).toMatchObject({
      readOnly: true,
      leaderElect: false,
    });
  });

  test("take an interval of a month, and an address without a host", () => {
    expect(readOptions(["--resync", "720h", "--metrics-address", ":65535"], {})).toMatchObject({
      resync: 2_592_000_000,
      metricsAddress: ":65535",
    });
  });

  test.each(["[::]:8080", "[::1]:8080", "0.0.0.0:8080", "localhost:8080"])("take the address %s", (text) => {
    expect(readOptions(["--metrics-address", text], {})).toMatchObject({ metricsAddress: text });
  });

  test("switch an address off with 0", () => {
    expect(readOptions(["--metrics-address", "0"], {})).toMatchObject({ metricsAddress: undefined });
  });

  test.each([
    [["--unknown"], /--unknown.*--help/],
    [["stray"], /stray/],
    [["--installation", "XYZ"], /--installation.*ten hex digits/],
    [["--concurrency", "0"], /--concurrency.*1 to 1000/],
    [["--namespace-mint-budget", "0"], /--namespace-mint-budget.*1 to 1000000/],
    [["--account-mint-budget", "many"], /--account-mint-budget.*1 to 1000000/],
    [["--resync", "soon"], /--resync.*10m/],
    [["--resync", "500ms"], /--resync.*at least 1s/],
    [["--resync", "3661d"], /--resync.*at most ten years/],
    [["--inventory-interval", "99999999d"], /--inventory-interval.*at most ten years/],
    [["--health-address", ":65536"], /--health-address.*HOST:PORT/],
    [["--secret-access", "list"], /--secret-access.*watch or get/],
    [["--metrics-address", "nowhere"], /--metrics-address.*HOST:PORT/],
    // Where does the address end, and the port begin?
    [["--metrics-address", "::1:8080"], /--metrics-address.*IPv6.*brackets/],
    [["--health-address", ":::8081"], /--health-address.*IPv6.*brackets/],
    [["--health-address", "[::1]"], /--health-address.*HOST:PORT/],
    [["--health-address", "[nowhere]:8081"], /--health-address.*HOST:PORT/],
    [["--leader-elect", "maybe"], /./],
  ])("%j is refused, and the message says what may be", (args, message) => {
    expect(() => readOptions(args, {})).toThrow(OptionsError);
    expect(() => readOptions(args, {})).toThrow(message);
  });

  test("are all explained by --help, which wins over everything", () => {
    expect(readOptions(["--help", "--concurrency", "0"], {})).toBe("help");
    for (const name of ["kubeconfig", "namespaces", "allowed-base-urls", "read-only", "resync"])
      expect(helpText()).toContain(`--${name}`);
  });
});
