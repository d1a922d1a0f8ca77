import { describe, expect, test } from "vitest";
import { BaseUrlPolicy } from "./base-url.ts";

const VENDOR = "https://api.signatureapi.com/v1";

describe("a base URL", () => {
  const policy = new BaseUrlPolicy([
    VENDOR,
    "http://127.0.0.1:8080/v1",
    "http://emulator.tools.svc:80",
    "https://proxy.corp.example/signatureapi",
  ]);

  test.each([
    [VENDOR, false],
    [`${VENDOR}/`, false],
    [`${VENDOR}/eu`, false],
    ["http://127.0.0.1:8080/v1", true],
    ["http://emulator.tools.svc/anything", true],
    ["https://proxy.corp.example/signatureapi/v1", true],
  ])("%s is covered", (url, privateAddresses) => {
    expect(policy.judge(url)).toEqual({ privateAddresses });
  });

  test.each([
    ["https://api.signatureapi.com", "a shorter path"],
    ["https://api.signatureapi.com/v10", "a path that only begins alike"],
    ["http://api.signatureapi.com/v1", "another scheme"],
    ["https://api.signatureapi.com:8443/v1", "another port"],
    ["https://api.signatureapi.com.evil.example/v1", "another host"],
    ["https://api.signatureapi.com/v1/../admin", "a path that climbs out"],
    ["http://169.254.169.254/latest", "a metadata service"],
  ])("%s is not covered: %s", (url) => {
    expect(policy.judge(url)).toMatchObject({ reason: "BaseURLNotAllowed", transient: false });
  });

  test.each([
    "not a url",
    "ftp://api.signatureapi.com/v1",
    "https://user:pass@api.signatureapi.com/v1",
    `${VENDOR}?x`,
    `${VENDOR}#x`,
    "https://api.signatureapi.com/v1/%2e%2e/admin",
    "https://api.signatureapi.com/v1%2fadmin",
    "https://api.signatureapi.com/v1/%252e%252e/admin",
    "https://api.signatureapi.com/v1/..;/admin",
    "https://api.signatureapi.com/v1/..;x=1/admin",
    "https://api.signatureapi.com/v1//admin",
    "https://api.signatureapi.com/\tv1",
    "https://api.signatureapi.com/v1/.\t./admin",
    "ht\ntps://api.signatureapi.com/v1",
    " https://api.signatureapi.com/v1",
    "https:\\\\api.signatureapi.com\\v1",
    "https://api.signatureapi.com/v1/\u202eadmin",
    "https://api.signatureapi.com/v1/\u00e9",
  ])("%s is no usable URL, and the message does not repeat it", (url) => {
    const problem = policy.judge(url);
    expect(problem).toMatchObject({ reason: "InvalidBaseURL" });
    expect(JSON.stringify(problem)).not.toContain("pass");
  });

  test("that cannot be used is refused in the flag too", () => {
    expect(() => new BaseUrlPolicy(["nonsense"])).toThrow(/--allowed-base-urls.*nonsense/);
  });
});

test("a base URL with an IPv6 address is covered, however the address is written", () => {
  const policy = new BaseUrlPolicy(["https://[fd00:0::1]:8443/v1"]);
  expect(policy.judge("https://[FD00::1]:8443/v1")).toEqual({ privateAddresses: true });
  expect(policy.judge("https://[fd00::2]:8443/v1")).toMatchObject({ reason: "BaseURLNotAllowed" });
});
