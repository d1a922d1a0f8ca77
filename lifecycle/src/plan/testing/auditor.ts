import { ownerOf } from "../../identity.ts";
import { parseTag } from "../../tag.ts";
import type { RevokeReason } from "../step.ts";
import type { ApiServer, StoredObject, StoredSecret } from "./api-server.ts";
import type { Vendor, VendorKey } from "./vendor.ts";
import type { Workloads } from "./workloads.ts";

/** The name of the one Secret that an object of the model writes. */
export function secretNameOf(object: StoredObject): string {
  const { desired, status } = object;
  return "secretName" in desired ? desired.secretName : (status.secretName ?? object.name);
}

/**
 * Watches every effect and names what must never happen: the invariant of design, and the two promises that
 * nothing committed and nothing foreign is harmed.
 */
export class Auditor {
  readonly violations: string[] = [];
  /** Attempts whose records interference has wiped: nobody can be asked to account for their keys. */
  readonly excused = new Set<string>();
  /** Attempts that were committed by a create, and Secrets that the same create, repeated, made once more. */
  readonly #created = new Set<string>();
  readonly strays = new Set<string>();
  /** Secrets whose write took effect after its writer had looked for it, by their UIDs. */
  readonly late = new Set<string>();
  readonly #recorded = new Set<string>();
  readonly #posted = new Set<string>();
  /** Keys that a status has named at some time. */
  readonly #named = new Set<string>();
  readonly #api: ApiServer;
  readonly #vendor: Vendor;
  readonly #installation: string;
  readonly #workloads: Workloads;

  constructor(api: ApiServer, vendor: Vendor, installation: string, workloads: Workloads) {
    this.#api = api;
    this.#vendor = vendor;
    this.#installation = installation;
    this.#workloads = workloads;
  }

