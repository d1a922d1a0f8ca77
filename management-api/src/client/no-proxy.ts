import { isIP } from "node:net";
import { AddressRanges, parseRange } from "./address-ranges.ts";

/** One entry of `NO_PROXY`. */
interface Exception {
  readonly host: string;
  /** 0 for every port. */
  readonly port: number;
  readonly subdomainsOnly: boolean;
  /** Where the entry is a CIDR range. */
  readonly range: AddressRanges | undefined;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/**
 * The hosts that are reached without a proxy, by the rules of undici's `EnvHttpProxyAgent`: separated by commas or
 * spaces; a name covers its subdomains, `*.name` only them, `*` everything; a port limits an entry. In addition a CIDR
 * range covers the addresses in it, as it does for other controllers in the same cluster.
 */
export class NoProxy {
  readonly #exceptions: readonly Exception[];

  /** @param text the value of `NO_PROXY`; an entry that means nothing is skipped, as everywhere. */
  constructor(text: string) {
    this.#exceptions = text
      .split(/[,\s]/)
      .filter((entry) => entry !== "")
      .map(exception);
  }

  covers(origin: string): boolean {
    const { protocol, hostname, port } = new URL(origin);
    const host = bareHost(hostname);
    const actualPort = port === "" ? DEFAULT_PORTS[protocol] : Number(port);
    return this.#exceptions.some(
      (entry) => (entry.port === 0 || entry.port === actualPort) && coversHost(entry, host),
    );
  }
}

function coversHost({ host: covered, subdomainsOnly, range }: Exception, host: string): boolean {
  if (range !== undefined) return range.includes(host);
  if (covered === "*" || (!subdomainsOnly && host === covered)) return true;
  return host.endsWith(`.${covered}`);
}

function exception(entry: string): Exception {
  const range = parseRange(entry) === undefined ? undefined : new AddressRanges([entry]);
  const [, withPort, digits] = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  const name = (withPort ?? entry).replace(/^\*?\./, "");
  return {
    host: canonical(bareHost(name)),
    port: Number(digits ?? 0),
    subdomainsOnly: entry.startsWith("*"),
    range,
  };
}

/** Lower case, without brackets and the dot of a fully qualified name. */
function bareHost(host: string): string {
  const bare = host.replace(/^\[(.+)\]$/, "$1").toLowerCase();
  return bare.length > 1 ? bare.replace(/\.$/, "") : bare;
}

/** An IPv6 address has many spellings; a URL has one. */
function canonical(host: string): string {
  return isIP(host) === 6 ? bareHost(new URL(`http://[${host}]`).hostname) : host;
}
