import { BlockList, isIP } from "node:net";

/** Ranges of IP addresses, as a user lists them. */
export class AddressRanges {
  readonly #list = new BlockList();
  /** As they were given. */
  readonly texts: readonly string[];

  /**
   * @param texts CIDR ranges, such as `10.0.0.0/8` and `64:ff9b::/96`.
   * @throws TypeError that quotes the one that is no such range.
   */
  constructor(texts: readonly string[]) {
    this.texts = texts;
    for (const text of texts) {
      const range = parseRange(text);
      if (range === undefined) {
        throw new TypeError(
          `${JSON.stringify(text)} is no range of addresses, such as 100.64.0.0/10 or 64:ff9b::/96`,
        );
      }
      this.#list.addSubnet(range.network, range.prefix, range.family);
    }
  }

  /** @param address an IP address without brackets and zone. */
  includes(address: string): boolean {
    const family = familyOf(address);
    return family !== undefined && this.#list.check(address, family);
  }
}

/** A range in its parts. */
export interface AddressRange {
  readonly network: string;
  /** How many leading bits count. */
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

/** Reads `network/prefix`; undefined if it is no such range. */
export function parseRange(text: string): AddressRange | undefined {
  const [network = "", digits = "", ...more] = text.split("/");
  const family = familyOf(network);
  const prefix = Number(digits);
  const longest = family === "ipv4" ? 32 : 128;
  if (family === undefined || more.length > 0 || !/^\d{1,3}$/.test(digits) || prefix > longest)
    return undefined;
  return { network, prefix, family };
}

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  const version = isIP(address);
  if (version === 0 || address.includes("%")) return undefined;
  return version === 4 ? "ipv4" : "ipv6";
}
