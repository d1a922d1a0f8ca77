import { keptPrevious, type CommitRecord, type Observed, type Step } from "../index.ts";
import type { Codecs } from "./codecs.ts";
import { remember, type Request, type State } from "./state.ts";
import { putSecret, secretAt } from "./store.ts";
import type { StoredSecret } from "./stored.ts";
import { fingerprintOf, valueIn } from "./vendor.ts";
import { secretView } from "./views.ts";

/** What a write of a Secret is guarded by; `undefined` for a create, which must not meet one. */
export function guardOf(step: Step): { uid: string; resourceVersion: string } | undefined {
  if ("guard" in step) return step.guard;
  return step.kind === "commit-secret" ? step.replaces : undefined;
}

/** Creates, replaces, touches or deletes a Secret. @returns `undefined` where its guard does not hold. */
export function writeSecret(
  state: State,
  request: Request,
  codecs: Codecs,
): { readonly state: State; readonly observed: Observed } | undefined {
  const { apiKey } = request;
  const existing = secretAt(state.cluster, apiKey);
  const guard = guardOf(request.step);
  const current = existing?.uid === guard?.uid && existing?.resourceVersion === guard?.resourceVersion;
  if (!current) return undefined;
  const next = contentWritten(state, request, existing);
  const secret = secretAt(next.cluster, apiKey);
  return {
    state: next,
    observed: secret === undefined ? {} : { secret: secretView(secret, request, "live", codecs) },
  };
}

function contentWritten(state: State, request: Request, existing: StoredSecret | undefined): State {
  const { step, apiKey, uid } = request;
  if (step.kind === "commit-secret") {
    const value = valueIn(step.record.fingerprint);
    const previous = previousValue(request, step.record, existing);
    const written = { value, previous, keepsPrevious: request.keepsPrevious };
    const content = { owner: uid, record: step.record, value, previous, written };
    if (existing === undefined) return created(state, apiKey, content);
    return putSecret(state, apiKey, { ...existing, ...content });
  }
  if (existing === undefined) return putSecret(state, apiKey, undefined);
  if (step.kind === "delete-secret" || step.kind === "take-back-secret") {
    const kept = existing.foreign === true && (step.keep ?? []).length > 0;
    const left = { ...existing, ...UNMARKED, value: undefined, previous: undefined };
    return putSecret(state, apiKey, kept ? left : undefined);
  }
  if (step.kind === "release-secret") return putSecret(state, apiKey, { ...existing, ...UNMARKED });
  if (step.kind === "touch-secret")
    return putSecret(state, apiKey, { ...existing, touchedFor: step.attempt });
  if (step.kind !== "rewrite-secret") throw new TypeError(`${step.kind} writes no Secret`);
  const previous = previousValue(request, step.record, existing);
  const { value = "" } = existing;
  const written = { value, previous, keepsPrevious: request.keepsPrevious };
  return putSecret(state, apiKey, { ...existing, owner: uid, record: step.record, previous, written });
}

/** A Secret without our labels and annotations. */
const UNMARKED = { owner: undefined, record: undefined, written: undefined, touchedFor: undefined } as const;

/** What a write leaves in the entry for the previous value: taken from what the Secret holds. */
function previousValue(
  { keepsPrevious }: Request,
  { previous }: CommitRecord,
  existing: StoredSecret | undefined,
): string | undefined {
  if (!keepsPrevious) return undefined;
  const texts = [existing?.value, existing?.previous].filter((text) => text !== undefined);
  const kept = keptPrevious(previous, texts.map(fingerprintOf));
  return texts.find((text) => fingerprintOf(text) === kept?.fingerprint);
}

type Content = Pick<StoredSecret, "owner" | "value" | "previous" | "written"> & {
  readonly record: CommitRecord;
};

/**
 * One whose create was thought lost, was repeated, and takes effect again after the deletion, holds a dead value and
 * does no harm: the known limit of a world in which requests can be late.
 */
function created(state: State, apiKey: number, content: Content): State {
  const names = state.names + 1;
  const uid = `uid-${names}`;
  const next = putSecret({ ...state, names }, apiKey, {
    ...content,
    uid,
    resourceVersion: "",
    touchedFor: undefined,
  });
  const { attempt } = content.record;
  const again = state.ghost.created.includes(attempt);
  return remember(again ? remember(next, "strays", [uid]) : next, "created", [attempt]);
}
