import type { LookupFunction } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listen, type RunningServer } from "../emulator/http-server.ts";
import { allowedAddressRanges, isAllowedAddress, isPublicAddress } from "./address-guard.ts";
import type { ManagementClientOptions } from "./client.ts";
import type { ManagementApiError } from "./errors.ts";
import { clientOf, errorOf, LIVE } from "./test-setup.ts";

let connections = 0;
let server: RunningServer;

beforeAll(async () => {
  server = await listen(
    (_request, response) => {
      connections += 1;
      response.end();
    },
    "127.0.0.1",
    0,
  );
});
afterAll(() => server.close());

test.each([
  "8.8.8.8",
  "1.1.1.1",
  "172.32.0.1",
  "100.128.0.1",
  "2606:4700::1111",
  "64:ff9b::8.8.8.8",
  "::ffff:8.8.8.8",
])("%s is public", (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

const SPECIAL = `
  0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1
  172.31.255.255 192.168.1.1 192.0.0.192 198.18.0.1 224.0.0.1 255.255.255.255 168.63.129.16 :: ::1
  [::1] fe80::1 fe80::1%eth0 fd00:ec2::254 fc00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:7f00:1
  [::ffff:a9fe:a9fe] ::ffff:10.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a00:1 2002:7f00:1:: 2001:db8::1
  2001::1 ::127.0.0.1 localhost
`;

test.each(["", ...SPECIAL.trim().split(/\s+/)])("%j is not public", (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

function failure(host: string, more: Partial<ManagementClientOptions> = {}): Promise<ManagementApiError> {
  const baseUrl = `http://${host}:${new URL(server.origin).port}/v1`;
  return errorOf(clientOf(baseUrl, { allowPrivateAddresses: false, ...more }).createApiKey(LIVE));
}

test.each(["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"])(
  "by default the client does not connect to %s",
  async (host) => {
    connections = 0;
    expect(await failure(host)).toMatchObject({ kind: "address-not-allowed", effect: "none" });
    expect(connections).toBe(0);
  },
);

const lookup: LookupFunction = (_hostname, _options, callback) =>
  callback(null, [
    { address: "8.8.8.8", family: 4 },
    { address: "127.0.0.1", family: 4 },
  ]);

test("a name that resolves to a private address is refused, also if its first address is public", async () => {
  connections = 0;
  expect(await failure("api.example.com", { lookup })).toMatchObject({
    kind: "address-not-allowed",
    effect: "none",
  });
  expect(connections).toBe(0);
});

test("every connection resolves the name and looks at the addresses anew", async () => {
  const answers = ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1"];
  const rebinding: LookupFunction = (_hostname, _options, callback) =>
    callback(null, [{ address: answers.shift() ?? "", family: 4 }]);
  const client = clientOf("http://api.example.com/v1", { allowPrivateAddresses: false, lookup: rebinding });
  for (const rest of [2, 1, 0]) {
    // eslint-disable-next-line no-await-in-loop -- one connection after the other
    expect(await errorOf(client.getAccount())).toMatchObject({ kind: "address-not-allowed", effect: "none" });
    expect(answers).toHaveLength(rest);
  }
});

test("private addresses can be allowed", async () => {
  connections = 0;
  expect(await failure("localhost", { allowPrivateAddresses: true })).toMatchObject({
    kind: "malformed-answer",
  });
  expect(connections).toBe(1);
});

const policyOf = (ranges: string) => ({
  allowPrivateAddresses: false,
  allowedRanges: allowedAddressRanges(ranges.split(" ")),
});

test.each([
  ["240.0.0.0/4", "240.1.2.3"],
  ["240.0.0.0/4", "::ffff:240.1.2.3"],
  ["100.64.0.0/10", "100.64.0.1"],
  ["10.0.0.0/8 fd00::/8", "fd00::1"],
  ["fd00::/8", "[fd00::1]"],
  // A NAT64 opens what is behind it, and a range of IPv4 what a NAT64 makes of it.
  ["64:ff9b::/96", "64:ff9b::10.0.0.1"],
  ["10.0.0.0/8", "64:ff9b::10.0.0.1"],
  ["64:ff9b:1::/48", "64:ff9b:1::808:808"],
  ["0.0.0.0/0", "192.168.1.1"],
])("%s allows %s", (ranges, address) => {
  expect(isAllowedAddress(address, policyOf(ranges))).toBe(true);
});

test.each([
  ["240.0.0.0/4", "10.0.0.1"],
  ["10.1.2.3/32", "10.1.2.4"],
  ["fd00::/16", "fd01::1"],
  ["64:ff9b::/96", "10.0.0.1"],
  ...`127.0.0.1 169.254.169.254 168.63.129.16 0.0.0.0 224.0.0.1 255.255.255.255 100.100.100.200 192.0.0.192`
    .split(" ")
    .flatMap((address) => [
      ["0.0.0.0/0", address],
      ["0.0.0.0/0 ::/0", `::ffff:${address}`],
      ["64:ff9b::/96", `64:ff9b::${address}`],
    ]),
  ...`:: ::1 fe80::1 fe80::1%eth0 ff02::1 fd00:ec2::254 fd20:ce::254`
    .split(" ")
    .map((address) => ["::/0", address]),
])("%s does not allow %s", (ranges = "", address = "") => {
  expect(isAllowedAddress(address, policyOf(ranges))).toBe(false);
});

test.each([
  "10.0.0.0",
  "10.0.0.0/33",
  "::/129",
  "fe80::%eth0/64",
  "example.com/8",
  "10.0.0.0/8/8",
  "",
  "10.0.0.0/-1",
])("%j is no range, and the message quotes it", (text) => {
  expect(() => allowedAddressRanges(["10.0.0.0/8", text])).toThrow(`${JSON.stringify(text)} is no range`);
});

test.each([
  "127.0.0.0/8",
  "127.0.0.1/32",
  "169.254.169.254/32",
  "169.254.0.0/16",
  "::1/128",
  "fe80::/64",
  "ff02::/16",
])("a range in which nothing would be opened is refused: %s", (text) => {
  expect(() => allowedAddressRanges([text])).toThrow(`${text} is of this machine`);
});

const mesh: LookupFunction = (_hostname, _options, callback) =>
  callback(null, [{ address: "240.240.0.1", family: 4 }]);

test("an address is named in the refusal, with what to set; in a range that is allowed it is connected to", async () => {
  const refused = await failure("api.example.com", { lookup: mesh });
  expect(refused.kind).toBe("address-not-allowed");
  expect(refused.message).toMatch(
    /api\.example\.com, which resolves to 240\.240\.0\.1, is not a public address.*--allowed-address-ranges.*allowedAddressRanges/,
  );
  const allowedRanges = allowedAddressRanges(["240.0.0.0/4"]);
  const deadlines = { connectMs: 300 };
  const allowed = await failure("api.example.com", { lookup: mesh, allowedRanges, deadlines });
  expect(["connection", "timeout"]).toContain(allowed.kind);
});

test("an address that no range opens is refused with that word", async () => {
  const allowedRanges = allowedAddressRanges(["0.0.0.0/0"]);
  const { kind, message } = await failure("127.0.0.1", { allowedRanges });
  expect(kind).toBe("address-not-allowed");
  expect(message).toContain("127.0.0.1 is not a public address, and no range opens it");
});
