import type { Problem } from "@signatureapi-keys/lifecycle";
import { BaseUrl } from "@signatureapi-keys/management-api";
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
   * @throws TypeError for a text that {@link BaseUrl} refuses.
   */
  constructor(allowed: readonly string[]) {
    this.#allowed = allowed.map((text) => {
      const url = usableUrl(text);
      if (url === undefined)
        throw new TypeError(
          `--allowed-base-urls: ${JSON.stringify(text)} is no http or https URL without user, query and fragment, whose path is of letters, digits and . _ ~ - only`,
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
      const message =
        "spec.baseUrl is no http or https URL without user, query and fragment, whose path is of letters, digits and . _ ~ - only";
      return { reason: "InvalidBaseURL", message, transient: false };
    }
    const segments = segmentsOf(url);
    const cover = this.#allowed.find(
      (allowed) =>
        allowed.origin === url.origin && allowed.segments.every((segment, i) => segments[i] === segment),
    );
    if (cover !== undefined) return { privateAddresses: cover.privateAddresses };
    const message = `spec.baseUrl ${url.origin}${url.path} is not covered by --allowed-base-urls, so the token was not sent there`;
    return { reason: "BaseURLNotAllowed", message, transient: false };
  }
}

/** The client's own reading: what is judged here is where it sends its requests. */
function usableUrl(text: string): BaseUrl | undefined {
  try {
    return new BaseUrl(text);
  } catch {
    return undefined;
  }
}

function segmentsOf({ path }: BaseUrl): readonly string[] {
  return path.split("/").filter((segment) => segment !== "");
}
