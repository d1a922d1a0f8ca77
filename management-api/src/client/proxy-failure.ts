import { connectionReason } from "./connection-failure.ts";
import type { Proxy } from "./proxy-rules.ts";

/** Why a proxy did not lead to its target. Its message names both, with what to set, and holds no credentials. */
export class ProxyFailure extends Error {
  override readonly name = "ProxyFailure";
  readonly code = "PROXY_FAILED";
  /** Whether a repeat may help. */
  readonly transient: boolean;

  constructor(message: string, transient: boolean) {
    super(message);
    this.transient = transient;
  }
}

/**
 * What a proxy's refusal means.
 *
 * @param target `host:port`
 * @param status the status of its answer to `CONNECT`.
 */
export function refusal(proxy: Proxy, target: string, status: number): ProxyFailure {
  const { variable } = proxy;
  const who = `The proxy ${nameOf(proxy)}`;
  const direct = `If ${target} can be reached without a proxy, list its host in NO_PROXY.`;
  if (status === 407) {
    const given =
      proxy.authorization === undefined
        ? `asks for credentials (407): set ${variable} to a URL with user and password`
        : `does not accept the user and password in ${variable} (407): correct them`;
    return new ProxyFailure(`${who} on the way to ${target} ${given}. ${direct}`, false);
  }
  if (status === 502 || status === 503 || status === 504) {
    const why = "check the name, and the DNS and the firewall of the proxy";
    return new ProxyFailure(`${who} cannot reach ${target} (${status}): ${why}. ${direct}`, true);
  }
  const allow = `allow ${target} in the rules of the proxy. ${direct}`;
  return new ProxyFailure(`${who} refuses to lead to ${target} (${status}): ${allow}`, status >= 500);
}

/** A connection to the proxy that failed, by the code of its error. */
export function unreachable(proxy: Proxy, target: string, code: string): ProxyFailure {
  const late = /TIMEOUT|^ETIMEDOUT$/.test(code);
  const why = late ? `It did not answer in time (${code}).` : connectionReason(code, "the proxy");
  const what = `Check ${proxy.variable}, or list the host in NO_PROXY if it can be reached without a proxy.`;
  return new ProxyFailure(`The proxy ${nameOf(proxy)} on the way to ${target} failed. ${why} ${what}`, true);
}

function nameOf({ address, variable }: Proxy): string {
  return `${address} (${variable})`;
}
