/** The calls of the contract, as they are named in errors and metrics (`operationId` in `openapi.yaml`). */
export type Operation =
  | "getAccount"
  | "listApiKeys"
  | "getApiKey"
  | "createApiKey"
  | "updateApiKey"
  | "rollApiKey"
  | "revokeApiKey";

/** What went wrong, as one word to branch on. */
export type ManagementApiErrorKind =
  /** 401: the token is wrong or was revoked. */
  | "invalid-token"
  /** 403 (or 401): the account is not upgraded, or has no payment method. */
  | "live-mode-disabled"
  /** 402: live mode is paused. */
  | "live-mode-paused"
  /** 403: the token lacks the permission Manage API keys. */
  | "forbidden"
  | "not-found"
  /** 409: the account has its one test key already. */
  | "test-key-exists"
  /** 422: see `errors`. */
  | "validation-error"
  | "too-many-requests"
  /** Another well-formed problem of the vendor: see `problemType`. */
  | "problem"
  /** A status without a problem of the vendor, such as a proxy's HTML page. */
  | "http-status"
  | "timeout"
  /** Refused, not resolved, TLS failed, or reset. */
  | "connection"
  /** The server's certificate is of a CA that is not trusted here. */
  | "untrusted-certificate"
  /** The proxy on the way cannot be reached, or does not lead to the API. */
  | "proxy"
  /** The host is, or resolves to, an address that must not be called. */
  | "address-not-allowed"
  | "redirect"
  /** Truncated, unparsable, of another content type, or not what the contract says. */
  | "malformed-answer"
  | "answer-too-large"
  /** The key in the answer is not of the mode that was asked for; `apiKeyId` names it, so that it can be revoked. */
  | "wrong-mode"
  /** The answer is about another key than the one that was asked about: it is evidence for nothing. */
  | "wrong-key"
  /** `links.next` leads to another origin or out of the base path. */
  | "foreign-link"
  /** The caller's signal aborted. */
  | "aborted";

/**
 * What is known about the effect of a request that failed. `none`: nothing was sent, or the API refused it by a
 * documented answer, or it was a read. `unknown`: it may have taken effect, and may still.
 */
export type Effect = "none" | "unknown";

export interface ManagementApiErrorDetails {
  readonly kind: ManagementApiErrorKind;
  readonly operation: Operation;
  readonly effect: Effect;
  /** What happened, without the operation's name. Must not hold a token or a key. */
  readonly reason: string;
  readonly status?: number | undefined;
  readonly problemType?: string | undefined;
  readonly errors?: readonly string[] | undefined;
  readonly apiKeyId?: string | undefined;
  readonly transient?: boolean | undefined;
}

const ADVICE: Record<ManagementApiErrorKind, string> = {
  "invalid-token":
    "Check the management token: create a new one in the dashboard and store it in the credential.",
  "live-mode-disabled": "Upgrade the account and add a payment method in the dashboard, or use mode test.",
  "live-mode-paused": "Resume live mode in the dashboard (Billing), or use mode test.",
  forbidden:
    "Give the token's user a role with the permission Manage API keys (Development, Integration or Owner).",
  "not-found": "Check the ID: the object does not exist in this account, or it was revoked.",
  "test-key-exists":
    "An account has one test key: adopt the existing one, or share the Secret that holds it.",
  "validation-error": "Correct the fields that the errors name.",
  "too-many-requests":
    "Lower requestsPerSecond of this account's rate limit, or ask the vendor for a higher limit.",
  problem: "Read the page that the problem's type names.",
  "http-status":
    "Check the base URL, and any proxy in between: the answer did not come from the management API.",
  timeout: "Check the network path to the base URL; the API may be slow or down.",
  connection:
    "Check that the base URL is right and can be reached from here (DNS, firewall, proxy, TLS certificate).",
  "untrusted-certificate": "Nothing is sent to that server until its certificate is trusted.",
  proxy: "The variables HTTPS_PROXY, HTTP_PROXY and NO_PROXY decide which way is taken.",
  "address-not-allowed":
    "Use a base URL with a public address. To allow this one on purpose, add its range to --allowed-address-ranges of the controller, or to allowedAddressRanges of the Pulumi provider.",
  redirect: "Set the base URL to the address that the API really has: redirects are not followed.",
  "malformed-answer":
    "Check the base URL, and any proxy in between; the answer does not follow the contract.",
  "answer-too-large":
    "Check the base URL, and any proxy in between; the answer is larger than any the API gives.",
  "wrong-mode": "The value was discarded. Report the ID of the key to the vendor.",
  "wrong-key":
    "The answer was discarded. Check any proxy or cache in between, which may mix up answers; otherwise report this to the vendor.",
  "foreign-link": "Check the base URL: it must be the one that the API uses in its own links.",
  aborted: "The call was cancelled here; nothing is wrong with the API.",
};

/**
 * Every failure of the client. Branch on `kind`, and on `effect` where something may have been created or revoked.
 * Neither the message nor a property ever holds a token, a key's value or the body of an answer.
 */
export class ManagementApiError extends Error {
  override readonly name = "ManagementApiError";
  readonly kind: ManagementApiErrorKind;
  readonly operation: Operation;
  readonly effect: Effect;
  /** The HTTP status, if an answer began to arrive. */
  readonly status: number | undefined;
  /** The `type` of the vendor's problem. */
  readonly problemType: string | undefined;
  /** The mistakes that a `validation-error` lists. */
  readonly errors: readonly string[];
  /** What the user can do. */
  readonly advice: string;
  /** The ID of the key in an answer that could not be used otherwise. */
  readonly apiKeyId: string | undefined;
  /** Whether the same call may succeed later without anybody changing anything: 429, 5xx, time-out, lost connection. */
  readonly transient: boolean;

  constructor(details: ManagementApiErrorDetails) {
    const advice = ADVICE[details.kind];
    super(`${details.operation}: ${details.reason} ${advice}`);
    this.kind = details.kind;
    this.operation = details.operation;
    this.effect = details.effect;
    this.status = details.status;
    this.problemType = details.problemType;
    this.errors = details.errors ?? [];
    this.advice = advice;
    this.apiKeyId = details.apiKeyId;
    this.transient = details.transient ?? false;
  }
}
