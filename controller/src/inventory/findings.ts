import { own, type Findings, type PassView, type StatusRecord } from "@signatureapi-keys/lifecycle";

/** What a pass has seen, as far as it settles findings. */
interface Settled {
  readonly object:
    | { readonly state: "gone" }
    | { readonly state: "present"; readonly status: Pick<StatusRecord, "keyId" | "hint"> };
  readonly pass: Pick<PassView, "remote">;
}

/**
 * What inventories have found about ApiKeys and the rules have not yet looked into. It is lost with the process: the
 * next inventory finds it again.
 */
export class FindingsMemory {
  readonly #byUid = new Map<string, Findings>();

  /** Replaces what is to be looked into for an ApiKey. */
  set(uid: string, findings: Findings): void {
    this.#byUid.set(uid, findings);
  }

  /** What is to be looked into for an ApiKey. */
  of(uid: string): Findings | undefined {
    return this.#byUid.get(uid);
  }

  /**
   * Forgets what a pass has settled: keys that it has asked the vendor about and left alone, or revoked. A doubt stays
   * until the key that it is about is replaced, or turned out to be as recorded.
   */
  settle(uid: string, { object, pass }: Settled): void {
    const findings = this.#byUid.get(uid);
    if (findings === undefined) return;
    const status = object.state === "present" ? object.status : undefined;
    const isOpen = (keyId: string): boolean => {
      const remote = own(pass.remote, keyId);
      if (keyId !== status?.keyId) return false;
      return (
        remote === undefined ||
        remote === "absent" ||
        remote.status === "revoked" ||
        remote.hint !== status.hint
      );
    };
    const isUnasked = (keyId: string): boolean => own(pass.remote, keyId) === undefined;
    const left = {
      doubts: findings.doubts.filter(isOpen),
      leftovers: findings.leftovers.filter(isUnasked),
      orphans: findings.orphans.filter(isUnasked),
    };
    if (left.doubts.length + left.leftovers.length + left.orphans.length === 0) this.#byUid.delete(uid);
    else this.#byUid.set(uid, left);
  }

  /** The ApiKey is gone. */
  forget(uid: string): void {
    this.#byUid.delete(uid);
  }
}
