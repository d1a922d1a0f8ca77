import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { readConfig } from "./config.ts";

type Values = Readonly<Record<string, string>>;

/** What comes of a configuration, without the prefix of its names, and of the token in the environment. */
function read(config: Values, token?: string) {
  return readConfig((name) => config[name.replace("signatureapi:", "")], {
    SIGNATUREAPI_MANAGEMENT_TOKEN: token,
  });
}

test("everything but the token has a default", () => {
  const config = read({ managementToken: "t" });
  expect(config).toMatchObject({
    providerName: "",
    token: "t",
    baseUrl: "https://api.signatureapi.com/v1",
    requestsPerSecond: 10,
    allowPrivateAddresses: false,
    ca: [],
  });
  expect(config.allowedRanges.texts).toEqual([]);
  expect(config.proxies.proxyFor(config.baseUrl)).toBeUndefined();
});

test.each<[string, Values, string | undefined, string]>([
  ["an explicit Provider", { providerToken: "p", managementToken: "m" }, "e", "p"],
  ["the environment", { managementToken: "m" }, "e", "e"],
  ["the configuration", { managementToken: "m" }, undefined, "m"],
  ["the configuration where the environment is empty", { managementToken: "m" }, "", "m"],
  ["its text without the line break that a file ends in", { managementToken: " m\n" }, undefined, "m"],
])("the token comes from %s", (_what, config, env, token) => {
  expect(read(config, env).token).toBe(token);
});

test.each<[string, Values, string | undefined]>([
  ["is given", {}, undefined],
  ["is given but empty ones", { managementToken: "" }, ""],
  ["is given but blanks", { managementToken: " " }, undefined],
  // Another account's token must not take its place.
  ["is given to the explicit Provider", { providerToken: "", managementToken: "m" }, "e"],
])("no token %s: the failure says what to set", (_what, config, env) => {
  expect(() => read(config, env)).toThrow(
    /no management token.*SIGNATUREAPI_MANAGEMENT_TOKEN.*managementToken/s,
  );
});

describe("the base URL", () => {
  test.each<[Values, string]>([
    [{ providerBaseUrl: "https://p.example/v1", baseUrl: "https://s.example/v1" }, "https://p.example/v1"],
    [{ providerBaseUrl: "", baseUrl: "https://s.example/v1" }, "https://s.example/v1"],
    [{ baseUrl: "http://localhost:1/v1" }, "http://localhost:1/v1"],
    [{ baseUrl: "http://127.0.0.1:1/v1" }, "http://127.0.0.1:1/v1"],
    [{ baseUrl: "http://127.10.0.255/v1" }, "http://127.10.0.255/v1"],
    [{ baseUrl: "http://[::1]:1/v1" }, "http://[::1]:1/v1"],
    [{ baseUrl: "" }, "https://api.signatureapi.com/v1"],
  ])("of %j is %s", (config, baseUrl) => {
    expect(read({ managementToken: "t", ...config }).baseUrl).toBe(baseUrl);
  });

  test.each([
    "http://api.signatureapi.com/v1",
    "http://localhost.evil.example/v1",
    "http://evil-localhost/v1",
    "http://127.0.0.1.evil.example/v1",
    "ftp://localhost/v1",
    "api.signatureapi.com",
  ])("%s is refused: the token would be sent in the clear", (baseUrl) => {
    expect(() => read({ managementToken: "t", baseUrl })).toThrow("baseUrl must be an https URL");
  });
});

test.each([
  ["0.1", 0.1],
  ["25", 25],
  ["1000", 1_000],
])("%s requests per second are accepted", (value, requestsPerSecond) => {
  expect(read({ managementToken: "t", requestsPerSecond: value })).toMatchObject({ requestsPerSecond });
});

test.each(["0", "0.09", "-1", "many", "1001"])("%s requests per second are refused", (requestsPerSecond) => {
  expect(() => read({ managementToken: "t", requestsPerSecond })).toThrow(
    "requestsPerSecond must be a number from 0.1 to 1000",
  );
});

test.each<[string, Values]>([
  ["baseUrl", { baseUrl: `https://${"x".repeat(2_048)}` }],
  ["baseUrl", { providerBaseUrl: `https://${"x".repeat(2_048)}` }],
  ["requestsPerSecond", { requestsPerSecond: "9".repeat(400) }],
  ["management token", { managementToken: "SENTINEL".repeat(3_000) }],
  ["management token", { providerToken: "SENTINEL".repeat(3_000) }],
])("a %s beyond its bound is refused, and not repeated", (what, config) => {
  expect(() => read({ managementToken: "t", ...config })).toThrow(what);
  expect(() => read({ managementToken: "t", ...config })).not.toThrow("SENTINEL");
});