  beforePost(attempt: string): void {
    this.#noteRecords();
    if (!this.#recorded.has(attempt))
      this.#violated(`a key is asked for under the unrecorded attempt ${attempt}`);
    if (this.#posted.has(attempt)) this.#violated(`two keys are asked for under attempt ${attempt}`);
    this.#posted.add(attempt);
  }

  /**
   * Before a roll. Between the look at a key that is adopted and its roll lie no more than the deadlines of an attempt;
   * within that time somebody may edit the description.
   */
  beforeRoll(keyId: string, now: number, settleTime: number): void {
    const described = this.#vendor.describedAt.get(keyId) ?? Number.NEGATIVE_INFINITY;
    if (now >= described + settleTime) this.beforeHarm("roll", keyId);
  }

  /** Before a DELETE or a PATCH. */
  beforeHarm(what: string, keyId: string): void {
    const key = this.#vendor.keys.get(keyId);
    if (key === undefined || key.status !== "active") return;
    const tag = parseTag(key.description);
    // Where somebody has edited the tag off, what a status has named from an answer is ours all the same.
    if (tag === undefined && this.#named.has(keyId)) return;
    if (tag?.installation !== this.#installation)
      this.#violated(`the foreign key ${keyId} is harmed: ${what}`);
  }

  /**
   * Before an adoption's tag is put on: a key with anybody's tag but this installation's is not ours to take. Two may
   * look at a key before either has tagged it; but nobody may come later than the other's settle time.
   */
  beforeAdoption(keyId: string, now: number, settleTime: number): void {
    const tag = parseTag(this.#vendor.keys.get(keyId)?.description ?? "");
    const described = this.#vendor.describedAt.get(keyId) ?? 0;
    if (tag !== undefined && tag.installation !== this.#installation && now >= described + settleTime)
      this.#violated(`the foreign key ${keyId} is adopted`);
  }

  /** Before an adoption is undone. */
  beforeUndo(keyId: string): void {
    if (!this.#isHandMade(keyId)) this.#violated(`the description of ${keyId} is put back, which is our own`);
  }

  beforeRevoke(keyId: string, now: number, reason: RevokeReason): void {
    this.beforeHarm("revoke", keyId);
    if (this.#isHandMade(keyId) && !this.#named.has(keyId))
      this.#violated(`key ${keyId}, which somebody else has made, is revoked and was never recorded`);
    const key = this.#vendor.keys.get(keyId);
    if (key === undefined || key.status !== "active") return;
    const object = this.#ownerOf(key);
    if (object === undefined || object.deleting) return;
    if (this.isCommitted(key)) this.#violated(`the committed key ${keyId} is revoked`);
    if (object.status.keyId === keyId)
      this.#violated(`the recorded key ${keyId} is revoked before it is replaced`);
    const retiring = object.status.previous.find((candidate) => candidate.keyId === keyId);
    // Whoever holds the minted value, and has taken it back, knows that it is not in use.
    const givenUp = reason === "CommitLost" && retiring?.reason === "AttemptRevived";
    if (retiring !== undefined && now < retiring.revokeAt && !givenUp)
      this.#violated(`the previous key ${keyId} is revoked within its overlap`);
    const waits = reason === "Retired" && retiring?.reason !== "RotationForced";
    if (waits && this.#workloads.podsOf(object.name) === key.value)
      this.#violated(`the previous key ${keyId} is revoked while Pods use it`);
  }

  beforeSecretWrite(secret: StoredSecret | undefined, uid: string, value: string | undefined): void {
    if (secret === undefined || secret.owner === uid) return;
    if (secret.owner === undefined && secret.value === value) return;
    this.#violated(`Secret ${secret.name} of ${secret.owner ?? "nobody"} is overwritten for ${uid}`);
  }

  /**
   * A Secret was created. One whose create was thought lost, was repeated, and takes effect again after the
   * deletion, holds a dead value and harms nobody: the known limit of a world in which requests can be late.
   */
  afterCreate(uid: string, attempt: string): void {
    if (this.#created.has(attempt)) this.strays.add(uid);
    this.#created.add(attempt);
  }

  /** After every effect: each active key of ours is committed, retiring or traceable. */
  afterEffect(): void {
    this.#noteRecords();
    for (const key of this.#vendor.active()) {
      const tag = parseTag(key.description);
      if (tag?.installation !== this.#installation || this.excused.has(tag.attempt)) continue;
      if (!this.#recorded.has(tag.attempt))
        this.#violated(`key ${key.id} lives under an attempt never recorded`);
      else if (!this.#isAccounted(key, tag.attempt))
        this.#violated(`key ${key.id} lives and nothing accounts for it`);
    }
  }

  /** Interference is about to wipe the records of an object. */
  beforeWipe(object: StoredObject): void {
    const { status } = object;
    if (status.attempt !== undefined) this.excused.add(status.attempt.id);
    for (const attempt of status.abandoned) this.excused.add(attempt.id);
    for (const key of this.keysOf(object)) this.excused.add(parseTag(key.description)?.attempt ?? "");
  }

  keysOf(object: StoredObject): VendorKey[] {
    const owner = ownerOf(object.uid);
    return this.#vendor.active().filter((key) => parseTag(key.description)?.owner === owner);
  }

  /** Its value stands in its Secret, whose record (or, where that was tampered with, the status) names it. */
  isCommitted(key: VendorKey): boolean {
    const object = this.#ownerOf(key);
    if (object === undefined) return false;
    const secret = this.#api.secrets.get(secretNameOf(object));
    if (secret?.value !== key.value) return false;
    if (object.status.keyId === key.id) return true;
    const { record } = secret;
    if (secret.owner !== object.uid || record?.keyId !== key.id) return false;
    return !object.status.abandoned.some((attempt) => attempt.id === record.attempt);
  }

  #isAccounted(key: VendorKey, attempt: string): boolean {
    const object = this.#ownerOf(key);
    if (object === undefined) return false;
    const { status } = object;
    const secret = this.#api.secrets.get(secretNameOf(object));
    const beside = secret?.owner === object.uid ? (secret.record?.previous ?? []) : [];
    return (
      this.isCommitted(key) ||
      status.keyId === key.id ||
      [...status.previous, ...beside].some((retiring) => retiring.keyId === key.id) ||
      status.attempt?.id === attempt ||
      status.abandoned.some((abandoned) => abandoned.id === attempt)
    );
  }

  #ownerOf(key: VendorKey): StoredObject | undefined {
    const owner = parseTag(key.description)?.owner;
    return [...this.#api.objects.values()].find((object) => ownerOf(object.uid) === owner);
  }

  /** Whether somebody else has made the key, and no attempt of ours. */
  #isHandMade(keyId: string): boolean {
    return this.#vendor.handMade.has(keyId);
  }

  #noteRecords(): void {
    for (const { status } of this.#api.objects.values()) {
      for (const keyId of [status.keyId, ...status.previous.map((retiring) => retiring.keyId)])
        if (keyId !== undefined) this.#named.add(keyId);
      if (status.attempt !== undefined) this.#recorded.add(status.attempt.id);
      for (const attempt of status.abandoned) this.#recorded.add(attempt.id);
    }
  }

  #violated(what: string): void {
    this.violations.push(what);
  }
}
