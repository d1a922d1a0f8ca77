/** Between slashes of a path. Anything else, such as `..;` or `%252e`, may be one path here and another at a server or proxy. */
const SEGMENT = /^[A-Za-z0-9._~-]+$/;
/** URL parsers drop or replace these without a word. */
const CHANGED_BY_PARSING = /[\s\\%\p{C}]/u;

/**
 * Where the API is: origin and path prefix.
 */
export class BaseUrl {
  /** Scheme, host and port. */
  readonly origin: string;
  /** The path prefix without a trailing slash; empty for the root. */
  readonly path: string;

  /**
   * @throws TypeError if it is not an http or https URL, carries user information, a query or a fragment, or holds
   * anything in its path that others may read as another path. The message does not repeat the URL, since it may hold a
   * password.
   */
  constructor(text: string) {
    const url = URL.parse(text);
    if (url === null)
      throw new TypeError("The base URL is not a URL; it looks like https://api.signatureapi.com/v1.");
    if (CHANGED_BY_PARSING.test(text)) {
      throw new TypeError(
        "The base URL must not hold spaces, line breaks, backslashes, percent signs or invisible characters.",
      );
    }
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
    if (!isPlain(url)) {
      throw new TypeError(
        "The path of the base URL may only hold letters, digits and the characters . _ ~ - between its slashes.",
      );
    }
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
      url.pathname.startsWith(`${this.path}/`) &&
      isPlain(url);
    return inside ? url : undefined;
  }
}

/** Whether each reader of a URL reads the same path. Slashes at its end say nothing. */
function isPlain({ pathname }: URL): boolean {
  return pathname
    .replace(/\/+$/, "")
    .split("/")
    .slice(1)
    .every((segment) => SEGMENT.test(segment));
}