test("an explicit Provider has a name", () => {
  expect(read({ managementToken: "t", providerName: "sales" }).providerName).toBe("sales");
});

function readWithProxy(proxy: string) {
  return readConfig(() => undefined, { SIGNATUREAPI_MANAGEMENT_TOKEN: "t", HTTPS_PROXY: proxy });
}

describe("the network", () => {
  test.each([["https://signatureapi.example.com/v1"], ["http://localhost:1/v1"], ["https://10.0.0.1/v1"]])(
    "%s may have any address, because the author of the program has chosen it",
    (baseUrl) => {
      expect(read({ managementToken: "t", baseUrl }).allowPrivateAddresses).toBe(true);
    },
  );

  test("the vendor's host may not, whatever its path", () => {
    const baseUrl = "https://api.signatureapi.com/v2";
    expect(read({ managementToken: "t", baseUrl }).allowPrivateAddresses).toBe(false);
  });

  test.each([
    ["240.0.0.0/4, 64:ff9b::/96", ["240.0.0.0/4", "64:ff9b::/96"]],
    ['["240.0.0.0/4","64:ff9b::/96"]', ["240.0.0.0/4", "64:ff9b::/96"]],
    ["", []],
  ])("allowedAddressRanges %j are %j", (allowedAddressRanges, ranges) => {
    expect(read({ managementToken: "t", allowedAddressRanges }).allowedRanges.texts).toEqual(ranges);
  });

  test.each([["10.0.0.0"], ["127.0.0.0/8"], ["[1"], ["[1]"]])(
    "allowedAddressRanges %j are refused by the setting's name",
    (allowedAddressRanges) => {
      expect(() => read({ managementToken: "t", allowedAddressRanges })).toThrow(
        /^signatureapi:allowedAddressRanges cannot be used: /,
      );
    },
  );

  test("a proxy is taken from the environment, and one that is no URL is refused without its password", () => {
    expect(readWithProxy("http://ada:pa55@proxy:3128").proxies.proxyFor("https://a")?.address).toBe(
      "proxy:3128",
    );
    expect(() => readWithProxy("ftp://ada:pa55@proxy")).toThrow(/HTTPS_PROXY is no URL/);
    expect(() => readWithProxy("ftp://ada:pa55@proxy")).not.toThrow("pa55");
  });

  test("caBundle is read, and a text that is no bundle is refused by the setting's name", () => {
    expect(read({ managementToken: "t", caBundle: "" }).ca).toEqual([]);
    expect(() => read({ managementToken: "t", caBundle: "junk" })).toThrow(
      "signatureapi:caBundle cannot be used: it is no list of complete PEM certificates",
    );
  });
});

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "provider-contract-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "contract.yaml"), text);
  return join(folder, "contract.yaml");
}

describe("the mapping of names", () => {
  const names = { paths: { getAccount: "/me" }, values: { mode: { test: "sandbox" } } };

  test("is absent by default, given as it is, or named as a file", () => {
    expect(read({ managementToken: "t" }).contract).toBeUndefined();
    expect(read({ managementToken: "t", contract: "" }).contract).toBeUndefined();
    expect(read({ managementToken: "t", contract: JSON.stringify(names) }).contract).toEqual(names);
    expect(read({ managementToken: "t", contract: file(stringify(names)) }).contract).toEqual(names);
  });

  test.each([
    ["/nowhere/contract.yaml", "it is neither a mapping nor a file that can be read"],
    ['{"paths": {"getAccount": "/../x"}}', "paths.getAccount: must be a path below the base URL"],
    ['{"code": "x"}', 'Unrecognized key: "code"'],
    ["{", "It is not YAML"],
  ])("%s is refused by the setting's name", (contract, reason) => {
    expect(() => read({ managementToken: "t", contract })).toThrow(`signatureapi:contract cannot be used: `);
    expect(() => read({ managementToken: "t", contract })).toThrow(reason);
  });

  test("a file with something else is not quoted", () => {
    const contract = file("SENTINEL");
    expect(() => read({ managementToken: "t", contract })).toThrow("It is no mapping of names");
    expect(() => read({ managementToken: "t", contract })).not.toThrow("SENTINEL");
  });
});
