import { expect, test } from "vitest";
import { proxyFromEnvironment } from "./proxy-from-environment.ts";

const SERVER = "https://10.96.0.1:443";
const PROXY = "http://proxy.example.com:3128";

test.each([
  [SERVER, { HTTPS_PROXY: PROXY }, "HTTPS_PROXY"],
  [SERVER, { https_proxy: PROXY }, "https_proxy"],
  // Unlike in the environment of curl, upper case comes first.
  [SERVER, { HTTPS_PROXY: PROXY, https_proxy: "http://other:1" }, "HTTPS_PROXY"],
  [SERVER, { HTTPS_PROXY: "", https_proxy: PROXY }, "https_proxy"],
  [SERVER, { HTTPS_PROXY: "proxy.example.com:3128" }, "HTTPS_PROXY"],
  // The variable for http is none for https.
  [SERVER, { HTTP_PROXY: PROXY }, undefined],
  ["http://10.96.0.1:8001", { HTTP_PROXY: PROXY }, "HTTP_PROXY"],
  ["https://localhost:6443", { HTTPS_PROXY: PROXY }, undefined],
  ["https://127.0.0.1:6443", { HTTPS_PROXY: PROXY }, undefined],
  ["https://[::1]:6443", { HTTPS_PROXY: PROXY }, undefined],
])("the proxy to %s in %o is the one of %s", (server, env, setBy) => {
  const expected = setBy === undefined ? undefined : { url: PROXY, setBy };
  expect(proxyFromEnvironment(server, env)).toEqual(expected);
});

test.each([
  ["https://10.96.0.1", "10.96.0.1", true],
  ["https://10.96.0.1", "10.96.0.1:443", true],
  ["https://10.96.0.1", "10.96.0.1:6443", false],
  ["https://10.96.0.1", "other, 10.0.0.0/8", true],
  ["https://10.96.0.1", "11.0.0.0/8", false],
  ["https://10.96.0.1", "10.0.0.0/99", false],
  ["https://10.96.0.1", "10.0.0.0", false],
  ["https://10.96.0.1", "*", true],
  ["https://[fd00::1]:6443", "fd00::/8", true],
  ["https://[fd00::1]:6443", "FD00:0::1", true],
  ["https://[fd00::1]:6443", "[fd00::1]:6443", true],
  ["https://[fd00::1]:6443", "[fd00::1]:443", false],
  ["https://api.example.com", "example.com", true],
  ["https://example.com", "example.com", true],
  ["https://EXAMPLE.com", "Example.Com", true],
  // In Go, a leading dot or star covers subdomains only.
  ["https://example.com", ".example.com", false],
  ["https://example.com", "*.example.com", false],
  ["https://api.example.com", ".example.com", true],
  ["https://api.example.com", "*.example.com:443", true],
  ["https://badexample.com", "example.com", false],
  ["https://api.example.com", "", false],
  ["https://api.example.com", ":443", false],
])("to %s, NO_PROXY=%j leads directly: %s", (server, noProxy, direct) => {
  const env = { HTTPS_PROXY: PROXY, NO_PROXY: noProxy };
  expect(proxyFromEnvironment(server, env) === undefined).toBe(direct);
  expect(proxyFromEnvironment(server, { https_proxy: PROXY, no_proxy: noProxy }) === undefined).toBe(direct);
});
