/**
 * Where the API is: origin and path prefix.
 */
export class BaseUrl {
  /** Scheme, host and port. */
  readonly origin: string;
  /** The path prefix without a trailing slash; empty for the root. */
  readonly path: string;

  /**
   * @throws TypeError if it is not an http or https URL, or carries user information, a query or a fragment. The
   * message does not repeat the URL, since it may hold a password.
   */
  constructor(text: string) {
    const url = URL.parse(text);
    if (url === null)
      throw new TypeError("The base URL is not a URL; it looks like https://api.signatureapi.com/v1.");
    if (url.protocol !== "https:" && url.protocol !== "http:") {
      throw new TypeError(`The base URL must start with https:// or http://, not ${url.protocol}`);
    }
    if (url.username !== "" || url.password !== "") {
      throw new TypeError(
        "The base URL must not hold a user name or password: the management token is set separately.",
      );
    }
    // An empty query ("?") is not seen in `search`.
    if (/[?#]/.test(text)) throw new TypeError("The base URL must not have a query or a fragment.");
    this.origin = url.origin;
    this.path = url.pathname.replace(/\/+$/, "");
  }

  /** The URL of a path below the prefix; `path` starts with a slash and is encoded already. */
  resolve(path: string): URL {
    return new URL(this.origin + this.path + path);
  }

  /** The URL that a link names, if it stays on this origin and below this path; else `undefined`. */
  follow(link: string, from: URL): URL | undefined {
    const url = URL.parse(link, from.href);
    const inside =
      url !== null &&
      url.origin === this.origin &&
      url.username === "" &&
      url.password === "" &&
      url.pathname.startsWith(`${this.path}/`);
    return inside ? url : undefined;
  }
}
