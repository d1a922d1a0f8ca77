import type { ManagementClient, ManagementToken, RequestLimiter } from "@signatureapi-keys/management-api";
import type { MakeClient } from "./environment.ts";
import type { AccountPolicy } from "./mint-policy.ts";
import type { AccountRuntime } from "./runtime.ts";

/** What a client is made of. */
export interface Session {
  readonly baseUrl: string;
  readonly token: ManagementToken;
  readonly allowPrivateAddresses: boolean;
  /** CAs that count besides those that the process trusts, as PEM. */
  readonly ca: readonly string[];
}

interface Held {
  session: Session;
  limiter: RequestLimiter;
}

/** The verified sessions: a client keeps its pool while only its token changes. */
export class Sessions {
  readonly #held = new Map<string, Held>();
  readonly #policies = new Map<string, AccountPolicy>();

  /**
   * Makes a verified session the one that the account works with.
   *
   * @returns the client that was replaced, to be closed.
   */
  begin(
    key: string,
    session: Session,
    limiter: RequestLimiter,
    runtime: AccountRuntime,
    makeClient: MakeClient,
  ): ManagementClient | undefined {
    const held = this.#held.get(key);
    if (held !== undefined && held.limiter === limiter && sameServer(held.session, session)) {
      held.session = session;
      return undefined;
    }
    const next: Held = { session, limiter };
    this.#held.set(key, next);
    const { baseUrl, allowPrivateAddresses, ca } = session;
    // The token is looked up for each request, so that a replaced one needs neither restart nor new connections.
    return runtime.replaceClient(
      makeClient({ baseUrl, allowPrivateAddresses, ca, limiter, token: () => next.session.token }),
    );
  }

  /** The session that was verified last. */
  heldBy(key: string): Session | undefined {
    return this.#held.get(key)?.session;
  }

  notePolicy(key: string, policy: AccountPolicy): void {
    this.#policies.set(key, policy);
  }

  policyOf(key: string): AccountPolicy | undefined {
    return this.#policies.get(key);
  }

  end(key: string): void {
    this.#held.delete(key);
    this.#policies.delete(key);
  }
}

function sameServer(left: Session, right: Session): boolean {
  return (
    left.baseUrl === right.baseUrl &&
    left.allowPrivateAddresses === right.allowPrivateAddresses &&
    JSON.stringify(left.ca) === JSON.stringify(right.ca)
  );
}
