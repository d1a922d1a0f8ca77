import { lookup as systemLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { BlockList, isIP, isIPv6, type LookupFunction } from "node:net";
import { buildConnector } from "undici";

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

const specialV4 = new BlockList();
for (const [network, prefix] of SPECIAL_V4) specialV4.addSubnet(network, prefix, "ipv4");
const specialV6 = new BlockList();
for (const [network, prefix] of SPECIAL_V6) specialV6.addSubnet(network, prefix, "ipv6");
const globalUnicastV6 = new BlockList();
globalUnicastV6.addSubnet("2000::", 3, "ipv6");
const embeddedV4 = new BlockList();
embeddedV4.addSubnet("::ffff:0:0", 96, "ipv6");
// NAT64 (RFC 6052): how an IPv6-only cluster reaches an IPv4 host.
embeddedV4.addSubnet("64:ff9b::", 96, "ipv6");

/** Whether an IP address (v4, v6, v4-mapped or behind NAT64; brackets and zone allowed) is a public one. @internal */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  switch (isIP(bare)) {
    case 4:
      return !specialV4.check(bare, "ipv4");
    case 6:
      if (embeddedV4.check(bare, "ipv6")) return !specialV4.check(lastFourBytes(bare), "ipv4");
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

  constructor(hostname: string) {
    super(`${hostname} is not, or does not resolve to, a public address`);
  }
}

/**
 * A connector for undici that refuses addresses that are not public, unless they are allowed. A name is refused if any
 * of its addresses is. `lookup` replaces the system's resolver (for tests).
 */
export function guardedConnector(options: {
  allowPrivateAddresses: boolean;
  connectMs: number;
  lookup?: LookupFunction;
}): buildConnector.connector {
  const { allowPrivateAddresses, connectMs, lookup = systemLookup } = options;
  // HTTP/1.1 only: undici may replay a request that an HTTP/2 server refused, and a create must never be replayed.
  const connect = buildConnector({
    timeout: connectMs,
    allowH2: false,
    lookup: allowPrivateAddresses ? lookup : guardedLookup(lookup),
  });
  if (allowPrivateAddresses) return connect;
  return (target, callback) => {
    const host = target.hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) !== 0 && !isPublicAddress(host)) {
      callback(new AddressNotAllowedError(target.hostname), null);
      return;
    }
    connect(target, callback);
  };
}

function guardedLookup(lookup: LookupFunction): LookupFunction {
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
      if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
        callback(new AddressNotAllowedError(hostname), []);
      } else if (options.all) {
        callback(null, addresses);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}
