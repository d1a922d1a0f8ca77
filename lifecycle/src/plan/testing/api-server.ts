import type { CommitRecord } from "../view/secret.ts";
import type { DesiredKey } from "../view/desired.ts";
import type { Problem } from "../view/problem.ts";
import type { StatusRecord, Verdict } from "../view/status.ts";
import type { Guard } from "../view/guard.ts";

/** An ApiKey as the model's API server stores it. Stored values are never changed, only replaced. */
export interface StoredObject {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly finalizer: boolean;
  readonly deleting: boolean;
  readonly abandon: boolean;
  readonly desired: DesiredKey | Problem;
  readonly status: StatusRecord;
  readonly verdict: Verdict | undefined;
}

/** A Secret as the model's API server stores it. */
export interface StoredSecret {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** The UID that its owner annotation names. */
  readonly owner: string | undefined;
  readonly value: string | undefined;
  /** What stands in the entry for the previous value. */
  readonly previous?: string | undefined;
  readonly record: CommitRecord | undefined;
  readonly touchedFor: string | undefined;
}

/** How a write ends: `conflict` covers a guard that does not hold, AlreadyExists and NotFound. */
export type WriteOutcome = "done" | "conflict";

const EMPTY_STATUS: StatusRecord = { revision: 0, abandoned: [], previous: [] };

/** An API server with one namespace: resource versions, guards, AlreadyExists and finalizers. */
export class ApiServer {
  readonly objects = new Map<string, StoredObject>();
  readonly secrets = new Map<string, StoredSecret>();
  /** Every version that was ever stored, oldest first: what a lagging cache may still show. */
  readonly #objectHistory = new Map<string, (StoredObject | undefined)[]>();
  readonly #secretHistory = new Map<string, (StoredSecret | undefined)[]>();
  #counter = 0;

  declare(name: string, desired: DesiredKey): StoredObject {
    const object: StoredObject = {
      name,
      uid: `uid-${this.#tick()}`,
      resourceVersion: "",
      generation: 1,
      observedGeneration: 0,
      finalizer: false,
      deleting: false,
      abandon: false,
      desired,
      status: EMPTY_STATUS,
      verdict: undefined,
    };
    return this.#putObject(object);
  }

  /** The object as a cache shows it that lags by some versions. */
  cachedObject(name: string, lag: number): StoredObject | undefined {
    return lagging(this.#objectHistory.get(name), lag);
  }

  cachedSecret(name: string, lag: number): StoredSecret | undefined {
    return lagging(this.#secretHistory.get(name), lag);
  }

  /** A guarded write of an object; the guard names the version that the writer has seen. */
  updateObject(name: string, guard: Guard, changes: Partial<StoredObject>): WriteOutcome {
    const object = this.objects.get(name);
    if (
      object === undefined ||
      object.uid !== guard.uid ||
      object.resourceVersion !== guard.resourceVersion
    ) {
      return "conflict";
    }
    this.#putObject({ ...object, ...changes });
    this.#collect(name);
    return "done";
  }

  /** A change by somebody else, unguarded. */
  editObject(name: string, changes: Partial<StoredObject>): void {
    const object = this.objects.get(name);
    if (object === undefined) return;
    this.#putObject({ ...object, ...changes });
    this.#collect(name);
  }

  deleteObject(name: string): void {
    const object = this.objects.get(name);
    if (object === undefined || object.deleting) return;
    this.#putObject({ ...object, deleting: true, generation: object.generation + 1 });
    this.#collect(name);
  }

  createSecret(name: string, content: Omit<StoredSecret, "name" | "uid" | "resourceVersion">): WriteOutcome {
    if (this.secrets.has(name)) return "conflict";
    this.#putSecret({ ...content, name, uid: `uid-${this.#tick()}`, resourceVersion: "" });
    return "done";
  }

  updateSecret(name: string, guard: Guard, changes: Partial<StoredSecret>): WriteOutcome {
    if (!this.#guards(name, guard)) return "conflict";
    this.editSecret(name, changes);
    return "done";
  }

  deleteSecret(name: string, guard: Guard): WriteOutcome {
    if (!this.#guards(name, guard)) return "conflict";
    this.removeSecret(name);
    return "done";
  }

  /** A change by somebody else, unguarded. */
  editSecret(name: string, changes: Partial<StoredSecret>): void {
    const secret = this.secrets.get(name);
    if (secret !== undefined) this.#putSecret({ ...secret, ...changes });
  }

  removeSecret(name: string): void {
    this.secrets.delete(name);
    remember(this.#secretHistory, name, undefined);
  }

  #guards(name: string, guard: Guard): boolean {
    const secret = this.secrets.get(name);
    return secret?.uid === guard.uid && secret.resourceVersion === guard.resourceVersion;
  }

  #collect(name: string): void {
    const object = this.objects.get(name);
    if (object === undefined || !object.deleting || object.finalizer) return;
    this.objects.delete(name);
    remember(this.#objectHistory, name, undefined);
  }

  #putObject(object: StoredObject): StoredObject {
    const stored = { ...object, resourceVersion: `${this.#tick()}` };
    this.objects.set(object.name, stored);
    remember(this.#objectHistory, object.name, stored);
    return stored;
  }

  #putSecret(secret: StoredSecret): void {
    const stored = { ...secret, resourceVersion: `${this.#tick()}` };
    this.secrets.set(secret.name, stored);
    remember(this.#secretHistory, secret.name, stored);
  }

  #tick(): number {
    this.#counter += 1;
    return this.#counter;
  }
}

function remember<T>(history: Map<string, (T | undefined)[]>, name: string, version: T | undefined): void {
  const versions = history.get(name);
  if (versions === undefined) history.set(name, [version]);
  else versions.push(version);
}

function lagging<T>(versions: readonly (T | undefined)[] | undefined, lag: number): T | undefined {
  if (versions === undefined) return undefined;
  return versions[Math.max(0, versions.length - 1 - lag)];
}
