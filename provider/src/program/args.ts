import type { Input } from "@pulumi/pulumi";

/** Whether envelopes made with the key are real: `test` keys are free, `live` keys make binding envelopes. */
export type Mode = "test" | "live";

/** What becomes of the key when its resource is deleted. */
export type DeletionPolicy = "Revoke" | "Retain";

/** When a key is replaced by a new one. Durations are Go's, plus `d`: `90d`, `24h`, `1h30m`. */
export interface RotationArgs {
  /** A new key is due this long after the last one; at least `1h`. Without it, only `trigger` rotates. */
  every?: Input<string>;
  /**
   * A rotation that becomes due within this time happens at the present `pulumi up` already, so that a pipeline that runs
   * once a week is never late. Shorter than `every`; default `0s`.
   */
  early?: Input<string>;
  /**
   * How long a live key lives on after its replacement, rounded up to the full hour; default `1h`. It is revoked at the
   * first `pulumi up` after that time. With `0s` it is revoked in the update that replaces it. A test key has no overlap:
   * it is rolled, and the old value stops at once.
   */
  overlap?: Input<string>;
  /** Any text, such as `2026-11`; a new one rotates at the next `pulumi up`. */
  trigger?: Input<string>;
}

/** A key that exists already, made by hand or by another tool. */
export interface AdoptArgs {
  /** Its ID, as the dashboard shows it (`ak_…`). */
  keyId: Input<string>;
  /**
   * Its value, a secret. With it, the key goes on as it is. Without it, the key is rolled: it keeps its ID and gets a new
   * value, and the old one stops at once.
   */
  key?: Input<string>;
}

/** What is declared about a key. */
export interface ApiKeyArgs {
  /** `test` or `live`. Changing it replaces the key. */
  mode: Input<Mode>;
  /** What the key is for, shown in the dashboard; at most 180 characters. Default `<project>/<stack>/<name>`. */
  description?: Input<string>;
  /** When the key is replaced by a new one. Default: never. */
  rotation?: Input<RotationArgs>;
  /**
   * `Revoke`, the default, or `Retain`: the key stays when its resource is deleted, and nothing manages it any more.
   */
  deletionPolicy?: Input<DeletionPolicy>;
  /** Takes over a key that exists, instead of making one. It is obeyed when the resource is created, and only then. */
  adopt?: Input<AdoptArgs>;
}

/** A key that was replaced, and lives until its overlap has passed. */
export interface PreviousKey {
  readonly keyId: string;
  /** ISO 8601. The first `pulumi up` after this time revokes it. */
  readonly revokeAt: string;
}

/** A key that carries this resource's tag although the state does not record it; it is never revoked on suspicion. */
export interface UnrecordedKey {
  readonly keyId: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** What the key is for, as its description says without the tag; often the name of the stack that uses it. */
  readonly description?: string;
}
