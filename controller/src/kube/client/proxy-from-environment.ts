import { BlockList, isIP } from "node:net";

type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy in front of the API server, and what names it. */
export interface ClusterProxy {
  /** May hold a user and password. */
  readonly url: string;
  /** `HTTPS_PROXY`, or what else names it, for messages. */
  readonly setBy: string;
}

/**
 * The proxy on the way to a server as client-go finds it, by the rules of Go's `http.ProxyFromEnvironment`: upper case comes
 * first, each scheme has its own variable, and this machine is always reached directly.
 */
export function proxyFromEnvironment(server: string, env: Environment): ClusterProxy | undefined {
  const { protocol, hostname, port } = new URL(server);
  const https = protocol === "https:";
  const name = https ? "HTTPS_PROXY" : "HTTP_PROXY";
  const setBy = nonEmpty(env[name]) === undefined ? name.toLowerCase() : name;
  const url = nonEmpty(env[setBy]);
  if (url === undefined) return undefined;
  const host = hostname.replace(/^\[(.+)\]$/u, "$1").toLowerCase();
  const target = { host, port: port === "" ? (https ? "443" : "80") : port };
  const exceptions = nonEmpty(env["NO_PROXY"]) ?? env["no_proxy"] ?? "";
  if (isLoopback(host) || exceptions.split(",").some((entry) => covers(entry.trim().toLowerCase(), target)))
    return undefined;
  return { url: url.includes("://") ? url : `http://${url}`, setBy };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text.trim();
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

interface Target {
  readonly host: string;
  readonly port: string;
}

/** Whether an entry of `NO_PROXY` covers a server: `*`, an address, a range, a name with its subdomains, or only these. */
function covers(entry: string, { host, port }: Target): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return inRange(host, entry);
  const [, withPort, entryPort] = /^(\[.+\]|[^:]*):(\d+)$/u.exec(entry) ?? [];
  const name = (withPort ?? entry).replace(/^\[(.+)\]$/u, "$1");
  if (name === "" || (entryPort !== undefined && entryPort !== port)) return false;
  if (isIP(name) !== 0)
    return isIP(host) === isIP(name) && inRange(host, `${name}/${isIP(name) === 4 ? 32 : 128}`);
  const suffix = name.replace(/^\*(?=\.)/u, "");
  return suffix.startsWith(".") ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function inRange(host: string, range: string): boolean {
  const [network = "", prefix = ""] = range.split("/");
  const version = isIP(network);
  if (version === 0 || isIP(host) !== version || !/^\d{1,3}$/u.test(prefix)) return false;
  if (Number(prefix) > (version === 4 ? 32 : 128)) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family);
  return list.check(host, family);
}
