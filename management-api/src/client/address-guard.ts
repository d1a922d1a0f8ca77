import { lookup as systemLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { BlockList, isIP, isIPv6, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { AddressRanges, parseRange } from "./address-ranges.ts";

/**
 * Keeps the client from being sent to addresses inside the network it runs in. The check is made on the addresses
 * that the socket is about to connect to, so that a name that changes its answer (DNS rebinding) changes nothing.
 */

/** Private, loopback, link-local, shared (CGNAT), documentation, benchmark, multicast, reserved: IANA's registries. */
const SPECIAL_V4: readonly [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  // Azure's metadata and host agent, a public address that is only reachable from inside.
  ["168.63.129.16", 32],
];

/** Inside global unicast: protocol assignments (Teredo, ORCHID), documentation, 6to4. */
const SPECIAL_V6: readonly [string, number][] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

/**
 * This machine, what is only on its link, and the metadata services of clouds, which hand out credentials: no range opens
 * them, however wide.
 */
const CLOSED_V4: readonly [string, number][] = [
  ["0.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
  ["255.255.255.255", 32],
  ["168.63.129.16", 32],
  ["100.100.100.200", 32],
  ["192.0.0.192", 32],
];
const CLOSED_V6: readonly [string, number][] = [
  ["::", 127],
  ["fe80::", 10],
  ["ff00::", 8],
  ["fd00:ec2::254", 128],
  ["fd20:ce::254", 128],
];

const specialV4 = subnets("ipv4", SPECIAL_V4);
const specialV6 = subnets("ipv6", SPECIAL_V6);
const closedV4 = subnets("ipv4", CLOSED_V4);
const closedV6 = subnets("ipv6", CLOSED_V6);
const globalUnicastV6 = subnets("ipv6", [["2000::", 3]]);
const embeddedV4 = subnets("ipv6", [
  ["::ffff:0:0", 96],
  // NAT64 (RFC 6052): how an IPv6-only cluster reaches an IPv4 host.
  ["64:ff9b::", 96],
]);

function subnets(family: "ipv4" | "ipv6", list: readonly [string, number][]): BlockList {
  const blocks = new BlockList();
  for (const [network, prefix] of list) blocks.addSubnet(network, prefix, family);
  return blocks;
}

/** Which addresses may be connected to. */
export interface AddressPolicy {
  /** Everything, also what no range opens: for a server that an administrator has listed by its URL. */
  readonly allowPrivateAddresses: boolean;
  /** Ranges that count as public ones. */
  readonly allowedRanges: AddressRanges | undefined;
}

/**
 * Reads the ranges that a user allows.
 *
 * @throws TypeError for a text that is no CIDR range, and for a range in which nothing would be opened.
 */
export function allowedAddressRanges(texts: readonly string[]): AddressRanges {
  const ranges = new AddressRanges(texts);
  const idle = texts.find((text) => isClosedRange(text));
  if (idle === undefined) return ranges;
  throw new TypeError(
    `${idle} is of this machine, its link or a metadata service, and is never opened as a range; for a server there, set its own base URL`,
  );
}

/** Whether a range lies in one that is closed. */
function isClosedRange(text: string): boolean {
  const range = parseRange(text);
  if (range === undefined) return false;
  const [blocks, closed] = range.family === "ipv4" ? [closedV4, CLOSED_V4] : [closedV6, CLOSED_V6];
  // Blocks of addresses are nested or apart: one that begins in a wider one lies in it.
  return blocks.check(range.network, range.family) && closed.some(([, prefix]) => range.prefix >= prefix);
}

/** Whether a policy allows an IP address. @internal */
export function isAllowedAddress(address: string, policy: AddressPolicy): boolean {
  if (policy.allowPrivateAddresses || isPublicAddress(address)) return true;
  const bare = bareAddress(address);
  const inner = isEmbedded(bare) ? lastFourBytes(bare) : bare;
  const listed =
    policy.allowedRanges?.includes(bare) === true || policy.allowedRanges?.includes(inner) === true;
  return listed && !isClosed(bare);
}

/** Whether no range opens an IP address. */
function isClosed(address: string): boolean {
  const bare = bareAddress(address);
  if (isEmbedded(bare)) return closedV4.check(lastFourBytes(bare), "ipv4");
  return isIP(bare) === 4 ? closedV4.check(bare, "ipv4") : closedV6.check(bare, "ipv6");
}

/**
 * Whether a host names an address that must not be called, without that anything is resolved. A name of this machine is
 * one too, whatever resolves it.
 */
export function isRefusedLiteral(hostname: string, policy: AddressPolicy): boolean {
  const bare = bareAddress(hostname);
  if (isIP(bare) !== 0) return !isAllowedAddress(bare, policy);
  return /(^|\.)localhost\.?$/i.test(bare) && !policy.allowPrivateAddresses;
}

function bareAddress(address: string): string {
  return address.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
}

function isEmbedded(bare: string): boolean {
  return isIP(bare) === 6 && embeddedV4.check(bare, "ipv6");
}

/** Whether an IP address (v4, v6, v4-mapped or behind NAT64; brackets and zone allowed) is a public one. @internal */
export function isPublicAddress(address: string): boolean {
  const bare = bareAddress(address);
  switch (isIP(bare)) {
    case 4:
      return !specialV4.check(bare, "ipv4");
    case 6:
      if (isEmbedded(bare)) return !specialV4.check(lastFourBytes(bare), "ipv4");
      return globalUnicastV6.check(bare, "ipv6") && !specialV6.check(bare, "ipv6");
    default:
      return false;
  }
}

/** The IPv4 address in the last 32 bits, from the canonical form that a URL gives an IPv6 address. */
function lastFourBytes(address: string): string {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [high = "0", low = "0"] = canonical.replace("::", ":0:").split(":").slice(-2);
  const bits = (Number.parseInt(high || "0", 16) << 16) | Number.parseInt(low || "0", 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join(".");
}

/** Raised instead of connecting. */
class AddressNotAllowedError extends Error {
  override readonly name = "AddressNotAllowedError";
  readonly code = "ADDRESS_NOT_ALLOWED";

  constructor(hostname: string, address: string | undefined) {
    const bare = bareAddress(hostname);
    const named = isIP(bare) !== 0 ? hostname : `${hostname}, which resolves to ${address ?? "no address"},`;
    const closed = address !== undefined && isIP(bareAddress(address)) !== 0 && isClosed(address);
    super(`${named} is not a public address${closed ? ", and no range opens it" : ""}`);
  }
}

/**
 * A connector for undici that refuses addresses that the policy does not allow. A name is refused if any of its addresses
 * is. `lookup` replaces the system's resolver (for tests).
 */
export function guardedConnector(
  options: AddressPolicy & {
    readonly connectMs: number;
    readonly tls: buildConnector.BuildOptions;
    readonly lookup?: LookupFunction;
  },
): buildConnector.connector {
  const { allowPrivateAddresses, connectMs, tls, lookup = systemLookup } = options;
  // HTTP/1.1 only: undici may replay a request that an HTTP/2 server refused, and a create must never be replayed.
  const connect = buildConnector({
    ...tls,
    timeout: connectMs,
    allowH2: false,
    lookup: allowPrivateAddresses ? lookup : guardedLookup(lookup, options),
  });
  if (allowPrivateAddresses) return connect;
  return (target, callback) => {
    if (isIP(bareAddress(target.hostname)) !== 0 && isRefusedLiteral(target.hostname, options)) {
      callback(new AddressNotAllowedError(target.hostname, target.hostname), null);
      return;
    }
    connect(target, callback);
  };
}

function guardedLookup(lookup: LookupFunction, policy: AddressPolicy): LookupFunction {
  return (hostname: string, options: LookupOptions, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) {
        callback(error, []);
        return;
      }
      const addresses: LookupAddress[] = Array.isArray(found)
        ? found
        : [{ address: found, family: isIPv6(found) ? 6 : 4 }];
      const [first] = addresses;
      const refused = addresses.find(({ address }) => !isAllowedAddress(address, policy));
      if (first === undefined || refused !== undefined) {
        callback(new AddressNotAllowedError(hostname, refused?.address), []);
      } else if (options.all) {
        callback(null, addresses);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}
