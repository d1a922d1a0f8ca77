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

  test("leave /metrics open by default, and protect it with a certificate or without", () => {
    expect(readOptions([], {})).toMatchObject({ metricsSecure: false, metricsCertDir: undefined });
    expect(readOptions(["--metrics-secure"], {})).toMatchObject({ metricsSecure: true });
    expect(readOptions(["--metrics-secure", "--metrics-cert-dir=/tls"], {})).toMatchObject({
      metricsSecure: true,
      metricsCertDir: "/tls",
    });
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
    [["--namespaces", "a,".repeat(1_001)], /--namespaces must list at most 1000 parts, not 1001/],
    [["--allowed-base-urls", "x".repeat(2_049)], /--allowed-base-urls.*at most 2048 characters/],
    [["--kubeconfig", "x".repeat(4_097)], /--kubeconfig must have at most 4096 characters/],
    [["--lease-name", "x".repeat(254)], /--lease-name must be a name of at most 253/],
    [["--cluster-resource-namespace", "No"], /--cluster-resource-namespace must be a name of at most 63/],
    [["--secret-access", "list"], /--secret-access.*watch or get/],
    [["--metrics-address", "nowhere"], /--metrics-address.*HOST:PORT/],
    // Where does the address end, and the port begin?
    [["--metrics-address", "::1:8080"], /--metrics-address.*IPv6.*brackets/],
    [["--health-address", ":::8081"], /--health-address.*IPv6.*brackets/],
    [["--health-address", "[::1]"], /--health-address.*HOST:PORT/],
    [["--health-address", "[nowhere]:8081"], /--health-address.*HOST:PORT/],
    [["--metrics-cert-dir", "/tls"], /--metrics-cert-dir needs --metrics-secure/],
    [["--leader-elect", "maybe"], /./],
  ])("%j is refused, and the message says what may be", (args, message) => {
    expect(() => readOptions(args, {})).toThrow(OptionsError);
    expect(() => readOptions(args, {})).toThrow(message);
  });

  const named = [...helpText().matchAll(/^ {2}--([a-z-]+) (\S+)$/gm)].map(
    ([, name = "", value = ""]) => [name, value] as const,
  );

  test("are found in --help by the test of their bounds", () => {
    const names = named.map(([name]) => name);
    expect(names).toEqual(expect.arrayContaining(["kubeconfig", "namespaces", "concurrency", "resync"]));
  });

  test.each(named)("have a bound: --%s %s", (name, value) => {
    const beyond: Readonly<Record<string, string>> = { N: "9".repeat(9), DURATION: `${"9".repeat(9)}d` };
    const texts = ["x".repeat(5_000), value.includes(",") ? "a,".repeat(1_001) : (beyond[value] ?? "")];
    for (const text of texts.filter((each) => each !== ""))
      expect(() => readOptions([`--${name}=${text}`], {})).toThrow(new RegExp(`^--${name}\\b`));
  });

  test("are all explained by --help, which wins over everything", () => {
    expect(readOptions(["--help", "--concurrency", "0"], {})).toBe("help");
    for (const name of ["kubeconfig", "namespaces", "allowed-base-urls", "read-only", "resync"])
      expect(helpText()).toContain(`--${name}`);
  });
});
