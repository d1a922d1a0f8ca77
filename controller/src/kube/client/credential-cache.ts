import type { Clock } from "../clock.ts";
import type { ClusterAccess, Credentials } from "./cluster-access.ts";

/** client-go reads a projected token again after a minute as well; kubelet replaces it long before it expires. */
const REREAD_AFTER_MS = 60_000;

/** Credentials, read again every minute and after a refusal; concurrent callers share one read. */
export class CredentialCache {
  readonly #access: ClusterAccess;
  readonly #clock: Clock;
  #current: { credentials: Credentials; readAt: number } | undefined;
  #reading: Promise<Credentials> | undefined;

  constructor(access: ClusterAccess, clock: Clock) {
    this.#access = access;
    this.#clock = clock;
  }

  /** The credentials to use now. Rejects only if they could never be read. */
  get(): Promise<Credentials> {
    const current = this.#current;
    if (current !== undefined && this.#clock.monotonic() - current.readAt < REREAD_AFTER_MS) {
      return Promise.resolve(current.credentials);
    }
    return this.#read(false);
  }

  /** Reads again because `refused` was answered with 401; if others did so meanwhile, gives what they read. */
  async renew(refused: Credentials): Promise<Credentials> {
    if (this.#current !== undefined && this.#current.credentials !== refused)
      return this.#current.credentials;
    return this.#read(true);
  }

  #read(afterRefusal: boolean): Promise<Credentials> {
    this.#reading ??= this.#access
      .read(afterRefusal)
      .catch((error: unknown) => {
        // Half-written files while they are being replaced: what was good a minute ago is likely good still.
        if (this.#current !== undefined) return this.#current.credentials;
        throw error;
      })
      .then((credentials) => {
        this.#current = { credentials, readAt: this.#clock.monotonic() };
        return credentials;
      })
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }
}
