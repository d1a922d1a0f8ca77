import { isRecord } from "../contract/mapping/move.ts";
import { listAll } from "./list-all.ts";
import type { Probe } from "./probe.ts";
import type { Observation } from "./seen.ts";

/** What is left of the keys that the check has made. */
export interface Left {
  /** Keys that could not be revoked. */
  readonly ids: readonly string[];
  /** Whether a create had no clear answer, and no key of it was found. */
  readonly unclear: boolean;
}

/** How often the account is searched for a key of which no answer came, and a revocation is tried. */
const ROUNDS = 3;

/**
 * The keys that this run has made. Nothing else is ever changed or revoked: a key is ours if its description has the
 * run's marker, or if our own create named it and no list from before had it.
 */
export class MadeKeys {
  readonly #marker: string;
  readonly #before: ReadonlySet<unknown>;
  readonly #ids = new Set<string>();
  readonly #revoked = new Set<string>();
  #requested = false;
  #unclear = false;

  /** @param before all keys of the account before the run made one. */
  constructor(marker: string, before: readonly Record<string, unknown>[]) {
    this.#marker = marker;
    this.#before = new Set(before.map(({ id }) => id));
  }

  /** A create is about to be sent: until it is answered, a key may exist. */
  requested(): void {
    this.#requested = true;
    this.#unclear = true;
  }

  /** The ID of the key that the answer to a create names, if it is ours. */
  answered({ status, body }: Observation): string | undefined {
    const id = isRecord(body) ? body["id"] : undefined;
    const named = status >= 200 && status < 300 && typeof id === "string" && id !== "";
    // A 4xx is a refusal; after anything else without an ID, a key may exist.
    if ((named && !this.#before.has(id)) || (status >= 400 && status < 500)) this.#unclear = false;
    if (!named || this.#before.has(id)) return undefined;
    this.#ids.add(id);
    return id;
  }

  revoked(id: string): void {
    this.#revoked.add(id);
  }

  /**
   * Revokes what is left, and looks for keys of which no answer came. A list at the end proves that none remains. It never
   * fails: what it could not do is returned.
   */
  async undo(probe: Probe, pollMs: number): Promise<Left> {
    if (!this.#requested) return { ids: [], unclear: false };
    let left: readonly string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      // eslint-disable-next-line no-await-in-loop -- a list may lag behind
      if (round > 0) await probe.wait(round * pollMs);
      // eslint-disable-next-line no-await-in-loop -- as above
      left = await this.#revokeAll(probe);
      if (left.length === 0 && !this.#unclear) break;
    }
    return { ids: left, unclear: this.#unclear };
  }

  /** The keys that are not proven to be revoked. */
  async #revokeAll(probe: Probe): Promise<readonly string[]> {
    const listed = await listAll(probe).catch(() => undefined);
    for (const { id, description } of listed ?? []) {
      if (typeof id !== "string" || !String(description).includes(this.#marker)) continue;
      this.#ids.add(id);
      this.#unclear = false;
    }
    const left: string[] = [];
    for (const id of [...this.#ids].filter((made) => !this.#revoked.has(made))) {
      const isListed = listed === undefined || listed.some((key) => key["id"] === id);
      // eslint-disable-next-line no-await-in-loop -- one after the other, within the rate limit
      if (await this.#revoke(probe, id, isListed).catch(() => false)) this.#revoked.add(id);
      else left.push(id);
    }
    return left;
  }

  /** Revokes a key. A 404 proves nothing about a key that is listed: perhaps the ID is not what the path takes. */
  async #revoke(probe: Probe, id: string, isListed: boolean): Promise<boolean> {
    const { status } = await probe.ask({ operation: "revokeApiKey", apiKeyId: id, repeat: true });
    if (status === 204) return true;
    const { status: found, body } = await probe.ask({ operation: "getApiKey", apiKeyId: id });
    if (found === 404) return !isListed;
    return isRecord(body) && body["status"] === "revoked";
  }
}
