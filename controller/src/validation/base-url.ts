import type { Problem } from "@signatureapi-keys/lifecycle";
import { DEFAULT_BASE_URL } from "../resources/account.ts";

const VENDOR_ORIGIN = new URL(DEFAULT_BASE_URL).origin;

/** An entry of `--allowed-base-urls`. */
interface AllowedBaseUrl {
  readonly origin: string;
  readonly segments: readonly string[];
  /** Whether its host may be at a private address: an administrator who lists another host than the vendor's means it. */
  readonly privateAddresses: boolean;
}

/** The base URLs that tokens may be sent to. */
export class BaseUrlPolicy {
  readonly #allowed: readonly AllowedBaseUrl[];

  /**
   * @param allowed URLs; a base URL is covered by one of the same origin whose path is a prefix by whole segments.
   * @throws TypeError for a text that is no http(s) URL, or one with user, query or fragment.
   */
  constructor(allowed: readonly string[]) {
    this.#allowed = allowed.map((text) => {
      const url = usableUrl(text);
      if (url === undefined)
        throw new TypeError(
          `--allowed-base-urls: ${JSON.stringify(text)} is no http or https URL without user, query and fragment`,
        );
      return {
        origin: url.origin,
        segments: segmentsOf(url),
        privateAddresses: url.origin !== VENDOR_ORIGIN,
      };
    });
  }

  /**
   * Judges `spec.baseUrl` before any token is sent to it.
   *
   * @returns whether private addresses may be connected to, or the problem.
   */
  judge(text: string): { readonly privateAddresses: boolean } | Problem {
    const url = usableUrl(text);
    if (url === undefined) {
      const message = "spec.baseUrl is no http or https URL without user, query and fragment";
      return { reason: "InvalidBaseURL", message, transient: false };
    }
    const segments = segmentsOf(url);
    const cover = this.#allowed.find(
      (allowed) =>
        allowed.origin === url.origin && allowed.segments.every((segment, i) => segments[i] === segment),
    );
    if (cover !== undefined) return { privateAddresses: cover.privateAddresses };
    const message = `spec.baseUrl ${url.origin}${url.pathname} is not covered by --allowed-base-urls, so the token was not sent there`;
    return { reason: "BaseURLNotAllowed", message, transient: false };
  }
}

function usableUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return undefined;
  if (url.username !== "" || url.password !== "" || text.includes("?") || text.includes("#"))
    return undefined;
  // An encoded slash or dot would be one segment here and another one at the server.
  if (/%2f|%5c|%2e/i.test(text)) return undefined;
  return url;
}

function segmentsOf(url: URL): readonly string[] {
  return url.pathname.split("/").filter((segment) => segment !== "");
}
